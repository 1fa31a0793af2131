"""School days, from the narrowest layer to the widest.

Confirmed closures, our own days, terms and breaks, the office calendar's file, and under it all a
library that knows the public holidays.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any

import holidays
from sqlalchemy import ColumnElement, and_, between, bindparam
from sqlmodel import Session, col

from core.calendar.breaks import break_on, school_year_of
from core.calendar.scopes import GRADES, ClosureScope, Place
from core.calendar.tables import CalendarDay, Closure, OfficeDay, Term
from core.db import table_of
from core.kinds import DayPart
from core.people.roster import CANARY_SCHOOL
from core.people.tables import School
from core.rows import is_one_of, run, run_models

# A grade no row can name: what holds for a school whose children are not looked at one by one.
NO_GRADE = 0
CLOSED = {
    DayPart.WHOLE: "停課",
    DayPart.MORNING: "上午停課",
    DayPart.AFTERNOON: "下午停課",
}

SchoolGrade = tuple[str, int]


@dataclass(frozen=True, slots=True)
class DayStatus:
    """Whether lessons are held, and the reason where the calendar names one.

    `closed_part` is what a confirmed closure covers; half a day without lessons is an open day.
    """

    is_open: bool
    reason: str = ""
    closed_part: DayPart | None = None


@dataclass(frozen=True, slots=True)
class _Layers:
    closures: dict[date, list[Closure]]
    own: dict[tuple[str, date], DayStatus]
    terms: dict[tuple[str, int, int], Term]
    office: dict[date, DayStatus]

    def status(self, place: Place, day: date) -> DayStatus:
        usual = self._usual(place, day)
        part = closed_part(self.closures.get(day, ()), place)
        if part is None:
            return usual
        if part is DayPart.WHOLE:
            return DayStatus(False, CLOSED[part], part)
        return DayStatus(usual.is_open, CLOSED[part] if usual.is_open else usual.reason, part)

    def _usual(self, place: Place, day: date) -> DayStatus:
        if place.school_code == CANARY_SCHOOL:
            # It has no lessons: its silence must alarm operators, and nobody else.
            return DayStatus(False)
        for scope in place.scopes:
            if (scope, day) in self.own:
                return self.own[scope, day]
        reason = break_on(self._terms(place, school_year_of(day)), day)
        if reason:
            return DayStatus(False, reason)
        return self.office.get(day) or _public_day(day)

    def _terms(self, place: Place, school_year: int) -> dict[int, Term]:
        known = {}
        for scope in reversed(place.scopes):
            for number in (1, 2):
                if (scope, school_year, number) in self.terms:
                    known[number] = self.terms[scope, school_year, number]
        return known


def is_school_day(session: Session, school_code: str, day: date) -> bool:
    """Tell whether any grade of the school has lessons on this Taipei date.

    A closure of one grade, or of a morning, leaves it a school day.
    """
    keys = [(school_code, grade) for grade in (NO_GRADE, *GRADES)]
    statuses = day_statuses(session, keys, day, day)
    return any(status[day].is_open for status in statuses.values())


def day_statuses(
    session: Session, keys: Iterable[SchoolGrade], first: date, last: date
) -> dict[SchoolGrade, dict[date, DayStatus]]:
    """Return the status of each Taipei date from first to last, by (school code, grade).

    Five queries, however many schools and days.
    """
    places = _places(session, set(keys))
    layers = _load(session, places.values(), first, last)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {key: {day: layers.status(place, day) for day in days} for key, place in places.items()}


def place_of(session: Session, school_code: str) -> Place:
    """Return where a school's children are, whatever their grade; one query."""
    key = (school_code, NO_GRADE)
    return _places(session, {key})[key]


def terms_among(session: Session, scopes: Collection[str], years: Collection[int]) -> list[Term]:
    """Return the terms of these scopes and school years, to be read; one query."""
    return run_models(session, _terms, Term, {"scopes": list(scopes), "years": list(years)})


def _places(session: Session, keys: set[SchoolGrade]) -> dict[SchoolGrade, Place]:
    codes = {code for code, _ in keys}
    rows = run(session, _schools, {"codes": list(codes)})
    known = {school.code: school for school in rows}
    places = {}
    for code, grade in keys:
        school = known.get(code)
        places[code, grade] = (
            Place(code, grade, school.district, school.level) if school else Place(code, grade)
        )
    return places


def _load(session: Session, places: Collection[Place], first: date, last: date) -> _Layers:
    scopes = {scope for place in places for scope in place.scopes}
    years = range(school_year_of(first), school_year_of(last) + 1)
    span = {"first": first, "last": last}
    own = run(session, _own_days, {"scopes": list(scopes), **span})
    terms = terms_among(session, scopes, years)
    office = run(session, _office_days, span)
    return _Layers(
        closures_on(session, first, last),
        {(row.scope, row.day): DayStatus(row.is_open, row.reason) for row in own},
        {(row.scope, row.school_year, row.number): row for row in terms},
        {row.day: DayStatus(row.is_open, row.remark) for row in office},
    )


def closures_on(session: Session, first: date, last: date) -> dict[date, list[Closure]]:
    """Return the closures that count, of any scope, by day."""
    found: dict[date, list[Closure]] = defaultdict(list)
    for row in run_models(session, _closures, Closure, {"first": first, "last": last}):
        found[row.day].append(row)
    return found


@cache
def _schools(engine: str) -> Any:
    school = table_of(School)
    facts = school.select().with_only_columns(school.c.code, school.c.district, school.c.level)
    return facts.where(is_one_of(engine, school.c.code, "codes"))


@cache
def _own_days(engine: str) -> Any:
    row = table_of(CalendarDay)
    return row.select().where(is_one_of(engine, row.c.scope, "scopes"), _in_span(row.c.day))


@cache
def _terms(engine: str) -> Any:
    row = table_of(Term)
    return row.select().where(
        is_one_of(engine, row.c.scope, "scopes"), is_one_of(engine, row.c.school_year, "years")
    )


@cache
def _office_days(_engine: str) -> Any:
    row = table_of(OfficeDay)
    return row.select().where(_in_span(row.c.day))


@cache
def _closures(_engine: str) -> Any:
    return table_of(Closure).select().where(_in_span(table_of(Closure).c.day), counts())


def _in_span(day: Any) -> ColumnElement[bool]:
    return between(day, bindparam("first"), bindparam("last"))


def counts() -> ColumnElement[bool]:
    """Tell of a closure whether two people confirmed it and nobody undid it."""
    return and_(col(Closure.confirmed_at).is_not(None), col(Closure.undone_at).is_(None))


def closed_part(closures: Iterable[Closure], place: Place) -> DayPart | None:
    """Return what a day's closures close for a place; two halves are the whole."""
    parts = {DayPart(row.part) for row in closures if scope_of(row).covers(place)}
    if DayPart.WHOLE in parts or len(parts) > 1:
        return DayPart.WHOLE
    return next(iter(parts), None)


def scope_of(closure: Closure) -> ClosureScope:
    """Return whom a closure is for."""
    return ClosureScope(
        district=closure.district,
        level=closure.level,
        school_code=closure.school_code,
        grade=closure.grade,
    )


# A page asks for a month of days, always the same ones.
@lru_cache(maxsize=2048)
def _public_day(day: date) -> DayStatus:
    # Source: holidays' Taiwan calendar, which follows the government's office calendar day by day,
    # make-up Saturdays included.
    calendar = _public_calendar()
    return DayStatus(calendar.is_working_day(day), calendar.get(day) or "")


@cache
def _public_calendar() -> holidays.HolidayBase:
    return holidays.country_holidays("TW", language="zh_TW")
