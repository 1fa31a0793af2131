"""行事曆: a month of the school or the city, its terms, and who changed what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.calendar.breaks import school_year_of
from core.calendar.changes import ChangeKind
from core.calendar.school_days import NO_GRADE
from core.calendar.scopes import CITY, Place
from core.calendar.semesters import Semester
from core.calendar.tables import Term
from core.calendar.terms import list_terms
from core.clock import school_day_of
from core.db import snapshot
from core.languages.dates import long_date, plain_date
from core.notices.wording import WEEKDAYS
from liff.guard import staff
from liff.moments import parse_day
from liff.staff.change_lines import change_lines, scope_words
from liff.staff.changes import scopes_of
from liff.staff.desk import Desk, open_any_desk
from liff.staff.month import LEGEND, month_of
from liff.visit import current_visit

A_MONTH = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class TermLine:
    """A term that counts here; `whose` says how widely it was set."""

    title: str
    days: str
    whose: str


@staff
def show_calendar() -> ResponseReturnValue:
    """Show a month day by day, what is special in it, the terms and the changes."""
    visit = current_visit()
    today = school_day_of(visit.now)
    first = _asked_month(today)
    with snapshot(visit.house.engine) as database:
        desk = open_any_desk(database, visit)
        desk.require_watcher()
        weeks = month_of(database, desk.school, first, today)
        terms = term_lines(database, desk, school_year_of(today))
        changes = change_lines(database, visit, scopes_of(desk), set(ChangeKind))
    special = [one for week in weeks for one in week if one and not one.is_ordinary]
    return render_template(
        "staff/calendar.html",
        desk=desk,
        title=f"{first.year} 年 {first.month} 月",
        month=f"{first:%Y-%m}",
        before=f"{first - timedelta(days=1):%Y-%m}",
        after=f"{(first + A_MONTH).replace(day=1):%Y-%m}",
        heads=WEEKDAYS,
        weeks=weeks,
        special=[(long_date(one.day), one) for one in special],
        legend=LEGEND,
        terms=terms,
        changes=changes,
        note=request.args.get("note", ""),
    )


def term_lines(database: Session, desk: Desk, school_year: int) -> list[TermLine]:
    """Return the terms of this school year and the next that count for the desk's school."""
    scopes: tuple[str, ...] = (CITY,)
    if desk.school is not None:
        school = desk.school
        scopes = Place(school.code, NO_GRADE, school.district, school.level).scopes
    counts: dict[tuple[int, int], Term] = {}
    # The widest first, so that the narrower one has the last word.
    for term in sorted(list_terms(database), key=lambda one: -_place_of(one.scope, scopes)):
        if term.scope in scopes and term.school_year >= school_year:
            counts[term.school_year, term.number] = term
    return [
        TermLine(
            Semester(year, number).label,
            f"{plain_date(term.first_day)}–{plain_date(term.last_day)}",
            scope_words(term.scope),
        )
        for (year, number), term in sorted(counts.items())
    ]


def _place_of(scope: str, scopes: Sequence[str]) -> int:
    return scopes.index(scope) if scope in scopes else len(scopes)


def _asked_month(today: date) -> date:
    asked = parse_day(f"{request.args.get('month', '')}-01")
    # Far months are slips of the pen.
    is_near = asked is not None and abs(asked.year - today.year) <= 2
    return asked if asked is not None and is_near else today.replace(day=1)
