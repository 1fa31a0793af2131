"""What a change of the settings would do to a school's days, before anything is changed.

The change is made, looked at and taken back within a savepoint, so a preview can't differ from what
will be. Nothing of it is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.calendar.policy import DayRules, rules_for
from core.calendar.school_days import NO_GRADE, DayStatus, day_statuses
from core.people.tables import EnrollmentStatus, Student

SeenT = TypeVar("SeenT")
Grades = dict[int, int]
# Whose days are looked at: a school, or the whole city, which has no code.
WHOLE_CITY = ""


@dataclass(frozen=True, slots=True)
class DayTurn:
    """A day whose lessons a change turns on or off, for a school as a whole or the city."""

    day: date
    before: DayStatus
    after: DayStatus


@dataclass(frozen=True, slots=True)
class GradeDay:
    """A grade's day: whether lessons are held, and its times."""

    status: DayStatus
    rules: DayRules


@dataclass(frozen=True, slots=True)
class Effect:
    """A grade's day that a change turns into another; `students` are those enrolled."""

    day: date
    grade: int
    students: int
    before: GradeDay
    after: GradeDay


def grades_at(session: Session, school_code: str) -> Grades:
    """Return the grades of a school and how many students each has enrolled."""
    statement = (
        select(col(Student.grade), func.count())
        .where(
            col(Student.school_code) == school_code,
            col(Student.status) == EnrollmentStatus.ENROLLED,
        )
        .group_by(col(Student.grade))
        .order_by(col(Student.grade))
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def days_of(
    session: Session, school_code: str, grades: Grades, first: date, last: date
) -> dict[tuple[date, int], GradeDay]:
    """Return the days of each grade from first to last, both included."""
    keys = [(school_code, grade) for grade in grades]
    statuses = day_statuses(session, keys, first, last)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    rules = rules_for(session, school_code, [(grade, day) for grade in grades for day in days])
    return {
        (day, grade): GradeDay(statuses[school_code, grade][day], rules[grade, day])
        for day in days
        for grade in grades
    }


def effects_of(
    session: Session, school_code: str, first: date, last: date, change: Callable[[], object]
) -> list[Effect]:
    """Return what `change` turns, from first to last; the transaction is left as it was.

    Raises what the change raises.
    """
    grades = grades_at(session, school_code)
    before, after = _around(
        session, change, lambda: days_of(session, school_code, grades, first, last)
    )
    return [
        Effect(day, grade, grades[grade], before[day, grade], after[day, grade])
        for day, grade in before
        if before[day, grade] != after[day, grade]
    ]


def turns_of(
    session: Session, code: str, first: date, last: date, change: Callable[[], object]
) -> list[DayTurn]:
    """Return the days from first to last on which `change` turns lessons on or off.

    `code` is a school, or WHOLE_CITY. The transaction is left as it was; raises what the change
    raises.
    """
    key = (code, NO_GRADE)
    before, after = _around(session, change, lambda: day_statuses(session, [key], first, last)[key])
    return [
        DayTurn(day, before[day], after[day])
        for day in before
        if before[day].is_open != after[day].is_open
    ]


def _around(
    session: Session, change: Callable[[], object], look: Callable[[], SeenT]
) -> tuple[SeenT, SeenT]:
    """Return what is seen before a change and with it; nothing of the change stays."""
    before = look()
    with session.begin_nested() as savepoint:
        change()
        session.flush()
        after = look()
        savepoint.rollback()
    return before, after
