"""學期: first and last day of lessons, from the form over a preview to the calendar."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session
from wtforms import StringField, ValidationError

from core.calendar.breaks import ROC, school_year_of
from core.calendar.effects import WHOLE_CITY, DayTurn, turns_of
from core.calendar.scopes import CITY, ClosureScope, coverage_of
from core.calendar.semesters import Semester
from core.calendar.terms import (
    LONGEST_REASON,
    NewTerm,
    find_term,
    first_moved,
    require_term_ahead,
    set_term,
)
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.errors import InputError
from core.languages.dates import span_of
from liff.forms import PageForm
from liff.guard import staff
from liff.moments import parse_day
from liff.staff.change_lines import scope_words
from liff.staff.desk import Desk, open_any_desk
from liff.visit import Visit, current_visit

FIELDS = ("term", "first_day", "last_day", "source")
FAULTS = {
    "other_school_year": "不在這個學年度（8 月 1 日到隔年 7 月 31 日）",
    "before_first_day": "最後一天早於第一天",
    "overlap": "和另一個學期重疊",
    "order": "第 1 學期要在第 2 學期之前",
    "begun": "這一天已經開始或過了，不能更改",
}


class TermForm(PageForm):
    """Which term (115/1), its first and last day of lessons, and the circular it stands in."""

    term = StringField()
    first_day = StringField()
    last_day = StringField()
    source = StringField()

    def validate_term(self, field: StringField) -> None:
        """Want one of the list."""
        if field.data not in dict(term_options(school_day_of(current_visit().now))):
            raise ValidationError("請選擇學期")

    def validate_first_day(self, field: StringField) -> None:
        """Want a date."""
        if parse_day(field.data or "") is None:
            raise ValidationError("請選擇日期")

    validate_last_day = validate_first_day

    def validate_source(self, field: StringField) -> None:
        """Want something short."""
        if not 0 < len((field.data or "").strip()) <= LONGEST_REASON:
            raise ValidationError(f"請填依據，最多 {LONGEST_REASON} 個字")

    def new_term(self, scope: str) -> NewTerm:
        """Return the checked term."""
        first, last = parse_day(self.first_day.data or ""), parse_day(self.last_day.data or "")
        if first is None or last is None:
            raise ValueError("unchecked form")
        year, number = map(int, self.term.data.split("/"))
        return NewTerm(
            scope=scope,
            school_year=year,
            number=number,
            first_day=first,
            last_day=last,
            source=self.source.data.strip(),
        )


def term_options(today: date) -> list[tuple[str, str]]:
    """Return the terms of this school year and the next."""
    year = school_year_of(today)
    return [
        (f"{one}/{number}", Semester(one, number).label)
        for one in (year, year + 1)
        for number in (1, 2)
    ]


@staff
def show_new_term() -> ResponseReturnValue:
    """Show the form."""
    return _render_form(TermForm(formdata=None), {})


@staff
def send_new_term() -> ResponseReturnValue:
    """Show which days would change; sent from there, write the term."""
    visit, form = current_visit(), TermForm()
    faults = {} if form.validate() else form.faults
    try:
        with transaction(visit.house.engine) as database:
            desk = open_any_desk(database, visit)
            desk.require_manager()
            if not faults:
                term = _keeping_billing(database, form.new_term(_scope(desk)))
                require_term_ahead(database, term, school_day_of(visit.now))
                if "sure" not in request.form:
                    return _preview(database, visit, desk, form, term)
                set_term(database, term, by=desk.actor, now=visit.now)
    except InputError as error:
        faults = {error.field or "first_day": FAULTS[error.code]}
    if faults:
        return _render_form(form, faults), 422
    return redirect(url_for("liff.show_calendar", school=desk.param, note="added"), 303)


def _scope(desk: Desk) -> str:
    return desk.code or CITY


def _keeping_billing(database: Session, term: NewTerm) -> NewTerm:
    """Return the term with the billing days typed in before: the order slip still says them."""
    known = find_term(database, term.scope, term.school_year, term.number)
    return replace(term, billing_days=known.billing_days) if known else term


def _preview(database: Session, visit: Visit, desk: Desk, form: TermForm, term: NewTerm) -> str:
    first, last = date(term.school_year + ROC, 8, 1), date(term.school_year + ROC + 1, 7, 31)
    code = desk.school.code if desk.school else WHOLE_CITY

    def change() -> None:
        set_term(database, term, by=desk.actor, now=visit.now)

    turns = turns_of(database, code, first, last, change)
    covered = coverage_of(database, ClosureScope(school_code=code or None))
    known = find_term(database, term.scope, term.school_year, term.number)
    return render_template(
        "staff/term_preview.html",
        desk=desk,
        title=f"{Semester(term.school_year, term.number).label}・{scope_words(term.scope)}",
        what=f"{span_of(term.first_day, term.last_day)} 上課",
        covered=covered,
        is_ahead=first_moved(known, term) > school_day_of(visit.now),
        ranges=_ranges(turns),
        fields={name: form[name].data or "" for name in FIELDS},
    )


def _ranges(turns: list[DayTurn]) -> list[tuple[str, int, str]]:
    """Return neighbouring days that turn alike: which, how many, into what.

    Days between them that stay, such as weekends, part nothing.
    """
    runs: list[list[DayTurn]] = [turns[:1]] if turns else []
    for before, one in pairwise(turns):
        is_same = before.after.is_open == one.after.is_open
        if is_same and (one.day - before.day).days <= 7:
            runs[-1].append(one)
        else:
            runs.append([one])
    return [
        (
            span_of(run[0].day, run[-1].day),
            len(run),
            "放假 → 上課" if run[0].after.is_open else f"上課 → 放假（{run[0].after.reason}）",
        )
        for run in runs
    ]


def _render_form(form: TermForm, faults: dict[str, str]) -> str:
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_any_desk(database, visit)
        desk.require_manager()
    return render_template(
        "staff/new_term.html",
        desk=desk,
        form=form,
        faults=faults,
        terms=term_options(school_day_of(visit.now)),
    )
