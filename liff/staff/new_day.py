"""放假、補課或半天課: one day that differs, from the form over a preview to the calendar.

A day that has begun is closed by two persons on the closures' page, never here.
"""

from collections.abc import Callable
from datetime import date, timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session
from wtforms import StringField, ValidationError

from core.calendar.effects import WHOLE_CITY, grades_at, turns_of
from core.calendar.policy import NewRule, add_rule
from core.calendar.scopes import CITY, ClosureScope, coverage_of
from core.calendar.terms import LONGEST_REASON, OwnDay, find_day, remove_day, set_day
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.errors import InputError
from core.languages.dates import long_date
from liff.forms import PageForm
from liff.guard import staff
from liff.moments import parse_clock, parse_day
from liff.staff.change_lines import scope_words
from liff.staff.desk import Desk, open_any_desk
from liff.staff.policy_form import FAULTS as RULE_FAULTS
from liff.staff.previews import effects_shown, tomorrow, turn_lines
from liff.visit import Visit, current_visit

SOURCE = "校務頁"
FIELDS = ("kind", "day", "grade", "departure_from", "dismissal", "reason")
OFF, OPEN, HALF, USUAL = "off", "open", "half", "usual"
KINDS = {
    OFF: ("放假", "不上課，不做未到校檢查"),
    OPEN: ("上課", "例如補課日"),
    HALF: ("半天課", "上課，提早放學"),
    USUAL: ("照行事曆", "拿掉自己登記的"),
}
AHEAD = timedelta(days=400)
CLOCK = "時間請寫 24 小時制，例如 12:00"
FAULTS = {
    **RULE_FAULTS,
    "past": "只能登記明天以後的日子；今天要停課，請用「停課」",
    "too_far": f"最多提前 {AHEAD.days} 天",
    "length": f"請填原因，最多 {LONGEST_REASON} 個字",
    "nothing": "這一天沒有自己登記的放假或補課",
}


class DayForm(PageForm):
    """What kind of day it becomes, for whom and why; the times belong to half a day."""

    kind = StringField()
    day = StringField()
    grade = StringField()
    departure_from = StringField()
    dismissal = StringField()
    reason = StringField()

    def validate_kind(self, field: StringField) -> None:
        """Want one of the list."""
        if field.data not in KINDS:
            raise ValidationError("請選擇這一天怎麼上課")

    def validate_day(self, field: StringField) -> None:
        """Want a date."""
        if parse_day(field.data or "") is None:
            raise ValidationError("請選擇日期")

    def validate_departure_from(self, field: StringField) -> None:
        """Want a time of day for half a day."""
        if self.kind.data == HALF and parse_clock(field.data or "") is None:
            raise ValidationError(CLOCK)

    validate_dismissal = validate_departure_from

    def validate_reason(self, field: StringField) -> None:
        """Want something short; what goes needs none."""
        if self.kind.data != USUAL and not 0 < len((field.data or "").strip()) <= LONGEST_REASON:
            raise ValidationError(FAULTS["length"])

    def when(self) -> date:
        """Return the checked day."""
        day = parse_day(self.day.data or "")
        if day is None:
            raise ValueError("unchecked form")
        return day


@staff
def show_new_day() -> ResponseReturnValue:
    """Show the form, for the day that was pressed if any."""
    visit, form = current_visit(), DayForm(formdata=None)
    form.day.data = str(parse_day(request.args.get("day", "")) or tomorrow(visit))
    form.kind.data = OFF
    with snapshot(visit.house.engine) as database:
        desk = open_any_desk(database, visit)
        desk.require_manager()
        return _render_form(database, visit, desk, form, {})


@staff
def send_new_day() -> ResponseReturnValue:
    """Show what would change; sent from there, write the day."""
    visit, form = current_visit(), DayForm()
    faults = {} if form.validate() else form.faults
    with transaction(visit.house.engine) as database:
        desk = open_any_desk(database, visit)
        desk.require_manager()
        try:
            if not faults and "sure" not in request.form:
                return _preview(database, visit, desk, form)
            if not faults:
                _change(database, visit, desk, form)()
        except InputError as error:
            field = error.field if error.field in FIELDS else "day"
            faults = {field: FAULTS[error.code]}
        if faults:
            return _render_form(database, visit, desk, form, faults), 422
    page = url_for(
        "liff.show_calendar", school=desk.param, month=f"{form.when():%Y-%m}", note="added"
    )
    return redirect(page, 303)


def _change(database: Session, visit: Visit, desk: Desk, form: DayForm) -> Callable[[], object]:
    """Return what makes the change. Raises InputError where the day can't be changed here."""
    day, kind, reason = form.when(), form.kind.data, (form.reason.data or "").strip()
    today = school_day_of(visit.now)
    if day <= today:
        raise InputError("past", "day")
    if day > today + AHEAD:
        raise InputError("too_far", "day")
    scope, grade = _scope(database, desk, form)
    by, now = desk.actor, visit.now
    if kind == HALF and desk.school is not None:
        code, rule = desk.school.code, _half_day(form, day, grade, reason)
        return lambda: add_rule(database, code, rule, by=by, now=now)
    if kind == USUAL:
        if find_day(database, scope, day) is None:
            raise InputError("nothing", "day")
        return lambda: remove_day(database, scope, day, by=by, now=now)
    own = OwnDay(scope=scope, day=day, is_open=kind == OPEN, reason=reason, source=SOURCE)
    return lambda: set_day(database, own, by=by, now=now)


def _half_day(form: DayForm, day: date, grade: int | None, reason: str) -> NewRule:
    return NewRule(
        grade=grade,
        day=day,
        departure_from=parse_clock(form.departure_from.data or ""),
        dismissal=parse_clock(form.dismissal.data or ""),
        reason=reason,
    )


def _scope(database: Session, desk: Desk, form: DayForm) -> tuple[str, int | None]:
    """Return whom the day is for. Raises InputError for a grade the school does not have."""
    if desk.school is None:
        return CITY, None
    if not form.grade.data:
        return desk.school.code, None
    known = {str(grade): grade for grade in grades_at(database, desk.school.code)}
    if form.grade.data not in known:
        raise InputError("out_of_range", "grade")
    return f"{desk.school.code}/{form.grade.data}", known[form.grade.data]


def _preview(database: Session, visit: Visit, desk: Desk, form: DayForm) -> str:
    change = _change(database, visit, desk, form)
    day, (scope, _) = form.when(), _scope(database, desk, form)
    if desk.school is not None:
        shown = effects_shown(database, visit, desk.school.code, day, change, day)
    else:
        students = coverage_of(database, ClosureScope()).students
        lines = turn_lines(turns_of(database, WHOLE_CITY, day, day, change), students)
        shown = {"begins": long_date(day), "is_ahead": True, "example": "", "lines": lines}
    reason = (form.reason.data or "").strip()
    return render_template(
        "staff/setting_preview.html",
        desk=desk,
        title=f"{long_date(day)}・{scope_words(scope)}",
        what=f"{KINDS[form.kind.data][0]}{f'（{reason}）' if reason else ''}",
        fields={name: form[name].data or "" for name in FIELDS},
        button="確認登記",
        back=url_for("liff.show_new_day", school=desk.param, day=day),
        **shown,
    )


def _render_form(
    database: Session, visit: Visit, desk: Desk, form: DayForm, faults: dict[str, str]
) -> str:
    grades = grades_at(database, desk.school.code) if desk.school else {}
    kinds = [(value, *words) for value, words in KINDS.items() if desk.school or value != HALF]
    return render_template(
        "staff/new_day.html",
        desk=desk,
        form=form,
        faults=faults,
        kinds=kinds,
        grades=[(str(grade), f"{grade} 年級") for grade in grades],
        first=tomorrow(visit),
    )
