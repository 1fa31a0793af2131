"""What the calendar says to a tap: a day's rules, and the part of it a closure covers."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlmodel import Session, col

from core.calendar.policy import DayRules, resolve
from core.calendar.school_days import closed_part, closures_on, counts
from core.calendar.scopes import Place
from core.calendar.tables import Closure, DayPolicy
from core.db import table_of
from core.kinds import DayPart
from core.people.tables import School
from core.rows import is_one_of, run

SchoolDay = tuple[str, int, date]


@dataclass(frozen=True, slots=True)
class TapDay:
    """What holds for a grade on a day; `closed` is None where nothing is closed."""

    rules: DayRules
    closed: DayPart | None


def tap_days(session: Session, wanted: Collection[SchoolDay]) -> dict[SchoolDay, TapDay]:
    """Return what holds for each (school code, grade, day).

    One query, and one more each where a school has rules of its own or the days have closures.
    """
    days = [day for _, _, day in wanted]
    values = {"codes": list({code for code, _, _ in wanted}), "first": min(days), "last": max(days)}
    schools = {row.code: row for row in run(session, _schools, values)}
    policies = _policies(session, [row.code for row in schools.values() if row.has_rules])
    is_any_closed = any(row.has_closures for row in schools.values())
    closures = closures_on(session, min(days), max(days)) if is_any_closed else {}
    found = {}
    for one in wanted:
        code, grade, day = one
        school = schools[code]
        place = Place(code, grade, school.district, school.level)
        found[one] = TapDay(
            resolve(school, policies.get(code, ()), (grade, day)),
            closed_part(closures.get(day, ()), place),
        )
    return found


def _policies(session: Session, codes: Collection[str]) -> dict[str, list[DayPolicy]]:
    found: dict[str, list[DayPolicy]] = defaultdict(list)
    if codes:
        for row in session.scalars(select(DayPolicy).where(col(DayPolicy.school_code).in_(codes))):
            found[row.school_code].append(row)
    return found


@cache
def _schools(engine: str) -> Any:
    school, policy, closure = table_of(School), table_of(DayPolicy), table_of(Closure)
    has_rules = exists().where(policy.c.school_code == school.c.code)
    has_closures = exists().where(
        closure.c.day.between(bindparam("first"), bindparam("last")), counts()
    )
    return select(
        school.c.code,
        school.c.district,
        school.c.level,
        school.c.cutoff,
        school.c.departure_from,
        has_rules.label("has_rules"),
        has_closures.label("has_closures"),
    ).where(is_one_of(engine, school.c.code, "codes"))
