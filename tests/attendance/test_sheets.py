"""Day and week sheets."""

from datetime import date, datetime

import pytest
from sqlmodel import Session

from core.attendance.sheets import SheetRow, SheetStatus, sheet
from core.attendance.tables import AttendanceDay
from core.calendar.tables import Closure
from core.db import snapshot, transaction
from core.house import House
from core.people.tables import Student
from tests.attendance.test_reports import MONDAY, SCHOOL, at, make_one, record
from tests.factories import make_school, make_student

FRIDAY = date(2026, 11, 20)
NINE = at(9, 0)


def rows(
    house: House, first: date = MONDAY, last: date = MONDAY, now: datetime = NINE
) -> list[SheetRow]:
    """The sheet of the school."""
    with snapshot(house.engine) as session:
        return sheet(session, SCHOOL, first, last, now=now)


def close(session: Session, part: str) -> None:
    """The school is closed on Monday."""
    session.add(
        Closure(
            school_code=SCHOOL,
            day=MONDAY,
            part=part,
            source="榕光國小",
            source_at=at(6, 0),
            proposed_by="staff:a",
            proposed_at=at(6, 0),
            confirmed_by="staff:b",
            confirmed_at=at(6, 5),
        )
    )


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"arrived_at": at(7, 41)}, SheetStatus.PRESENT),
        ({"arrived_at": at(7, 41), "departed_at": at(16, 0)}, SheetStatus.PRESENT),
        ({"departed_at": at(16, 0)}, SheetStatus.PRESENT),
        ({"leave": "whole"}, SheetStatus.ON_LEAVE),
        ({"leave": "whole", "arrived_at": at(7, 41)}, SheetStatus.PRESENT),
        ({"no_show": "told"}, SheetStatus.NO_TAP),
        ({}, SheetStatus.NO_TAP),
    ],
)
def test_todays_row_says_what_is_known(
    house: House, facts: dict[str, object], status: SheetStatus
) -> None:
    with transaction(house.engine) as session:
        record(session, make_one(session, house), **facts)
    assert [row.status for row in rows(house)] == [status]


def test_before_the_cut_off_nobody_is_missing_yet(house: House) -> None:
    with transaction(house.engine) as session:
        make_one(session, house)
    assert rows(house, now=at(8, 29))[0].status is SheetStatus.NOT_YET
    assert rows(house, now=at(8, 30))[0].status is SheetStatus.NO_TAP


def test_forgotten_way_out_is_told_once_the_day_is_over(house: House) -> None:
    with transaction(house.engine) as session:
        child = make_one(session, house)
        record(session, child, FRIDAY, arrived_at=at(7, 41, FRIDAY))
        record(session, child, arrived_at=at(7, 41))
    assert [row.status for row in rows(house, FRIDAY)] == [
        SheetStatus.NO_TAP_OUT,
        SheetStatus.PRESENT,
    ]


def test_past_day_nobody_watched_claims_nothing(house: House) -> None:
    with transaction(house.engine) as session:
        make_one(session, house)
    assert rows(house, FRIDAY, FRIDAY)[0].status is SheetStatus.UNKNOWN


def test_weekend_is_left_out_unless_the_gate_saw_somebody(house: House) -> None:
    saturday = date(2026, 11, 21)
    with transaction(house.engine) as session:
        child = make_one(session, house)
    assert {row.school_day for row in rows(house, FRIDAY)} == {FRIDAY, MONDAY}
    with transaction(house.engine) as session:
        record(session, child, saturday, arrived_at=at(9, 0, saturday))
    assert {row.school_day for row in rows(house, FRIDAY)} == {FRIDAY, saturday, MONDAY}


def test_closed_day_says_so_and_a_closed_half_does_not(house: House) -> None:
    with transaction(house.engine) as session:
        make_one(session, house)
        close(session, "morning")
    assert rows(house)[0].status is SheetStatus.NO_TAP
    with transaction(house.engine) as session:
        close(session, "afternoon")
    assert rows(house)[0].status is SheetStatus.CLOSED


def test_days_to_come_are_not_on_the_sheet(house: House) -> None:
    with transaction(house.engine) as session:
        make_one(session, house)
    assert {row.school_day for row in rows(house, MONDAY, date(2026, 11, 29))} == {MONDAY}
    assert rows(house, date(2026, 11, 24), date(2026, 11, 29)) == []


def test_sheet_holds_only_the_asked_school_and_class(house: House) -> None:
    with transaction(house.engine) as session:
        make_one(session, house)
        other = make_student(session, house, number="11510002", name="李大華")
        other.homeroom = "102"
        make_school(session, "353608")
        make_student(session, house, number="11510003", school_code="353608")
    with snapshot(house.engine) as session:
        one_class = sheet(session, SCHOOL, MONDAY, MONDAY, "102", now=at(9, 0))
    assert [row.name for row in one_class] == ["李大華"]
    assert len(rows(house)) == 2


def test_child_that_left_stands_there_for_the_days_it_was_seen(house: House) -> None:
    with transaction(house.engine) as session:
        child = make_one(session, house)
        record(session, child, FRIDAY, arrived_at=at(7, 41, FRIDAY))
        child.status = "transferred"
        session.add(child)
    assert [row.name for row in rows(house, FRIDAY, FRIDAY)] == ["王小明"]
    assert rows(house) == []


def test_make_ups_are_named_by_moment(house: House) -> None:
    with transaction(house.engine) as session:
        child: Student = make_one(session, house)
        day = AttendanceDay(student_id=child.id, school_day=MONDAY, arrived_at=at(7, 50))
        day.arrival_is_make_up = True
        session.add(day)
    row = rows(house)[0]
    assert row.arrival_is_make_up
    assert not row.departure_is_make_up
