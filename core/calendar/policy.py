"""The policy of a day: cut-off, grace, review, departures, for a grade on a date.

Rows narrow the school's usual day; a date wins over a weekday, a weekday over every day, and within
each a grade over all grades.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.audit import record_audit
from core.calendar.tables import DayPolicy
from core.clock import day_end
from core.errors import AccessError, InputError
from core.people.tables import School

# Safe defaults where a school says nothing.
GRACE_MINUTES = 5
REVIEW_MINUTES = 0
BOUNCE_SECONDS = 60
VALUES = (
    "cutoff", "departure_from", "dismissal", "grace_minutes", "review_minutes", "bounce_seconds"
)  # fmt: skip
LIMITS = {"grace_minutes": 60, "review_minutes": 60, "bounce_seconds": 600}
GRADES = range(1, 13)

GradeDay = tuple[int, date]


@dataclass(frozen=True, slots=True)
class DayRules:
    """What holds for a grade on a day; Taipei times of day, `dismissal` may be unknown."""

    cutoff: time
    departure_from: time
    dismissal: time | None = None
    grace: timedelta = timedelta(minutes=GRACE_MINUTES)
    review: timedelta = timedelta(minutes=REVIEW_MINUTES)
    bounce: timedelta = timedelta(seconds=BOUNCE_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """A rule to add: for whom (None is every one) and what differs (None is as usual)."""

    grade: int | None = None
    weekday: int | None = None
    day: date | None = None
    cutoff: time | None = None
    departure_from: time | None = None
    dismissal: time | None = None
    grace_minutes: int | None = None
    review_minutes: int | None = None
    bounce_seconds: int | None = None
    reason: str = ""


def rules_for(
    session: Session, school_code: str, days: Iterable[GradeDay]
) -> dict[GradeDay, DayRules]:
    """Return what holds for each (grade, day) of a school; two queries however many."""
    school = session.get_one(School, school_code)
    rows = session.exec(select(DayPolicy).where(DayPolicy.school_code == school_code)).all()
    return {one: resolve(school, rows, one) for one in set(days)}


class UsualDay(Protocol):
    """A school as far as its usual day goes; Taipei times of day."""

    cutoff: time
    departure_from: time


def resolve(school: UsualDay, rows: Sequence[DayPolicy], one: GradeDay) -> DayRules:
    """Return what the rows of the school amount to for a grade on a day. Pure."""
    values: dict[str, Any] = {
        "cutoff": school.cutoff,
        "departure_from": school.departure_from,
        "dismissal": None,
        "grace_minutes": GRACE_MINUTES,
        "review_minutes": REVIEW_MINUTES,
        "bounce_seconds": BOUNCE_SECONDS,
    }
    for row in sorted((row for row in rows if _covers(row, one)), key=_narrowness):
        own = {name: getattr(row, name) for name in VALUES}
        values |= {name: value for name, value in own.items() if value is not None}
    return DayRules(
        values["cutoff"],
        values["departure_from"],
        values["dismissal"],
        timedelta(minutes=values["grace_minutes"]),
        timedelta(minutes=values["review_minutes"]),
        timedelta(seconds=values["bounce_seconds"]),
    )


def _covers(row: DayPolicy, one: GradeDay) -> bool:
    grade, day = one
    # A day keeps the rules it had: a later change must not turn yesterday's record around.
    over = day_end(day)
    was_there = row.recorded_at < over and (row.ended_at is None or row.ended_at >= over)
    return (
        was_there
        and row.grade in (None, grade)
        and row.weekday in (None, day.weekday())
        and row.day in (None, day)
    )


def _narrowness(row: DayPolicy) -> tuple[bool, bool, bool, datetime]:
    named = (row.day is not None, row.weekday is not None, row.grade is not None)
    return (*named, row.recorded_at)


def list_rules(session: Session, school_code: str) -> list[DayPolicy]:
    """Return the school's rules that count now, widest first."""
    statement = select(DayPolicy).where(
        DayPolicy.school_code == school_code, col(DayPolicy.ended_at).is_(None)
    )
    return sorted(session.exec(statement), key=_narrowness)


def add_rule(session: Session, school_code: str, rule: NewRule, *, by: str, now: datetime) -> UUID:
    """Add a rule in place of the one with the same aim; joins the caller's transaction.

    Counts at once, for today too. Raises InputError with the field that can't be so.
    """
    _check(session.get_one(School, school_code), rule)
    aim = (
        col(DayPolicy.school_code) == school_code,
        col(DayPolicy.grade).is_not_distinct_from(rule.grade),
        col(DayPolicy.weekday).is_not_distinct_from(rule.weekday),
        col(DayPolicy.day).is_not_distinct_from(rule.day),
        col(DayPolicy.ended_at).is_(None),
    )
    session.execute(update(DayPolicy).where(*aim).values(ended_at=now))
    row = DayPolicy(
        school_code=school_code,
        grade=rule.grade,
        weekday=rule.weekday,
        day=rule.day,
        reason=rule.reason,
        recorded_by=by,
        recorded_at=now,
        **{name: getattr(rule, name) for name in VALUES},
    )
    session.add(row)
    session.flush()
    record_audit(session, actor=by, action="policy.add", subject=f"day_policy:{row.id}", now=now)
    return row.id


def end_rule(session: Session, school_code: str, rule_id: UUID, *, by: str, now: datetime) -> None:
    """End a rule of the school; joins the caller's transaction. Raises AccessError 404."""
    statement = (
        update(DayPolicy)
        .where(
            col(DayPolicy.id) == rule_id,
            col(DayPolicy.school_code) == school_code,
            col(DayPolicy.ended_at).is_(None),
        )
        .values(ended_at=now)
        .returning(col(DayPolicy.id))
    )
    if session.execute(statement).first() is None:
        raise AccessError("no_such_rule")
    record_audit(session, actor=by, action="policy.end", subject=f"day_policy:{rule_id}", now=now)


def _check(school: School, rule: NewRule) -> None:
    if rule.grade is not None and rule.grade not in GRADES:
        raise InputError("out_of_range", "grade")
    if rule.weekday is not None and rule.weekday not in range(7):
        raise InputError("out_of_range", "weekday")
    if rule.weekday is not None and rule.day is not None:
        raise InputError("weekday_or_day", "day")
    for name, most in LIMITS.items():
        value = getattr(rule, name)
        if value is not None and not 0 <= value <= most:
            raise InputError("out_of_range", name)
    if all(getattr(rule, name) is None for name in VALUES):
        raise InputError("nothing_differs")
    if (rule.cutoff or school.cutoff) >= (rule.departure_from or school.departure_from):
        raise InputError("cutoff_after_departure", "cutoff")
