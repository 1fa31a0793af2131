"""An arrival is left to its departure only where that one tells it, and nothing is torn apart."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from core.db import transaction
from core.delivery.claims import LEASE, claim
from core.delivery.line import PushResult
from core.delivery.told_later import PATIENCE, end_told_later
from core.house import House
from core.kinds import Channel, NoticeKind, NoticeState
from core.people.friends import record_friendship
from core.people.tables import Guardian, Subscription
from tests.delivery.held_up import (
    ARRIVAL,
    DEPARTURE,
    SECOND,
    Notify,
    Take,
    change,
    ends,
    kinds,
    land,
    out_after_trouble,
    to_a_delegate,
    to_another_guardian,
)
from tests.delivery.siblings import NAMES, Walk, later, send
from tests.factories import MEI, make_binding, make_student
from tests.fakes import FakeLine
from tests.rival import Rival


def test_arrival_in_a_senders_hands_is_waited_for(house: House, take: Take, notify: Notify) -> None:
    notify(ARRIVAL, due_at=house.clock.now() + PATIENCE)
    later(house, seconds=1)
    notify(DEPARTURE)
    house.clock.move_to(house.clock.now() + PATIENCE - SECOND)
    in_hand = take()
    house.clock.move_to(house.clock.now() + LEASE - SECOND)
    assert (kinds(in_hand), kinds(take())) == ([ARRIVAL], [])
    land(house, in_hand, PushResult.ACCEPTED)
    assert kinds(take()) == [DEPARTURE]
    assert ends(house) == []


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": NoticeKind.NO_SHOW},
        {"kind": NoticeKind.CORRECTION},
        {"occurrence": 2},
        {"channel": Channel.EMAIL.value, "line_user_id": None},
        {"channel": Channel.APP.value, "line_user_id": None},
    ],
    ids=["no_show", "correction", "again_in", "email", "app"],
)
@pytest.mark.usefixtures("both")
def test_what_the_departure_does_not_tell_is_waited_for(
    house: House, take: Take, facts: dict[str, Any]
) -> None:
    """Other news, the arrival after a first departure, and other channels' shorter texts."""
    if "channel" in facts:
        change(house, DEPARTURE, **facts)
    change(house, ARRIVAL, **facts)
    house.clock.move_to(house.clock.now() + PATIENCE)
    assert kinds(take()) == []
    assert ends(house) == []


def test_way_out_from_before_the_arrival_does_not_tell_it(
    house: House, take: Take, notify: Notify
) -> None:
    """As when a reader uploads late that the child had gone before it came."""
    now = house.clock.now()
    notify(ARRIVAL, due_at=now + timedelta(minutes=10))
    later(house, seconds=1)
    notify(DEPARTURE, at=now - timedelta(minutes=10))
    later(house, seconds=60)
    assert kinds(take()) == []
    assert ends(house) == []


def _of_another_child(house: House) -> dict[str, Any]:
    with transaction(house.engine) as session:
        child = make_student(session, house, number="11520002")
        make_binding(session, session.exec(select(Guardian)).one(), child)
        return {"student_id": child.id}


@pytest.mark.parametrize("other", [_of_another_child, to_another_guardian, to_a_delegate])
def test_others_news_is_left_alone(
    house: House, take: Take, notify: Notify, other: Callable[[House], dict[str, Any]]
) -> None:
    notify(ARRIVAL, due_at=house.clock.now() + timedelta(minutes=10))
    later(house, seconds=1)
    notify(DEPARTURE, **other(house))
    house.clock.move_to(house.clock.now() + PATIENCE)
    take()
    assert ends(house) == []


def test_letter_of_an_arrival_is_not_left_to_a_departure_on_line(
    house: House, take: Take, notify: Notify
) -> None:
    now = house.clock.now()
    notify(ARRIVAL, due_at=now + timedelta(minutes=10), channel=Channel.EMAIL, line_user_id=None)
    later(house, seconds=1)
    notify(DEPARTURE)
    house.clock.move_to(now + PATIENCE + SECOND)
    assert kinds(take()) == [DEPARTURE]
    assert ends(house) == []


@pytest.mark.usefixtures("both")
def test_arrival_that_a_sender_takes_at_that_moment_is_told(house: House) -> None:
    house.clock.move_to(house.clock.now() + PATIENCE)
    now = house.clock.now()
    change(house, ARRIVAL, due_at=now)
    rival = Rival(house, lambda session: end_told_later(session, (), now))
    with transaction(house.engine) as session:
        assert kinds(claim(session, now=now, limit=9)) == [ARRIVAL]
        rival.start()
    rival.finish()
    assert (rival.error, ends(house)) == (None, [])


@pytest.mark.usefixtures("both")
def test_arrival_is_kept_where_departures_are_told_on_demand(house: House, take: Take) -> None:
    house.clock.move_to(house.clock.now() + timedelta(minutes=10))
    assert kinds(take(DEPARTURE)) == [ARRIVAL]


@pytest.mark.usefixtures("both")
def test_arrival_is_kept_where_nobody_wants_the_departure(house: House, take: Take) -> None:
    with transaction(house.engine) as session:
        its_box = col(Subscription.kind) == DEPARTURE
        session.execute(update(Subscription).where(its_box).values(is_on=False))
    house.clock.move_to(house.clock.now() + timedelta(minutes=10))
    assert kinds(take()) == [ARRIVAL]


@pytest.mark.usefixtures("both")
def test_who_left_the_account_is_told_neither(house: House, take: Take) -> None:
    with transaction(house.engine) as session:
        now = house.clock.now()
        record_friendship(session, line_user_id=MEI, is_following=False, at=now)
    house.clock.move_to(now + timedelta(minutes=10))
    assert kinds(take()) == []
    assert ends(house) == []


@pytest.mark.usefixtures("both")
def test_arrival_is_kept_while_the_departure_could_not_go(house: House, take: Take) -> None:
    """As when LINE asked to wait with this person."""
    change(house, DEPARTURE, due_at=house.clock.now() + timedelta(minutes=10))
    later(house, minutes=5)
    assert kinds(take()) == []
    assert ends(house) == []


def test_departure_in_a_senders_hands_ends_nothing(
    house: House, take: Take, notify: Notify
) -> None:
    """As when its arrival was called wrong, and put back by an operator."""
    notify(DEPARTURE)
    later(house, seconds=60)
    assert kinds(take()) == [DEPARTURE]
    earlier = house.clock.now() - timedelta(minutes=5)
    notify(ARRIVAL, at=earlier, due_at=house.clock.now() + timedelta(minutes=10))
    change(house, ARRIVAL, created_at=earlier)
    assert kinds(take()) == []
    assert ends(house) == []


def test_first_arrival_is_kept_behind_a_second_one(
    house: House, take: Take, notify: Notify
) -> None:
    """Only a departure tells of it."""
    notify(ARRIVAL, due_at=house.clock.now() + timedelta(minutes=10))
    later(house, seconds=1)
    notify(ARRIVAL, occurrence=2)
    later(house, seconds=60)
    assert kinds(take()) == []
    assert ends(house) == []


@pytest.mark.usefixtures("both")
def test_arrival_stays_as_it_ended(house: House, take: Take) -> None:
    change(house, ARRIVAL, state=NoticeState.DEAD, settled_at=house.clock.now())
    change(house, DEPARTURE, due_at=house.clock.now() + PATIENCE)
    later(house, seconds=60)
    assert kinds(take()) == [DEPARTURE]
    assert ends(house) == []


@pytest.mark.parametrize("number", NAMES)
def test_push_of_several_that_was_tried_stays_whole(
    house: House, walk: Walk, line: FakeLine, number: str
) -> None:
    out_after_trouble(house, walk, line, (500, "{}"), number)
    assert [len(one) for one in send(house, line)] == [3]
    assert ends(house) == []
    first, again = (request["messages"] for request in line.requests)
    assert first == again
