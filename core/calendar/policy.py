"""The policy of a day: cut-off, grace, review, departures, for a grade on a date.

Rows narrow the school's usual day; a date wins over a weekday, a weekday over every day, and within
each a grade over all grades.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from core.audit import record_audit
from core.calendar.changes import ChangeKind, record_change
from core.calendar.scopes import ClosureScope, hold_schools
from core.calendar.tables import DayPolicy
from core.clock import at_taipei, day_end, school_day_of
from core.db import table_of
from core.errors import AccessError, InputError
from core.people.tables import School
from core.rows import is_one_of, run, run_models

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
    return rules_of_schools(session, {school_code: set(days)})[school_code]


def rules_of_schools(
    session: Session, days: Mapping[str, Collection[GradeDay]]
) -> dict[str, dict[GradeDay, DayRules]]:
    """Return what holds for each (grade, day) of each school; two queries however many."""
    codes = {"codes": list(days)}
    schools = {row.code: row for row in run(session, _usual, codes)}
    rules: dict[str, list[DayPolicy]] = {code: [] for code in days}
    for row in run_models(session, _rules, DayPolicy, codes):
        rules[row.school_code].append(row)
    return {
        code: {one: resolve(schools[code], rules[code], one) for one in wanted}
        for code, wanted in days.items()
    }


@cache
def _usual(engine: str) -> Any:
    school = table_of(School).c
    facts = select(school.code, school.cutoff, school.departure_from)
    return facts.where(is_one_of(engine, school.code, "codes"))


@cache
def _rules(engine: str) -> Any:
    row = table_of(DayPolicy)
    return row.select().where(is_one_of(engine, row.c.school_code, "codes"))


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
        and (row.from_day is None or row.from_day <= day)
        and row.grade in (None, grade)
        and row.weekday in (None, day.weekday())
        and row.day in (None, day)
    )


def _narrowness(row: DayPolicy) -> tuple[bool, bool, bool, datetime]:
    named = (row.day is not None, row.weekday is not None, row.grade is not None)
    return (*named, row.recorded_at)


def stands(now: datetime) -> ColumnElement[bool]:
    """Tell of a rule whether it counts, or will: it may begin or end on a day still to come."""
    # What ends today has ended: an end to come lies at the beginning of a day.
    tomorrow = day_end(school_day_of(now))
    return or_(col(DayPolicy.ended_at).is_(None), col(DayPolicy.ended_at) >= tomorrow)


def list_rules(session: Session, school_code: str, now: datetime) -> list[DayPolicy]:
    """Return the school's rules that count now or will, widest first."""
    statement = select(DayPolicy).where(DayPolicy.school_code == school_code, stands(now))
    return sorted(session.exec(statement), key=_narrowness)


def add_rule(
    session: Session,
    school_code: str,
    rule: NewRule,
    *,
    by: str,
    now: datetime,
    from_day: date | None = None,
) -> UUID:
    """Add a rule in place of the one with the same aim; joins the caller's transaction.

    Counts from that Taipei date on, None: at once, for today too. Raises InputError with the field
    that can't be so; `coming` where the same aim has a change still to come.
    """
    hold_schools(session, ClosureScope(school_code=school_code))
    _check(session.get_one(School, school_code), rule)
    begins = _begin(rule.day, from_day, now)
    former = session.exec(
        select(DayPolicy).where(*_same_aim(school_code, rule), stands(now))
    ).first()
    if former is not None:
        _require_settled(former, now)
        former.ended_at = _end_before(begins, rule.day, now)
    row = DayPolicy(
        school_code=school_code,
        grade=rule.grade,
        weekday=rule.weekday,
        day=rule.day,
        from_day=None if rule.day else begins,
        reason=rule.reason,
        recorded_by=by,
        recorded_at=now,
        **{name: getattr(rule, name) for name in VALUES},
    )
    session.add(row)
    session.flush()
    _record(session, [former, row], begins, by, now)
    record_audit(session, actor=by, action="policy.add", subject=f"day_policy:{row.id}", now=now)
    return row.id


def end_rule(
    session: Session,
    school_code: str,
    rule_id: UUID,
    *,
    by: str,
    now: datetime,
    from_day: date | None = None,
) -> None:
    """End a rule of the school, so that days from that date on (None: today) are as without it.

    Joins the caller's transaction. Raises AccessError 404; InputError as add_rule does.
    """
    hold_schools(session, ClosureScope(school_code=school_code))
    row = find_rule(session, school_code, rule_id, now)
    _require_settled(row, now)
    begins = _begin(row.day, from_day, now)
    row.ended_at = _end_before(begins, row.day, now)
    session.flush()
    _record(session, [row, None], begins, by, now)
    record_audit(session, actor=by, action="policy.end", subject=f"day_policy:{rule_id}", now=now)


def undo_rule(session: Session, former_id: str | None, added_id: str | None, now: datetime) -> None:
    """Put back the rules of a change still to come; joins the caller's transaction."""
    for rule_id, ended_at in ((added_id, now), (former_id, None)):
        if rule_id is not None:
            session.get_one(DayPolicy, UUID(rule_id)).ended_at = ended_at
    session.flush()


def find_rule(session: Session, school_code: str, rule_id: UUID, now: datetime) -> DayPolicy:
    """Return a rule of the school that counts, or will. Raises AccessError 404."""
    statement = select(DayPolicy).where(
        DayPolicy.id == rule_id, DayPolicy.school_code == school_code, stands(now)
    )
    row = session.exec(statement.execution_options(populate_existing=True)).first()
    if row is None:
        raise AccessError("no_such_rule")
    return row


def changed_today(session: Session, now: datetime) -> dict[str, datetime]:
    """Return when the rules that hold today last changed today, of each school where they did."""
    today = school_day_of(now)
    since = at_taipei(today, time())
    moments = (col(DayPolicy.recorded_at), col(DayPolicy.ended_at))
    rows = session.execute(
        select(col(DayPolicy.school_code), *moments).where(
            or_(*(moment.between(since, now) for moment in moments)),
            or_(col(DayPolicy.day).is_(None), col(DayPolicy.day) == today),
            or_(col(DayPolicy.from_day).is_(None), col(DayPolicy.from_day) <= today),
        )
    )
    found: dict[str, datetime] = {}
    for row in rows:
        code = row.school_code
        known = (found.get(code), row.recorded_at, row.ended_at)
        found[code] = max(one for one in known if one is not None and one <= now)
    return found


def begins_on(row: DayPolicy) -> date:
    """Return the Taipei date from which a rule counts."""
    return row.day or row.from_day or school_day_of(row.recorded_at)


def has_change_to_come(row: DayPolicy, now: datetime) -> bool:
    """Tell whether a rule of every day or weekday begins, or ends, on a day still to come."""
    is_new = row.from_day is not None and row.from_day > school_day_of(now)
    return is_new or row.ended_at is not None


def _require_settled(row: DayPolicy, now: datetime) -> None:
    # Of two changes to come the later one would not know what it replaces.
    if has_change_to_come(row, now):
        raise InputError("coming", "from_day")


def _begin(day: date | None, from_day: date | None, now: datetime) -> date:
    today = school_day_of(now)
    begins = day or from_day or today
    if begins < today:
        raise InputError("past", "day" if day else "from_day")
    return begins


def _end_before(begins: date, day: date | None, now: datetime) -> datetime:
    # The rule of one date ends at once: it says nothing of the days before.
    is_now = day is not None or begins == school_day_of(now)
    return now if is_now else day_end(begins - timedelta(days=1))


def _same_aim(school_code: str, rule: NewRule) -> tuple[ColumnElement[bool], ...]:
    return (
        col(DayPolicy.school_code) == school_code,
        col(DayPolicy.grade).is_not_distinct_from(rule.grade),
        col(DayPolicy.weekday).is_not_distinct_from(rule.weekday),
        col(DayPolicy.day).is_not_distinct_from(rule.day),
    )


def _record(
    session: Session, sides: list[DayPolicy | None], begins: date, by: str, now: datetime
) -> None:
    row = next(one for one in sides if one is not None)
    record_change(
        session,
        scope=row.school_code,
        kind=ChangeKind.RULE,
        subject=f"{row.grade}/{row.weekday}/{row.day}",
        before=_side(sides[0]),
        after=_side(sides[1]),
        from_day=begins,
        by=by,
        now=now,
    )


def _side(row: DayPolicy | None) -> dict[str, Any] | None:
    if row is None:
        return None
    names = ("id", "grade", "weekday", "day", "reason", *VALUES)
    return {name: getattr(row, name) for name in names}


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
    # 04:00 for 16:00: an hour later the whole school would stand as 未刷離校.
    if rule.dismissal is not None and rule.dismissal <= (rule.cutoff or school.cutoff):
        raise InputError("dismissal_before_cutoff", "dismissal")
