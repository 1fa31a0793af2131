"""School days, from the narrowest layer to the widest.

Confirmed closures, our own days, terms and breaks, the office calendar's file, and under it all a
library that knows the public holidays.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays
from sqlalchemy import ColumnElement, and_
from sqlmodel import Session, col, select

from core.calendar.breaks import break_on, school_year_of
from core.calendar.scopes import GRADES, ClosureScope, Place
from core.calendar.tables import CalendarDay, Closure, OfficeDay, Term
from core.kinds import DayPart
from core.people.roster import CANARY_SCHOOL
from core.people.tables import School

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


def _places(session: Session, keys: set[SchoolGrade]) -> dict[SchoolGrade, Place]:
    codes = {code for code, _ in keys}
    known = {
        school.code: school
        for school in session.exec(select(School).where(col(School.code).in_(codes)))
    }
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
    own = session.exec(
        select(CalendarDay).where(
            col(CalendarDay.scope).in_(scopes), col(CalendarDay.day).between(first, last)
        )
    )
    terms = session.exec(
        select(Term).where(col(Term.scope).in_(scopes), col(Term.school_year).in_(years))
    )
    office = session.exec(select(OfficeDay).where(col(OfficeDay.day).between(first, last)))
    return _Layers(
        closures_on(session, first, last),
        {(row.scope, row.day): DayStatus(row.is_open, row.reason) for row in own},
        {(row.scope, row.school_year, row.number): row for row in terms},
        {row.day: DayStatus(row.is_open, row.remark) for row in office},
    )


def closures_on(session: Session, first: date, last: date) -> dict[date, list[Closure]]:
    """Return the closures that count, of any scope, by day."""
    statement = select(Closure).where(col(Closure.day).between(first, last), counts())
    found: dict[date, list[Closure]] = defaultdict(list)
    for row in session.exec(statement):
        found[row.day].append(row)
    return found


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


def _public_day(day: date) -> DayStatus:
    # Source: holidays' Taiwan calendar, which follows the government's office calendar day by day,
    # make-up Saturdays included.
    calendar = _public_calendar()
    return DayStatus(calendar.is_working_day(day), calendar.get(day) or "")


@cache
def _public_calendar() -> holidays.HolidayBase:
    return holidays.country_holidays("TW", language="zh_TW")
