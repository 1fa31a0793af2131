"""A school's day at the gate in numbers: when children came, and the same weekday before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlmodel import Session, col

from core.attendance.conditions import is_excused, was_seen
from core.attendance.tables import AttendanceDay, NoShowState
from core.calendar.school_days import NO_GRADE, day_statuses
from core.clock import TAIPEI, at_taipei
from core.people.tables import Student

BIN = timedelta(minutes=5)
WEEK = timedelta(days=7)
# How many earlier weeks a day is compared with.
WEEKS = 4
# What the cut-off made of a child it missed.
MISSED = (NoShowState.WAITING, NoShowState.TOLD, NoShowState.CLEARED, NoShowState.UNTOLD)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """First arrivals of a day by five minutes: those from each Taipei time on, until the next.

    `earlier` and `later` came outside of the times asked for.
    """

    starts: Sequence[time]
    counts: Sequence[int]
    earlier: int
    later: int

    @property
    def total(self) -> int:
        """Return how many came."""
        return self.earlier + sum(self.counts) + self.later


@dataclass(frozen=True, slots=True)
class DayCounts:
    """A day in numbers of children. `missed`: not seen and not excused at the cut-off."""

    day: date
    is_open: bool
    arrived: int
    departed: int
    on_leave: int
    missed: int


def arrivals_of(session: Session, school_code: str, day: date, first: time, last: time) -> Arrivals:
    """Return the arrivals of a school's day from `first` to before `last`; one query."""
    bounds = _bounds(day, first, last)
    arrived = col(AttendanceDay.arrived_at)
    spans = [
        and_(arrived >= start, arrived < end)
        for start, end in zip(bounds, bounds[1:], strict=False)
    ]
    columns = [_count(arrived < bounds[0]), *map(_count, spans), _count(arrived >= bounds[-1])]
    row = session.execute(_of_school(school_code, [day], columns)).one()
    # A sum over nobody is no number.
    counts: list[int] = [one or 0 for one in row]
    starts = [one.astimezone(TAIPEI).time() for one in bounds[:-1]]
    return Arrivals(starts, counts[1:-1], counts[0], counts[-1])


def weekdays_of(session: Session, school_code: str, day: date) -> list[DayCounts]:
    """Return a day after the same weekday of four weeks, oldest first; a few queries."""
    days = [day - WEEK * back for back in range(WEEKS, -1, -1)]
    key = (school_code, NO_GRADE)
    statuses = day_statuses(session, [key], days[0], day)[key]
    found = {row.school_day: row for row in session.execute(_counts(school_code, days))}
    return [_day(one, statuses[one].is_open, found.get(one)) for one in days]


def _bounds(day: date, first: time, last: time) -> list[datetime]:
    start, end = at_taipei(day, first), at_taipei(day, last)
    return [start + BIN * step for step in range((end - start) // BIN + 1)]


def _counts(school_code: str, days: Sequence[date]) -> Any:
    columns = (
        col(AttendanceDay.school_day),
        _count(was_seen()).label("arrived"),
        _count(col(AttendanceDay.departed_at).is_not(None)).label("departed"),
        _count(and_(is_excused(), ~was_seen())).label("on_leave"),
        _count(col(AttendanceDay.no_show).in_(MISSED)).label("missed"),
    )
    return _of_school(school_code, days, columns).group_by(col(AttendanceDay.school_day))


def _day(day: date, is_open: bool, row: Any) -> DayCounts:
    if row is None:
        return DayCounts(day, is_open, 0, 0, 0, 0)
    return DayCounts(day, is_open, row.arrived, row.departed, row.on_leave, row.missed)


def _of_school(school_code: str, days: Sequence[date], columns: Sequence[Any]) -> Any:
    """Select from a school's days by its children: there is no index by day, and none is needed."""
    return (
        select(*columns)
        .select_from(Student)
        .join(AttendanceDay, col(AttendanceDay.student_id) == col(Student.id))
        .where(col(Student.school_code) == school_code, col(AttendanceDay.school_day).in_(days))
    )


def _count(condition: ColumnElement[bool]) -> Any:
    return func.sum(case((condition, 1), else_=0))
