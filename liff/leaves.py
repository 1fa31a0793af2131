"""請假: a guardian files a leave for a child, sees what is filed, and withdraws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.attendance.leaves import (
    AHEAD,
    Filer,
    check_days,
    file_leave,
    leave_closes_at,
    open_leaves,
    withdraw_leave,
)
from core.attendance.seen import leave_of_guardian
from core.attendance.tables import Leave, LeaveReason
from core.calendar.school_days import day_statuses
from core.clock import school_day_of, taipei_clock
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.kinds import DayPart
from core.languages.speech import _
from core.people.bindings import BoundChild
from core.people.doors import for_guardian
from liff.guard import linked
from liff.leave_check import check_of
from liff.leave_form import (
    LeaveForm,
    extent_words,
    fault_words,
    part_options,
    reason_options,
)
from liff.present import Phone, phone_link
from liff.visit import Visit, current_visit

# How far back and ahead the list goes.
LOOK_BACK = timedelta(days=30)
LOOK_AHEAD = AHEAD * 2
A_FORTNIGHT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class _Choice:
    """A child to file for, with the moment today's filing closes."""

    child: BoundChild
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class LeaveLine:
    """A leave as the list shows it; `note` says who else filed it or why it stands."""

    leave_id: UUID
    name: str
    extent: str
    note: str
    is_open: bool


@linked
def show_new_leave() -> ResponseReturnValue:
    """Show the form, ready for one child and the next day that can still be asked for."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        choices = _choices(database, visit)
        chosen = _chosen(choices, request.args.get("binding_id", ""))
        form = LeaveForm(formdata=None)
        if chosen is not None:
            wanted = request.args.get("first_day") or _next_day(database, chosen, visit.now)
            form.first_day.data = form.last_day.data = wanted
    form.part.data = DayPart.WHOLE.value
    return _render(visit, form, choices, chosen)


@linked
def send_leave() -> ResponseReturnValue:
    """Show what would be filed; sent from there, file it or go back to change it.

    What is wrong is shown in the form, whenever it shows.
    """
    visit, form = current_visit(), LeaveForm()
    if not form.validate():
        return _refuse(visit, form, form.faults)
    try:
        if "edit" in request.form:
            return _change(visit, form)
        return _send(visit, form) if "sure" in request.form else _check(visit, form)
    except InputError as error:
        return _refuse(visit, form, {}, error)


@linked
def show_leaves() -> ResponseReturnValue:
    """List what is filed for the guardian's children."""
    return _render_list(current_visit(), request.args.get("note", ""))


@linked
def show_withdraw(leave_id: UUID) -> ResponseReturnValue:
    """Ask once before a leave is withdrawn."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        child, leave = _own_leave(database, visit, leave_id)
    return render_template(
        "withdraw_leave.html", child=child.given_name, extent=_extent(leave, short=True)
    )


@linked
def withdraw(leave_id: UUID) -> ResponseReturnValue:
    """Withdraw the leave, as long as its days are still open."""
    visit = current_visit()
    try:
        with transaction(visit.house.engine) as database:
            _own_leave(database, visit, leave_id)
            withdraw_leave(
                database,
                visit.house.settings.liff_id,
                leave_id=leave_id,
                filer=_filer(visit),
                now=visit.now,
            )
    except InputError as error:
        return _render_list(visit, error.code), 422
    visit.house.notices_due.set()
    return redirect(url_for("liff.show_leaves", note="withdrawn"), 303)


def _check(visit: Visit, form: LeaveForm) -> str:
    """Return the page that shows the leave once more. Raises what a filing of the days would."""
    with snapshot(visit.house.engine) as database:
        child = _asked_child(database, visit)
        check_days(database, child.student_id, form.days(), _filer(visit), visit.now)
        check = check_of(database, visit, child, form)
    return render_template("leave_check.html", check=check)


def _change(visit: Visit, form: LeaveForm) -> str:
    """Return the form as it was filled in."""
    with snapshot(visit.house.engine) as database:
        choices = _choices(database, visit)
    return _render(visit, form, choices, _chosen(choices, request.form.get("binding_id", "")))


def _send(visit: Visit, form: LeaveForm) -> ResponseReturnValue:
    with transaction(visit.house.engine) as database:
        _file(database, visit, _asked_child(database, visit), form)
    visit.house.notices_due.set()
    return redirect(url_for("liff.show_leaves", note="filed"), 303)


def _refuse(
    visit: Visit, form: LeaveForm, faults: dict[str, str], refusal: InputError | None = None
) -> ResponseReturnValue:
    """Return the form with what is wrong: in its fields, and by the rules of the days."""
    with snapshot(visit.house.engine) as database:
        choices = _choices(database, visit)
        chosen = _chosen(choices, request.form.get("binding_id", ""))
        refusal = refusal or _days_refused(database, visit, form, chosen)
        taken = _taken(database, form, chosen) if refusal and refusal.code == "overlap" else ""
    if refusal is not None:
        closes_at = taipei_clock(chosen.closes_at) if chosen else ""
        faults = {refusal.field or "first_day": fault_words(refusal.code, closes_at)} | faults
    return _render(visit, form, choices, chosen, faults, taken), 422


def _days_refused(
    database: Session, visit: Visit, form: LeaveForm, chosen: _Choice | None
) -> InputError | None:
    """Return what the rules say of the days while something else is wrong as well."""
    if chosen is None or form.first_day.errors or form.last_day.errors:
        return None
    try:
        check_days(database, chosen.child.student_id, form.days(), _filer(visit), visit.now)
    except InputError as error:
        return error
    return None


def _taken(database: Session, form: LeaveForm, chosen: _Choice | None) -> str:
    """Return where the leave stands that holds the days already."""
    found = open_leaves(database, chosen.child.student_id, *form.days()) if chosen else []
    return url_for("liff.show_leaves", _anchor=f"leave-{found[0].id}") if found else ""


def _asked_child(database: Session, visit: Visit) -> BoundChild:
    """Return the child asked for. Raises AccessError 404 for somebody else's."""
    try:
        binding_id = UUID(request.form.get("binding_id", ""))
    except ValueError:
        raise AccessError("no_such_child") from None
    return for_guardian(database, visit.get_guardian().id).child(binding_id)


def _filer(visit: Visit) -> Filer:
    guardian_id = visit.get_guardian().id
    return Filer(f"guardian:{guardian_id}", guardian_id)


def _file(database: Session, visit: Visit, child: BoundChild, form: LeaveForm) -> None:
    first_day, last_day = form.days()
    file_leave(
        database,
        visit.house.settings.liff_id,
        student_id=child.student_id,
        first_day=first_day,
        last_day=last_day,
        part=DayPart(form.part.data),
        reason=LeaveReason(form.reason.data),
        filer=_filer(visit),
        now=visit.now,
    )


def _choices(database: Session, visit: Visit) -> list[_Choice]:
    today = school_day_of(visit.now)
    return [
        _Choice(child, leave_closes_at(database, child.student_id, today))
        for child in for_guardian(database, visit.get_guardian().id).children()
    ]


def _chosen(choices: Sequence[_Choice], binding_id: str) -> _Choice | None:
    first = choices[0] if choices else None
    return next((one for one in choices if str(one.child.binding_id) == binding_id), first)


def _next_day(database: Session, choice: _Choice, now: datetime) -> str:
    """Return the next school day that can still be asked for, as a date field wants it."""
    today = school_day_of(now)
    key = (choice.child.school_code, choice.child.grade)
    days = day_statuses(database, [key], today, today + A_FORTNIGHT)[key]
    is_late = now >= choice.closes_at
    open_days = (day for day, status in days.items() if status.is_open)
    return str(next((day for day in open_days if day > today or not is_late), today))


def _render(
    visit: Visit,
    form: LeaveForm,
    choices: Sequence[_Choice],
    chosen: _Choice | None,
    faults: dict[str, str] | None = None,
    taken: str = "",
) -> str:
    closed = chosen if chosen and visit.now >= chosen.closes_at else None
    at = taipei_clock(chosen.closes_at) if chosen else ""
    return render_template(
        "new_leave.html",
        form=form,
        faults=faults or {},
        taken=taken,
        children=[_option(choice, visit.now) for choice in choices],
        chosen=str(chosen.child.binding_id) if chosen else "",
        closed_at=at if closed else "",
        school_phone=_phone(closed.child) if closed else None,
        parts=part_options(),
        reasons=reason_options(),
        first=school_day_of(visit.now),
        last=school_day_of(visit.now) + AHEAD,
    )


def _option(choice: _Choice, now: datetime) -> tuple[str, str, str]:
    child, at = choice.child, taipei_clock(choice.closes_at)
    is_over = now >= choice.closes_at
    today = _("今天 {time} 已截止", time=at) if is_over else _("今天受理到 {time}", time=at)
    return str(child.binding_id), child.given_name, today


def _phone(child: BoundChild) -> Phone | None:
    return phone_link(child.school_phone) if child.school_phone else None


def _render_list(visit: Visit, note: str) -> str:
    today = school_day_of(visit.now)
    with snapshot(visit.house.engine) as database:
        choices = _choices(database, visit)
        rows = [
            (choice, leave)
            for choice in choices
            for leave in open_leaves(
                database, choice.child.student_id, today - LOOK_BACK, today + LOOK_AHEAD
            )
        ]
    rows.sort(key=lambda row: row[1].last_day, reverse=True)
    lines = [_line(visit, choice, leave) for choice, leave in rows]
    return render_template("leaves.html", lines=lines, has_children=bool(choices), note=note)


def _line(visit: Visit, choice: _Choice, leave: Leave) -> LeaveLine:
    today = school_day_of(visit.now)
    is_ahead = leave.last_day > today
    is_open = is_ahead or (leave.last_day == today and visit.now < choice.closes_at)
    is_guardians = leave.filed_by.startswith("guardian:")
    return LeaveLine(
        leave.id,
        choice.child.given_name,
        _extent(leave),
        _who(visit, leave),
        is_open and is_guardians,
    )


def _who(visit: Visit, leave: Leave) -> str:
    if leave.filed_by == _filer(visit).actor:
        return ""
    is_guardians = leave.filed_by.startswith("guardian:")
    return _("另一位家長請的假") if is_guardians else _("學校登記")


def _own_leave(database: Session, visit: Visit, leave_id: UUID) -> tuple[BoundChild, Leave]:
    """Return the leave and its child. Raises AccessError 404 for every other guardian's."""
    return leave_of_guardian(for_guardian(database, visit.get_guardian().id), leave_id)


def _extent(leave: Leave, *, short: bool = False) -> str:
    return extent_words(leave.first_day, leave.last_day, DayPart(leave.part), short=short)
