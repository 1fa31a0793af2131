"""What staff read: a class today, a school today, who is missing day after day, the sheets.

Everything comes from a fixed number of queries, however large the school.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Date, and_, case, exists, func, literal, or_, select
from sqlmodel import Session, col

from core.attendance.conditions import is_excused, was_seen
from core.attendance.tables import AttendanceDay, Leave, NoShowRun, NoShowState, RunState
from core.calendar.policy import rules_for
from core.calendar.school_days import DayStatus, day_statuses
from core.clock import at_taipei, day_end, school_day_of
from core.kinds import DayPart
from core.notices.staff_notices import MissingChild
from core.people.roster import holds_live_card
from core.people.tables import EnrollmentStatus, Student

# How far back three watched school days are looked for; it spans the longest holidays in a term.
LOOK_BACK = timedelta(days=30)
# The gate could be trusted on these days, so its silence says something.
TRUSTED = (RunState.WAITING, RunState.TOLD)


class ChildState(StrEnum):
    """What is known of a child's day. NO_CARD: nothing was seen, and nothing could be."""

    HERE = "here"
    LEAVE = "leave"
    MISSING = "missing"
    NO_CARD = "no_card"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildToday:
    """A child as the class list shows it. `state` HERE says that it came, not that it stayed.

    `is_in_doubt`: a tap of theirs is held that can't be placed.
    """

    student_id: UUID
    seat_number: int
    name: str
    state: ChildState
    arrived_at: datetime | None
    departed_at: datetime | None
    received_at: datetime | None
    arrival_is_make_up: bool
    departure_is_make_up: bool
    leave: DayPart | None
    is_in_doubt: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How many came, are excused, and were not heard of. Children without a card don't count."""

    arrived: int
    on_leave: int
    missing: int

    @property
    def expected(self) -> int:
        """Return how many the school counts on today."""
        return self.arrived + self.on_leave + self.missing


@dataclass(frozen=True, slots=True)
class ClassToday:
    """A class, by seat. `status` says whether it has lessons today."""

    homeroom: str
    grade: int
    status: DayStatus
    children: Sequence[ChildToday]

    @property
    def counts(self) -> Counts:
        """Return the class in numbers."""
        return _counts(Counter(child.state for child in self.children))

    @property
    def missing(self) -> list[ChildToday]:
        """Return the children not heard of."""
        return [child for child in self.children if child.state is ChildState.MISSING]


@dataclass(frozen=True, slots=True)
class ClassCount:
    """A class in numbers. `status` says whether it has lessons today."""

    homeroom: str
    grade: int
    status: DayStatus
    counts: Counts


def class_today(
    session: Session, school_code: str, homeroom: str, now: datetime
) -> ClassToday | None:
    """Return the class as it stands, or None when nobody is enrolled in it."""
    state = _state(now).label("state")
    statement = _with_day(
        select(Student, AttendanceDay, state).where(
            col(Student.homeroom) == homeroom, *_enrolled(school_code)
        ),
        school_day_of(now),
    )
    rows = session.execute(statement.order_by(col(Student.seat_number), col(Student.id))).all()
    if not rows:
        return None
    key, today = (school_code, rows[0].Student.grade), school_day_of(now)
    status = day_statuses(session, [key], today, today)[key][today]
    children = [_child(row.Student, row.AttendanceDay, row.state) for row in rows]
    return ClassToday(homeroom, rows[0].Student.grade, status, children)


def school_today(session: Session, school_code: str, now: datetime) -> list[ClassCount]:
    """Return every class in numbers, lowest grade first."""
    state, today = _state(now).label("state"), school_day_of(now)
    grade, size = func.min(col(Student.grade)).label("grade"), func.count().label("size")
    columns = (col(Student.homeroom), grade, state, size)
    statement = _with_day(select(*columns).where(*_enrolled(school_code)), today)
    grades: dict[str, int] = {}
    states: dict[str, Counter[ChildState]] = defaultdict(Counter)
    for row in session.execute(statement.group_by(col(Student.homeroom), state)):
        grades[row.homeroom] = min(row.grade, grades.get(row.homeroom, row.grade))
        states[row.homeroom][ChildState(row.state)] = row.size
    statuses = day_statuses(session, {(school_code, one) for one in grades.values()}, today, today)
    return [
        ClassCount(
            homeroom, grade, statuses[(school_code, grade)][today], _counts(states[homeroom])
        )
        for homeroom, grade in sorted(grades.items(), key=lambda one: (one[1], one[0]))
    ]


def early_grades(
    session: Session, school_code: str, grades: Collection[int], now: datetime
) -> set[int]:
    """Return the grades whose cut-off of today is still to come; two queries."""
    today = school_day_of(now)
    rules = rules_for(session, school_code, [(grade, today) for grade in grades])
    return {grade for grade in grades if now < at_taipei(today, rules[grade, today].cutoff)}


def total_of(classes: Sequence[ClassCount]) -> Counts:
    """Return several classes as one; those without lessons today don't count."""
    open_ones = [one.counts for one in classes if one.status.is_open]
    return Counts(
        sum(one.arrived for one in open_ones),
        sum(one.on_leave for one in open_ones),
        sum(one.missing for one in open_ones),
    )


def unexplained(session: Session, school_code: str, day: date, days: int = 3) -> list[MissingChild]:
    """Return the children without tap and leave since the last `days` watched school days began.

    Watched is a day whose cut-off ran with a gate that could be trusted; a tap or leave on any
    other day in between explains as well. Only enrolled children who had a card then and have one.
    """
    since = _watched_since(session, school_code, day, days)
    if not since:
        return []
    first = case(since, value=col(Student.grade), else_=literal(None, Date))
    statement = select(Student).where(
        *_enrolled(school_code),
        col(Student.grade).in_(since),
        holds_live_card(at_taipei(min(since.values()), time())),
        holds_live_card(day_end(day)),
        ~_was_explained(first, day),
    )
    order = (col(Student.grade), col(Student.homeroom), col(Student.seat_number))
    return [
        MissingChild(child.id, child.homeroom, child.seat_number, child.name)
        for child in session.scalars(statement.order_by(*order))
    ]


def _watched_since(session: Session, school_code: str, day: date, days: int) -> dict[int, date]:
    """Return by grade the first of the last watched school days; grades with fewer are left out."""
    grades = session.scalars(
        select(col(Student.grade)).where(*_enrolled(school_code)).distinct()
    ).all()
    watched = _watched_days(session, school_code, day)
    statuses = day_statuses(session, [(school_code, one) for one in grades], day - LOOK_BACK, day)
    since = {}
    for (_, grade), by_day in statuses.items():
        # On a half day without lessons not everybody was to come.
        full = [one for one, status in by_day.items() if status.is_open and not status.closed_part]
        counted = [one for one in full if one in watched]
        if len(counted) >= days:
            since[grade] = counted[-days]
    return since


def _watched_days(session: Session, school_code: str, day: date) -> set[date]:
    states: dict[date, set[str]] = defaultdict(set)
    statement = select(col(NoShowRun.school_day), col(NoShowRun.state)).where(
        col(NoShowRun.school_code) == school_code,
        col(NoShowRun.school_day).between(day - LOOK_BACK, day),
        col(NoShowRun.state) != RunState.NO_SCHOOL,
    )
    for row in session.execute(statement):
        states[row.school_day].add(row.state)
    return {school_day for school_day, seen in states.items() if seen <= set(TRUSTED)}


def _was_explained(first: Any, last: date) -> Any:
    """Tell of a child whether a tap or an open leave lies between the days."""
    tapped_or_excused = exists().where(
        col(AttendanceDay.student_id) == col(Student.id),
        col(AttendanceDay.school_day).between(first, last),
        or_(was_seen(), col(AttendanceDay.leave).is_not(None)),
    )
    on_leave = exists().where(
        col(Leave.student_id) == col(Student.id),
        col(Leave.withdrawn_at).is_(None),
        col(Leave.first_day) <= last,
        col(Leave.last_day) >= first,
    )
    return or_(tapped_or_excused, on_leave)


def _enrolled(school_code: str) -> tuple[Any, Any]:
    return (
        col(Student.school_code) == school_code,
        col(Student.status) == EnrollmentStatus.ENROLLED,
    )


def _with_day(statement: Any, day: date) -> Any:
    of_that_day = and_(
        col(AttendanceDay.student_id) == col(Student.id), col(AttendanceDay.school_day) == day
    )
    return statement.select_from(Student).outerjoin(AttendanceDay, of_that_day)


def _state(now: datetime) -> Any:
    return case(
        (was_seen(), ChildState.HERE.value),
        (is_excused(), ChildState.LEAVE.value),
        (holds_live_card(now), ChildState.MISSING.value),
        else_=ChildState.NO_CARD.value,
    )


def _counts(states: Counter[ChildState]) -> Counts:
    return Counts(states[ChildState.HERE], states[ChildState.LEAVE], states[ChildState.MISSING])


def _child(student: Student, day: AttendanceDay | None, state: str) -> ChildToday:
    return ChildToday(
        student_id=student.id,
        seat_number=student.seat_number,
        name=student.name,
        state=ChildState(state),
        arrived_at=day.arrived_at if day else None,
        departed_at=day.departed_at if day else None,
        received_at=day.arrival_received_at if day else None,
        arrival_is_make_up=bool(day and day.arrival_is_make_up),
        departure_is_make_up=bool(day and day.departure_is_make_up),
        leave=DayPart(day.leave) if day and day.leave else None,
        is_in_doubt=bool(day and day.no_show == NoShowState.DOUBT),
    )
