"""收回變更: a change of the settings is undone before its first day begins."""

from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.calendar.changes import ChangeKind, get_change
from core.calendar.policy import GRADES
from core.calendar.scopes import CITY
from core.calendar.tables import SettingChange
from core.calendar.undoing import undo_change
from core.db import snapshot, transaction
from core.errors import InputError
from liff.guard import staff
from liff.staff.change_lines import change_line
from liff.staff.desk import Desk, open_any_desk
from liff.visit import current_visit

REFUSALS = {
    "answered": "已有人收回。",
    "begun": "這項變更已經開始，不能收回。請新增一項變更來更正。",
    "newer": "之後還有一項變更，請先收回那一項。",
}


@staff
def ask_undo(change_id: UUID) -> ResponseReturnValue:
    """Show the change once more before it is taken back."""
    return _render(change_id)


@staff
def send_undo(change_id: UUID) -> ResponseReturnValue:
    """Take the change back; of two people who press at once, one hears that it was done."""
    visit = current_visit()
    try:
        with transaction(visit.house.engine) as database:
            desk = open_any_desk(database, visit)
            change = _own(database, desk, change_id)
            undo_change(database, change.id, scopes_of(desk), by=desk.actor, now=visit.now)
    except InputError as error:
        with snapshot(visit.house.engine) as database:
            desk = open_any_desk(database, visit)
            change = _own(database, desk, change_id)
        if error.code != "answered" or change.undone_by not in visit.actors:
            return _render(change_id, REFUSALS[error.code]), 422
    return redirect(_list(desk, change, "undone"), 303)


def scopes_of(desk: Desk) -> set[str]:
    """Return whose changes are listed here: the school's and its grades', or the city's."""
    if desk.school is None:
        return {CITY}
    return {desk.school.code, *(f"{desk.school.code}/{grade}" for grade in GRADES)}


def _own(database: Session, desk: Desk, change_id: UUID) -> SettingChange:
    """Return a change this person may take back. Raises AccessError 404 and 403."""
    desk.require_watcher()
    change = get_change(database, change_id, scopes_of(desk))
    if change.kind == ChangeKind.RULE and desk.runs_school:
        return change
    desk.require_manager()
    return change


def _list(desk: Desk, change: SettingChange, note: str = "") -> str:
    is_rule = change.kind == ChangeKind.RULE and desk.runs_school
    page = "liff.show_policy" if is_rule else "liff.show_calendar"
    return url_for(page, school=desk.param, note=note or None)


def _render(change_id: UUID, fault: str = "") -> str:
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_any_desk(database, visit)
        change = _own(database, desk, change_id)
        line = change_line(database, visit, change)
    return render_template(
        "staff/undo_change.html", desk=desk, line=line, fault=fault, back=_list(desk, change)
    )
