"""When the silence of a gate is evidence, and when it is not."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from core.db import snapshot, transaction
from core.gate.health import gate_health
from core.gate.tables import ReaderDay
from core.house import House
from core.kinds import HoldReason
from tests.factories import make_reader, make_school

SCHOOL = "353607"


@pytest.fixture
def now(house: House) -> datetime:
    with transaction(house.engine) as session:
        make_school(session)
        make_school(session, "343502")
    return house.clock.now()


def _reader(house: House, school_code: str = SCHOOL, **facts: Any) -> UUID:
    with transaction(house.engine) as session:
        reader = make_reader(session, house, school_code=school_code)
        known = {"last_contact_at": house.clock.now(), **facts}
        for name, value in known.items():
            setattr(reader, name, value)
        return reader.id


def _numbers(house: House, reader_id: UUID, days_ago: int = 0, **facts: Any) -> None:
    at = house.clock.now() - timedelta(days=days_ago)
    known = {"boot_id": "b", "after_seq": 0, "last_seq": 9, "taps": 9, **facts}
    with transaction(house.engine) as session:
        session.add(ReaderDay(reader_id=reader_id, day=at.date(), first_heard_at=at, **known))


def _health(house: House, at: datetime) -> tuple[datetime | None, HoldReason | None, Any]:
    with snapshot(house.engine) as session:
        health = gate_health(session, SCHOOL, at)
    return health.heartbeat, health.hold, health.since


def test_heartbeat_of_a_healthy_gate_is_the_oldest_last_contact(
    house: House, now: datetime
) -> None:
    _reader(house)
    _reader(house, last_contact_at=now - timedelta(seconds=50))
    assert _health(house, now) == (now - timedelta(seconds=50), None, None)


def test_school_without_a_reader_is_held(house: House, now: datetime) -> None:
    _reader(house, school_code="343502")
    _reader(house, revoked_at=now)
    assert _health(house, now) == (None, HoldReason.NO_READER, None)


def test_contact_of_two_minutes_ago_is_the_limit(house: House, now: datetime) -> None:
    _reader(house)
    assert _health(house, now + timedelta(minutes=2))[1] is None
    silent = _health(house, now + timedelta(minutes=2, seconds=1))
    assert silent == (None, HoldReason.SILENT, now)


def test_one_silent_reader_of_two_holds(house: House, now: datetime) -> None:
    _reader(house)
    _reader(house, last_contact_at=now - timedelta(minutes=9))
    assert _health(house, now) == (None, HoldReason.SILENT, now - timedelta(minutes=9))


def test_reader_that_was_never_heard_is_silent_since_nobody_knows_when(
    house: House, now: datetime
) -> None:
    _reader(house, last_contact_at=now - timedelta(minutes=9))
    _reader(house, last_contact_at=None)
    assert _health(house, now) == (None, HoldReason.SILENT, None)


def test_held_taps_hold(house: House, now: datetime) -> None:
    _reader(house, buffered=1)
    assert _health(house, now) == (None, HoldReason.BUFFERED, None)


@pytest.mark.parametrize(
    ("row", "hold"),
    [
        ({}, None),
        ({"taps": 8}, HoldReason.GAP),
        ({"taps": 8, "days_ago": 1}, None),
        ({"after_seq": -1, "last_seq": -1, "taps": 0}, None),
    ],
)
def test_missing_numbers_of_today_hold(
    house: House, now: datetime, row: dict[str, Any], hold: HoldReason | None
) -> None:
    _numbers(house, _reader(house), **row)
    assert _health(house, now)[1] is hold


@pytest.mark.parametrize(
    ("reader", "row", "hold"),
    [
        ({"boot_id": "b", "last_seq": 9}, {}, None),
        ({"boot_id": "b", "last_seq": 10}, {}, HoldReason.GAP),
        ({"boot_id": "b", "last_seq": 10}, {"days_ago": 1}, HoldReason.GAP),
        ({"boot_id": "b", "last_seq": 10, "buffered": 1}, {}, HoldReason.BUFFERED),
        ({"boot_id": "c", "last_seq": 10}, {}, None),
        ({"boot_id": "b", "last_seq": None}, {}, None),
        ({"boot_id": "b", "last_seq": 3}, {"last_seq": -1, "after_seq": -1, "taps": 0}, None),
    ],
)
def test_number_the_reader_knows_and_we_do_not_holds(
    house: House,
    now: datetime,
    reader: dict[str, Any],
    row: dict[str, Any],
    hold: HoldReason | None,
) -> None:
    _numbers(house, _reader(house, **reader), **row)
    assert _health(house, now)[1] is hold


def test_second_device_holds_until_the_day_is_over(house: House, now: datetime) -> None:
    _reader(house, cloned_at=now - timedelta(hours=1), last_contact_at=now)
    assert _health(house, now) == (None, HoldReason.CLONED, now - timedelta(hours=1))


def test_second_device_of_yesterday_is_forgotten(house: House, now: datetime) -> None:
    _reader(house, cloned_at=now - timedelta(hours=8))
    assert _health(house, now)[1] is None


def test_most_serious_reason_comes_first(house: House, now: datetime) -> None:
    clone = _reader(house, cloned_at=now)
    _numbers(house, clone, taps=1)
    assert _health(house, now)[1] is HoldReason.GAP
    _reader(house, buffered=2)
    assert _health(house, now)[1] is HoldReason.BUFFERED
    _reader(house, last_contact_at=now - timedelta(hours=1))
    assert _health(house, now)[1] is HoldReason.SILENT


def test_trouble_of_another_school_holds_nobody_here(house: House, now: datetime) -> None:
    _reader(house)
    _reader(house, school_code="343502", buffered=9)
    assert _health(house, now)[1] is None
