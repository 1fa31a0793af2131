"""Which term ended last for a school, as a retention period counts it."""

from collections.abc import Collection, Mapping
from datetime import date

from sqlmodel import Session, col, select

from core.calendar.breaks import ROC, school_year_of
from core.calendar.school_days import place_of, terms_among
from core.calendar.scopes import CITY, Place
from core.calendar.tables import Term
from core.people.tables import School

TermKey = tuple[str, int, int]


def last_term_ends(session: Session, before: date) -> dict[str | None, date]:
    """Return by school code the last lesson day of the newest term over by `before`; only reads.

    None stands for the city, where no school is known. Where no term was typed in, the statutory
    frame says when one ends, so the answer is never empty.
    """
    years = _years(before)
    rows = session.exec(select(Term).where(col(Term.school_year).in_(years)))
    terms = {(row.scope, row.school_year, row.number): row.last_day for row in rows}
    ends: dict[str | None, date] = {None: _newest((CITY,), years, terms, before)}
    for school in session.exec(select(School)):
        place = Place(school.code, 0, school.district, school.level)
        ends[school.code] = _newest(place.scopes, years, terms, before)
    return ends


def last_term_end(session: Session, school_code: str, before: date) -> date:
    """Return what last_term_ends says of one school; two small queries."""
    scopes, years = place_of(session, school_code).scopes, _years(before)
    rows = terms_among(session, scopes, years)
    terms = {(row.scope, row.school_year, row.number): row.last_day for row in rows}
    return _newest(scopes, years, terms, before)


def _years(before: date) -> list[int]:
    newest = school_year_of(before)
    return [newest - 1, newest]


def _newest(
    scopes: Collection[str], years: Collection[int], terms: Mapping[TermKey, date], before: date
) -> date:
    ends = [_end(scopes, year, number, terms) for year in years for number in (1, 2)]
    return max(end for end in ends if end <= before)


def _end(scopes: Collection[str], year: int, number: int, terms: Mapping[TermKey, date]) -> date:
    for scope in scopes:
        if (scope, year, number) in terms:
            return terms[scope, year, number]
    # The days before the statutory breaks, as in breaks.py.
    month_day = (1, 20) if number == 1 else (6, 30)
    return date(year + ROC + 1, *month_day)
