"""Day rows: held by whoever decides, and written no more often than the day changes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime

import pytest
from sqlalchemy import event
from sqlmodel import select

from core.attendance.tables import AttendanceDay
from core.db import transaction
from core.house import House
from tests.factories import card_uid_of
from tests.gate.conftest import SigningReader

MING = card_uid_of("11510001")
MONDAY = date(2026, 11, 23)


def _at(clock: str) -> datetime:
    return datetime.fromisoformat(_iso(clock))


def _iso(clock: str) -> str:
    return f"{MONDAY}T{clock}+08:00"


@pytest.fixture
def written(house: House) -> Callable[[Callable[[], object]], int]:
    """Do something and count the statements that write day rows."""

    def count(work: Callable[[], object]) -> int:
        with _noting(house) as statements:
            work()
        starts = ("INSERT INTO attendance_day", "UPDATE attendance_day")
        return sum(one.startswith(starts) for one in statements)

    return count


@contextmanager
def _noting(house: House) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*call: object) -> None:
        statements.append(str(call[2]))

    event.listen(house.engine, "before_cursor_execute", note)
    yield statements
    event.remove(house.engine, "before_cursor_execute", note)


def test_day_that_begins_with_an_arrival_is_written_once(
    house: House, reader: SigningReader, written: Callable[[Callable[[], object]], int]
) -> None:
    house.clock.move_to(_at("07:42:00"))
    assert written(lambda: reader.taps((1, MING, _iso("07:41:00")))) == 1
    assert _sides(house) == (_at("07:41:00"), None, 1, 0)


def test_tap_that_changes_nothing_leaves_the_day_as_it_is(
    house: House, reader: SigningReader, written: Callable[[Callable[[], object]], int]
) -> None:
    house.clock.move_to(_at("07:42:00"))
    reader.taps((1, MING, _iso("07:41:00")))
    # The statement that holds the row, and none after it.
    assert written(lambda: reader.taps((2, MING, _iso("07:41:30")))) == 1
    assert _sides(house) == (_at("07:41:00"), None, 1, 0)


def test_day_that_begins_with_a_departure_has_no_arrival(
    house: House, reader: SigningReader
) -> None:
    house.clock.move_to(_at("16:01:00"))
    reader.taps((1, MING, _iso("16:00:00")))
    assert _sides(house) == (None, _at("16:00:00"), 0, 1)


def test_of_one_batch_the_earliest_tap_is_the_arrival(house: House, reader: SigningReader) -> None:
    house.clock.move_to(_at("07:50:00"))
    reader.taps((1, MING, _iso("07:45:00")), (2, MING, _iso("07:41:00")))
    assert _sides(house) == (_at("07:41:00"), None, 1, 0)


def _sides(house: House) -> tuple[datetime | None, datetime | None, int, int]:
    with transaction(house.engine) as session:
        day = session.exec(select(AttendanceDay)).one()
        return day.arrived_at, day.departed_at, day.arrivals, day.departures
