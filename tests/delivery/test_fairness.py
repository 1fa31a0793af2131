"""Turns at the outbox: urgent first, and no school stands in the way of another."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from core.db import transaction
from core.delivery.claims import claim
from core.house import House
from core.kinds import Channel, NoticeKind
from core.notices.fairness import FARTHEST, TURN, Turns
from core.notices.outbox import NewNotice, enqueue
from core.notices.tables import Notice
from core.notices.templates import frozen
from core.people.tables import Guardian
from tests.factories import MEI, make_guardian

MONDAY = date(2026, 11, 23)


@pytest.fixture
def mei(house: House) -> Guardian:
    with transaction(house.engine) as session:
        return make_guardian(session, house)


def _write(house: House, mei: UUID, count: int, what: str, **facts: object) -> None:
    """Enqueue so many notices at once, as a reader's backlog or a school's cut-off does."""
    with transaction(house.engine) as session:
        notices = _notices(house, mei, count, what, **facts)
        assert enqueue(session, notices, house.clock.now()) == count


def _notices(house: House, mei: UUID, count: int, what: str, **facts: object) -> list[NewNotice]:
    now = house.clock.now()
    base = NewNotice(
        kind=NoticeKind.BOUND,
        guardian_id=mei,
        line_user_id=MEI,
        school_day=MONDAY,
        at=now,
        content=frozen([{"type": "text", "text": what}]),
    )
    return [replace(base, about=f"{what} {n}", **facts) for n in range(count)]  # type: ignore[arg-type]


def _claimed(house: House, limit: int) -> list[str]:
    with transaction(house.engine) as session:
        leased = claim(session, now=house.clock.now(), limit=limit)
    return [one.content.decode().split('"')[-2] for one in leased]


def test_one_schools_thousand_do_not_delay_anothers_one(house: House, mei: Guardian) -> None:
    _write(house, mei.id, 900, "noisy")
    house.clock.move_to(house.clock.now() + timedelta(seconds=1))
    _write(house, mei.id, 1, "quiet")
    assert "quiet" in _claimed(house, 25)


def test_schools_that_write_at_one_moment_take_turns(house: House, mei: Guardian) -> None:
    for school in ("first", "second", "third"):
        _write(house, mei.id, 50, school)
    claimed = _claimed(house, 30)
    assert {school: claimed.count(school) for school in set(claimed)} == {
        "first": 10, "second": 10, "third": 10
    }  # fmt: skip


def test_schools_written_together_take_turns_as_well(house: House, mei: Guardian) -> None:
    noisy = _notices(house, mei.id, 500, "noisy", school_code="353607")
    quiet = _notices(house, mei.id, 1, "quiet", school_code="353608")
    with transaction(house.engine) as session:
        enqueue(session, [*noisy, *quiet], house.clock.now())
    assert "quiet" in _claimed(house, 2)


def test_one_schools_backlog_takes_no_turn_of_what_happens_there_now(
    house: House, mei: Guardian
) -> None:
    news = {"kind": NoticeKind.LINK_OLD, "school_code": "353607"}
    older = house.clock.now() - timedelta(minutes=30)
    backlog = _notices(house, mei.id, 9, "late", **news | {"kind": NoticeKind.ARRIVAL, "at": older})
    letters = _notices(house, mei.id, 9, "letter", channel=Channel.EMAIL, **news)
    live = _notices(house, mei.id, 1, "live", **news)
    with transaction(house.engine) as session:
        enqueue(session, [*backlog, *letters, *live], house.clock.now())
        (row,) = session.exec(select(Notice).where(Notice.content == live[0].content))
    assert row.turn_at == house.clock.now()


def test_queue_is_forgotten_by_time() -> None:
    turns, now = Turns(), datetime(2026, 11, 23, 7, 20, tzinfo=UTC)
    assert [turns.take("loud", now) for _ in range(3)] == [now, now + TURN, now + 2 * TURN]
    assert turns.take("quiet", now) == now
    later = now + 3 * TURN
    assert turns.take("loud", later) == later


def test_clock_that_was_set_back_leaves_no_school_behind_for_long() -> None:
    turns, now = Turns(), datetime(2026, 11, 23, 7, 20, tzinfo=UTC)
    turns.take("school", now + timedelta(days=1))
    assert turns.take("school", now) == now + FARTHEST


def test_urgent_news_passes_whatever_waits(house: House, mei: Guardian) -> None:
    _write(house, mei.id, 100, "news", kind=NoticeKind.LINK_OLD)
    _write(house, mei.id, 3, "urgent", kind=NoticeKind.LINK_OLD)
    with transaction(house.engine) as session:
        for row in session.exec(select(Notice)):
            row.priority = 0 if b"urgent" in row.content else 2
    assert _claimed(house, 3) == ["urgent"] * 3
