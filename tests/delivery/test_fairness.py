"""Turns at the outbox: urgent first, and no school stands in the way of another."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from core.db import transaction
from core.delivery.claims import claim
from core.house import House
from core.kinds import NoticeKind
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
    now = house.clock.now()
    base = NewNotice(
        kind=NoticeKind.BOUND,
        guardian_id=mei,
        line_user_id=MEI,
        school_day=MONDAY,
        at=now,
        content=frozen([{"type": "text", "text": what}]),
    )
    notices = [replace(base, about=f"{what} {n}", **facts) for n in range(count)]  # type: ignore[arg-type]
    with transaction(house.engine) as session:
        assert enqueue(session, notices, now) == count


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


def test_urgent_news_passes_whatever_waits(house: House, mei: Guardian) -> None:
    _write(house, mei.id, 100, "news", kind=NoticeKind.LINK_OLD)
    _write(house, mei.id, 3, "urgent", kind=NoticeKind.LINK_OLD)
    with transaction(house.engine) as session:
        for row in session.exec(select(Notice)):
            row.priority = 0 if b"urgent" in row.content else 2
    assert _claimed(house, 3) == ["urgent"] * 3
