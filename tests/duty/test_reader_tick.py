"""Who runs a school hears of its readers' troubles: in time, once, and not at night."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.duty.reader_tick import watch_readers
from core.gate.readers import mark_cloned
from core.gate.tables import Reader, ReaderDay
from core.house import House
from core.notices.tables import Notice
from core.people.tables import StaffRole
from tests.factories import make_reader, make_school, make_staff

MONDAY = date(2026, 11, 23)
LIN = "U" + "c" * 32


@pytest.fixture
def reader_id(house: House) -> UUID:
    """A reader heard at 07:20, at a school with an officer."""
    with transaction(house.engine) as session:
        make_school(session)
        make_staff(session, house, LIN, role=StaffRole.OFFICER)
        return make_reader(session, house, contact_at=house.clock.now()).id


def _change(house: House, reader_id: UUID, **facts: Any) -> None:
    with transaction(house.engine) as session:
        reader = session.get_one(Reader, reader_id)
        for name, value in facts.items():
            setattr(reader, name, value)


def _numbers(house: House, reader_id: UUID, taps: int) -> None:
    row = ReaderDay(
        reader_id=reader_id,
        boot_id="b",
        day=MONDAY,
        after_seq=0,
        last_seq=9,
        taps=taps,
        first_heard_at=house.clock.now(),
    )
    with transaction(house.engine) as session:
        session.merge(row)


def _told(house: House) -> list[str]:
    watch_readers(house)
    with snapshot(house.engine) as session:
        return [
            one.kind
            for one in session.exec(select(Notice).order_by(Notice.created_at, Notice.dedupe_key))
        ]  # type: ignore[arg-type]


def _pass(house: House, **span: float) -> None:
    house.clock.move_to(house.clock.now() + timedelta(**span))


def test_silent_reader_is_told_of_after_ninety_seconds_and_once(
    house: House, reader_id: UUID
) -> None:
    _pass(house, seconds=90)
    assert _told(house) == []
    _pass(house, seconds=1)
    assert _told(house) == ["reader_silent"]
    assert house.notices_due.is_set()
    _pass(house, hours=1)
    assert _told(house) == ["reader_silent"]


def test_next_outage_is_told_of_again(house: House, reader_id: UUID) -> None:
    _pass(house, minutes=2)
    _told(house)
    _change(house, reader_id, last_contact_at=house.clock.now())
    assert _told(house) == ["reader_silent"]
    _pass(house, minutes=2)
    assert _told(house) == ["reader_silent"] * 2


def test_reader_that_was_never_heard_is_told_of_once_a_day(house: House, reader_id: UUID) -> None:
    _change(house, reader_id, last_contact_at=None)
    assert _told(house) == ["reader_silent"]
    _pass(house, days=1)
    assert _told(house) == ["reader_silent"] * 2


@pytest.mark.parametrize("moment", ["2026-11-23T06:29:59", "2026-11-23T18:00:00"])
def test_nobody_is_disturbed_before_and_after_school(
    house: House, reader_id: UUID, moment: str
) -> None:
    house.clock.move_to(datetime.fromisoformat(moment).replace(tzinfo=TAIPEI))
    _change(house, reader_id, last_contact_at=house.clock.now() - timedelta(hours=1))
    assert _told(house) == []


def test_day_without_lessons_disturbs_nobody(house: House, reader_id: UUID) -> None:
    house.clock.move_to(datetime(2026, 11, 22, 8, 0, tzinfo=TAIPEI))
    assert _told(house) == []


def test_revoked_reader_may_be_silent(house: House, reader_id: UUID) -> None:
    _change(house, reader_id, revoked_at=house.clock.now())
    _pass(house, hours=1)
    assert _told(house) == []


def test_second_device_is_told_of_once_a_day(house: House, reader_id: UUID) -> None:
    for _ in range(3):
        _pass(house, seconds=15)
        _change(house, reader_id, last_contact_at=house.clock.now())
        with transaction(house.engine) as session:
            mark_cloned(session, reader_id, house.clock.now())
        assert _told(house) == ["reader_cloned"]


def test_second_device_of_another_day_is_no_news(house: House, reader_id: UUID) -> None:
    _change(house, reader_id, cloned_at=house.clock.now() - timedelta(days=1))
    assert _told(house) == []


def test_hole_that_closes_keeps_no_other_readers_waiting(house: House, reader_id: UUID) -> None:
    with transaction(house.engine) as session:
        other = make_reader(session, house, contact_at=house.clock.now()).id
    for one in (reader_id, other):
        _numbers(house, one, taps=8)
    assert _told(house) == []
    _pass(house, seconds=30)
    _numbers(house, other, taps=9)
    assert _told(house) == []
    _pass(house, seconds=30)
    assert _told(house) == ["reader_gap"]


def test_hole_is_told_of_when_it_stays(house: House, reader_id: UUID) -> None:
    _numbers(house, reader_id, taps=8)
    assert _told(house) == []
    _pass(house, seconds=59)
    assert _told(house) == []
    _pass(house, seconds=1)
    assert _told(house) == ["reader_gap"]
    _pass(house, seconds=15)
    _numbers(house, reader_id, taps=7)
    assert _told(house) == ["reader_gap"]


def test_hole_that_closes_starts_no_count_for_the_next_one(house: House, reader_id: UUID) -> None:
    _numbers(house, reader_id, taps=8)
    _told(house)
    _pass(house, seconds=30)
    _numbers(house, reader_id, taps=9)
    _told(house)
    _pass(house, seconds=40)
    _numbers(house, reader_id, taps=8)
    assert _told(house) == []


def test_healthy_readers_write_nothing(house: House, reader_id: UUID) -> None:
    _numbers(house, reader_id, taps=9)
    _pass(house, seconds=30)
    assert _told(house) == []
    assert not house.notices_due.is_set()


def test_two_clocks_tell_once(house: House, reader_id: UUID) -> None:
    _pass(house, minutes=2)
    other = House(house.settings, house.engine, house.clock, house.vault)
    watch_readers(other)
    assert _told(house) == ["reader_silent"]
