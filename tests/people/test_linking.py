"""Links: one LINE user one guardian, moves, and sessions that end."""

import threading
from datetime import timedelta

import pytest

from core.db import transaction
from core.errors import AccessError
from core.house import House
from core.people.friends import is_friend, record_friendship
from core.people.guardians import PassMember, find_guardian, guardian_name, link_account
from core.people.sessions import (
    end_session,
    find_session,
    is_due_for_touch,
    open_session,
    touch_session,
)
from tests.factories import HUA, MEI

GOLD = PassMember("pass-1", "林雅婷", "3")


def _link(house: House, line_user_id: str, member: PassMember = GOLD) -> str | None:
    with transaction(house.engine) as session:
        return link_account(
            session,
            house.vault,
            line_user_id=line_user_id,
            member=member,
            consent_version="1",
            now=house.clock.now(),
        ).moved_from


def _name_behind(house: House, line_user_id: str) -> str | None:
    with transaction(house.engine) as session:
        guardian = find_guardian(session, line_user_id)
        return guardian_name(house.vault, guardian) if guardian else None


def test_linking_again_changes_nothing(house: House) -> None:
    assert (_link(house, MEI), _link(house, MEI)) == (None, None)
    assert _name_behind(house, MEI) == "林雅婷"


def test_button_pressed_twice_at_once_makes_one_guardian(house: House) -> None:
    barrier = threading.Barrier(2)

    def press() -> None:
        barrier.wait()
        _link(house, MEI)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _name_behind(house, MEI) == "林雅婷"


def test_member_moves_to_another_line_account(house: House) -> None:
    _link(house, MEI)
    assert _link(house, HUA) == MEI
    assert (_name_behind(house, MEI), _name_behind(house, HUA)) == (None, "林雅婷")


def test_line_account_changes_its_member(house: House) -> None:
    _link(house, MEI)
    _link(house, MEI, PassMember("pass-2", "陳怡君", "1"))
    assert _name_behind(house, MEI) == "陳怡君"


@pytest.mark.parametrize("level", ["0", "", "gold"])
def test_member_without_a_verified_name_is_refused(house: House, level: str) -> None:
    with pytest.raises(AccessError, match="general_member"):
        _link(house, MEI, PassMember("pass-1", "王大同", level))
    assert _name_behind(house, MEI) is None


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)])
def test_newest_follow_or_unfollow_wins_in_any_order(house: House, order: tuple[int, ...]) -> None:
    start = house.clock.now()
    events = [(True, 0), (False, 1), (True, 2)]
    with transaction(house.engine) as session:
        for place in order:
            is_following, minutes = events[place]
            at = start + timedelta(minutes=minutes)
            record_friendship(session, line_user_id=MEI, is_following=is_following, at=at)
        assert is_friend(session, MEI)


@pytest.mark.parametrize("first", [True, False])
def test_of_two_events_at_one_moment_the_unfollow_wins(house: House, first: bool) -> None:
    with transaction(house.engine) as session:
        for is_following in (first, not first):
            record_friendship(
                session, line_user_id=MEI, is_following=is_following, at=house.clock.now()
            )
        assert not is_friend(session, MEI)


def _open(house: House) -> str:
    now = house.clock.now()
    with transaction(house.engine) as session:
        return open_session(
            session, house.vault, line_user_id=MEI, line_name="雅婷", proved_at=now, now=now
        )


def _is_live(house: House, token: str) -> bool:
    """Visit once: look the session up and note that it was seen."""
    with transaction(house.engine) as session:
        found = find_session(session, token, house.clock.now())
        if found is not None and is_due_for_touch(found, house.clock.now()):
            touch_session(session, token, house.clock.now())
        return found is not None


def test_session_ends_after_thirty_idle_minutes(house: House) -> None:
    token = _open(house)
    house.clock.move_to(house.clock.now() + timedelta(minutes=30))
    assert _is_live(house, token)
    house.clock.move_to(house.clock.now() + timedelta(minutes=30, seconds=1))
    assert not _is_live(house, token)


def test_session_ends_after_twelve_hours_however_busy(house: House) -> None:
    token = _open(house)
    for _ in range(24):
        house.clock.move_to(house.clock.now() + timedelta(minutes=30))
        assert _is_live(house, token)
    house.clock.move_to(house.clock.now() + timedelta(seconds=1))
    assert not _is_live(house, token)


def test_ended_session_is_dead_at_once(house: House) -> None:
    token = _open(house)
    with transaction(house.engine) as session:
        end_session(session, token, house.clock.now())
    assert not _is_live(house, token)


def test_unknown_token_is_nobody(house: House) -> None:
    assert not _is_live(house, "no such token")
