"""The three-days tick: once a school day in the afternoon, to the school's people only."""

from datetime import date, datetime

import pytest
from sqlmodel import Session, select

from core.calendar.tables import CalendarDay
from core.db import transaction
from core.duty.tables import JobRun
from core.duty.three_days_tick import run_three_days_tick
from core.house import House
from core.notices.tables import Notice
from core.people.tables import StaffRole, Student
from tests.attendance.test_reports import DAYS, MONDAY, at, record, watch
from tests.factories import (
    HUA,
    LONG_AGO,
    make_binding,
    make_guardian,
    make_school,
    make_staff,
    make_student,
)

OFFICER = "U" + "c" * 32


@pytest.fixture
def silent(house: House) -> House:
    """Mei's child has left no trace for three days; it is 15:30."""
    house.clock.move_to(at(15, 30))
    with transaction(house.engine) as session:
        make_school(session)
        make_binding(session, make_guardian(session, house), make_student(session, house))
        make_staff(session, house, OFFICER)
        watch(session, *DAYS)
    return house


def notices(house: House) -> list[Notice]:
    """What was written."""
    with transaction(house.engine) as session:
        return list(session.exec(select(Notice)).all())


def runs(session: Session) -> list[JobRun]:
    """What the tick noted."""
    return list(session.exec(select(JobRun).where(JobRun.job == "three_days")))


def test_officers_hear_once_however_often_the_tick_comes(silent: House) -> None:
    for _ in range(3):
        run_three_days_tick(silent)
    (notice,) = notices(silent)
    assert (notice.line_user_id, notice.guardian_id) == (OFFICER, None)
    assert "連續 3 天沒有刷卡也沒有請假：1 人" in notice.content.decode()
    with transaction(silent.engine) as session:
        assert [(run.slot, run.count) for run in runs(session)] == [(f"353607/{MONDAY}", 1)]


@pytest.mark.parametrize("moment", [at(15, 29), at(19, 0), at(6, 0)])
def test_nobody_hears_at_another_time_of_day(silent: House, moment: datetime) -> None:
    silent.clock.move_to(moment)
    run_three_days_tick(silent)
    assert notices(silent) == []


def test_clock_that_was_down_tells_later_the_same_afternoon(silent: House) -> None:
    silent.clock.move_to(at(17, 5))
    run_three_days_tick(silent)
    assert len(notices(silent)) == 1


def test_day_off_is_left_alone(silent: House) -> None:
    with transaction(silent.engine) as session:
        session.add(
            CalendarDay(
                scope="city",
                day=MONDAY,
                is_open=False,
                reason="假日",
                source="test",
                recorded_at=LONG_AGO,
            )
        )
    run_three_days_tick(silent)
    assert notices(silent) == []


def test_nobody_missing_is_nothing_to_tell(silent: House) -> None:
    with transaction(silent.engine) as session:
        record(session, session.exec(select(Student)).one(), arrived_at=at(9, 0))
    run_three_days_tick(silent)
    assert notices(silent) == []


def test_officer_of_another_school_hears_nothing(silent: House) -> None:
    with transaction(silent.engine) as session:
        make_school(session, "353608")
        make_staff(session, silent, HUA, school_code="353608")
        make_staff(session, silent, HUA, role=StaffRole.BUREAU_ADMIN, school_code=None)
    run_three_days_tick(silent)
    assert {notice.line_user_id for notice in notices(silent)} == {OFFICER}


def test_next_school_day_is_a_new_turn(silent: House) -> None:
    run_three_days_tick(silent)
    tuesday = date(2026, 11, 24)
    silent.clock.move_to(at(15, 30, tuesday))
    with transaction(silent.engine) as session:
        watch(session, tuesday)
    run_three_days_tick(silent)
    assert len(notices(silent)) == 2
