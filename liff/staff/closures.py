"""停課: proposed by one person, confirmed by a second, undone the same way."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.attendance.closing import close_day, reopen_day
from core.audit import did_last
from core.calendar.closures import (
    GOOD_FOR,
    ClosureState,
    adopt_find,
    decline_closure,
    decline_undo,
    get_closure,
    list_closures,
    propose_undo,
    state_of,
    summary_of,
    waits_for_another,
)
from core.calendar.school_days import NO_GRADE, scope_of
from core.calendar.scopes import Place, coverage_of
from core.calendar.tables import Closure
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.notices.staff_alarms import tell_closure_answered, tell_closure_asked
from core.notices.staff_words import alone_words
from core.notices.wording import short_moment
from core.people.names import masked_name
from core.people.staff import other_closers, staff_name
from core.people.tables import School, Staff
from liff.guard import OUT_OF_ROLE, proved_recently, staff
from liff.staff.desk import Desk, open_desk
from liff.visit import Visit, current_visit

Step = Callable[[Session, UUID, str, datetime], Closure]
STATES = {
    ClosureState.FOUND: ("held", "還沒採用"),
    ClosureState.PROPOSED: ("held", "等第二人確認"),
    ClosureState.LAPSED: ("off", "逾時未確認"),
    ClosureState.DECLINED: ("off", "已退回"),
    ClosureState.CONFIRMED: ("leave", "停課已生效"),
    ClosureState.UNDO_PROPOSED: ("held", "等第二人確認復原"),
    ClosureState.UNDONE: ("off", "已復原"),
}
STEPS: dict[str, Step] = {
    "adopt": adopt_find,
    "decline": decline_closure,
    "confirm": close_day,
    "undo": propose_undo,
    "confirm_undo": reopen_day,
    "keep": decline_undo,
}
ASKS = ("adopt", "undo")
# What each leaves in the records.
ACTS = {
    "adopt": "closure.adopt",
    "decline": "closure.decline",
    "confirm": "closure.confirm",
    "undo": "closure.propose_undo",
    "confirm_undo": "closure.undo",
    "keep": "closure.decline_undo",
}
OF_UNDOING = ("undo", "confirm_undo", "keep")
CONFIRMS = ("confirm", "confirm_undo")
REFUSALS = {
    "own_confirm": "發起人不能自己確認，請另一位有權限的人確認。",
    "expired": "逾時未確認，沒有執行。",
    "answered": "已有人處理。",
    "already_closed": "這個範圍當天已經停課。",
    "already_proposed": "已經有人發起，等第二人確認。",
    "past": "日期已經過了，沒有執行。",
    "not_confirmed": "這項停課還沒生效，不能復原。",
    "not_proposed": "請先建立停課，再由第二人確認。",
}

UNDOING = (ClosureState.UNDO_PROPOSED, ClosureState.UNDONE)


@dataclass(frozen=True, slots=True)
class ClosureLine:
    """A closure as it is read. `proposer` is empty for a machine's find.

    `undo_asker` is empty unless its undoing waits, or is done.
    """

    closure_id: UUID
    summary: str
    state: ClosureState
    mark: str
    word: str
    source: str
    proposer: str
    undo_asker: str
    found_in: str


@staff
def list_day_closures() -> ResponseReturnValue:
    """List the closures from today on that concern this desk."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        if not desk.closes:
            raise AccessError(OUT_OF_ROLE, 403)
        closures = list_closures(database, school_day_of(visit.now))
        lines = [_line(database, visit, one) for one in closures if _concerns(one, desk.school)]
    return render_template("staff/closures.html", desk=desk, lines=lines)


@staff
@proved_recently
def show_closure(closure_id: UUID) -> ResponseReturnValue:
    """Show one closure, and what can be answered now."""
    return _render(current_visit(), closure_id, request.args.get("note", ""))


@staff
@proved_recently
def answer_closure(closure_id: UUID) -> ResponseReturnValue:
    """Take the asked step; of two people who press at once, one hears that it is answered."""
    visit, answer = current_visit(), request.form.get("answer", "")
    if answer not in STEPS:
        raise AccessError("no_such_answer")
    try:
        with transaction(visit.house.engine) as database:
            desk = open_desk(database, visit)
            closure = _reachable(database, desk, closure_id)
            closer = require_closer(desk, closure.school_code)
            was_found = state_of(closure, visit.now) is ClosureState.FOUND
            closure = STEPS[answer](database, closure_id, f"staff:{closer.id}", visit.now)
            if not (was_found and answer == "decline"):
                tell_others(database, visit, closure, closer, answer)
    except InputError as error:
        if not _is_repeated(visit, closure_id, answer):
            return _render(visit, closure_id, fault=REFUSALS[error.code]), 422
    visit.house.notices_due.set()
    page = url_for("liff.show_closure", closure_id=closure_id, school=desk.param, note=answer)
    return redirect(page, 303)


def _is_repeated(visit: Visit, closure_id: UUID, answer: str) -> bool:
    """Tell whether this very person took this very step last: the reply was lost."""
    with snapshot(visit.house.engine) as database:
        return did_last(database, visit.actors, ACTS[answer], f"closure:{closure_id}")


def require_closer(desk: Desk, school_code: str | None) -> Staff:
    """Return the role that acts. Raises AccessError 403 for whoever may not close that."""
    closer = desk.closer(school_code)
    if closer is None:
        raise AccessError(OUT_OF_ROLE, 403)
    return closer


def tell_others(
    database: Session, visit: Visit, closure: Closure, closer: Staff, answer: str
) -> None:
    """Ask or tell the others who may close it; joins the transaction."""
    others = other_closers(database, closure.school_code, closer.line_user_id)
    name = masked_name(staff_name(visit.house.vault, closer))
    summary, is_undo = summary_of(database, closure), answer in OF_UNDOING
    if answer in ASKS:
        tell_closure_asked(
            database,
            closure.id,
            others,
            summary=summary,
            asked_by_name=name,
            is_undo=is_undo,
            now=visit.now,
        )
        return
    tell_closure_answered(
        database,
        closure.id,
        others,
        summary=summary,
        answered_by_name=name,
        is_confirmed=answer in CONFIRMS,
        is_undo=is_undo,
        now=visit.now,
    )


def _render(visit: Visit, closure_id: UUID, note: str = "", fault: str = "") -> str:
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        closure = _reachable(database, desk, closure_id)
        line = _line(database, visit, closure)
        coverage = coverage_of(database, scope_of(closure))
        asker = closure.undo_proposed_by or closure.proposed_by
        may_answer = desk.closer(closure.school_code) is not None
        is_own = asker in visit.actors
        is_asked = line.state in (ClosureState.PROPOSED, ClosureState.UNDO_PROPOSED)
        alone = _alone(database, visit, closure.school_code) if is_own and is_asked else ""
    return render_template(
        "staff/closure.html",
        desk=desk,
        line=line,
        coverage=coverage,
        may_answer=may_answer,
        is_own=is_own,
        alone=alone,
        minutes=int(GOOD_FOR.total_seconds() // 60),
        note=note,
        fault=fault,
    )


def _alone(database: Session, visit: Visit, school_code: str | None) -> str:
    """Return what to know where nobody else may confirm; nothing where somebody may."""
    if other_closers(database, school_code, visit.roles[0].line_user_id):
        return ""
    return "".join(alone_words(visit.roles, school_code, visit.house.settings.hotline))


def _reachable(database: Session, desk: Desk, closure_id: UUID) -> Closure:
    """Return a closure that concerns this desk. Raises AccessError 404 for others."""
    closure = get_closure(database, closure_id)
    if not desk.closes or not _concerns(closure, desk.school):
        raise AccessError("no_such_closure")
    return closure


def closures_to_confirm(database: Session, visit: Visit, desk: Desk) -> int:
    """Return how many closures, or undoings, wait for this person as the second one."""
    return sum(
        waits_for_another(one, visit.actors, visit.now) and desk.closer(one.school_code) is not None
        for one in (list_closures(database, school_day_of(visit.now)) if desk.closes else [])
        if _concerns(one, desk.school)
    )


def _concerns(closure: Closure, school: School | None) -> bool:
    if school is None:
        return True
    place = Place(school.code, closure.grade or NO_GRADE, school.district, school.level)
    return scope_of(closure).covers(place)


def _line(database: Session, visit: Visit, closure: Closure) -> ClosureLine:
    state = state_of(closure, visit.now)
    mark, word = STATES[state]
    return ClosureLine(
        closure.id,
        summary_of(database, closure),
        state,
        mark,
        word,
        f"{closure.source} {short_moment(closure.source_at)} 公布",
        _name(database, visit, closure.proposed_by),
        _name(database, visit, closure.undo_proposed_by) if state in UNDOING else "",
        closure.found_in or "",
    )


def _name(database: Session, visit: Visit, actor: str | None) -> str:
    if actor is None or not actor.startswith("staff:"):
        return ""
    person = database.get(Staff, UUID(actor.removeprefix("staff:")))
    return staff_name(visit.house.vault, person) if person else ""
