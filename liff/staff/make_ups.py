"""補登申請: what guardians ask to be entered, answered by whoever sees the class."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.clock import school_day_of, taipei_clock
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.gate.make_up_requests import (
    WORDS,
    approve_request,
    refuse_request,
    request_of_staff,
    undo_request,
)
from core.gate.make_up_review import (
    Listed,
    has_undone,
    open_requests,
    own_answer,
    recent_answers,
)
from core.gate.tables import RequestState
from core.kinds import Direction, MakeUpReason, MakeUpRefusal
from core.languages.dates import short_date
from core.notices.record_words import record_words
from core.notices.staff_words import class_words
from core.notices.wording import MAKE_UP_REASONS, REFUSALS
from core.people.doors import for_staff
from core.people.tables import School
from liff.guard import staff
from liff.make_up_form import DIRECTIONS
from liff.present import day_and_time
from liff.staff.bindings import RELATIONSHIPS
from liff.staff.desk import Desk, note_look, open_desk
from liff.visit import Visit, current_visit

# From then on the age of a wait is amber.
LONG_WAIT = timedelta(days=2)
NOTES = {
    "approved": "已補登，會通知家長。",
    "refused": "已退回，會通知家長原因。",
    "undone": "已更正，收過通知的家長會收到說明。",
    "answered": "已有人處理。",
    "approved_before": "您已經登記了，不需要再按。",
    "refused_before": "您已經回覆不登記了，不需要再按。",
    "undone_before": "您已經更正了，不需要再按。",
    "on_leave": "這位學生當天已請假，要先取消請假才能補登。沒有改變任何紀錄。",
    "too_old": "超過 7 天，不能再補登。請退回，或改在學校的出缺席系統登記。",
}
GOOD = frozenset({"approved", "refused", "undone"})
NO_REASON = "請選擇不登記的原因"


@dataclass(frozen=True, slots=True)
class Card:
    """A request ready to be read. `age` is "" on the first day."""

    request_id: UUID
    child: str
    what: str
    why: str
    words: str
    record: str
    asked: str
    age: str
    is_long: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer of the last days; what was entered can be taken back."""

    request_id: UUID
    mark: str
    child: str
    what: str
    can_undo: bool


def waiting_for(database: Session, desk: Desk, school: School) -> list[Listed]:
    """Return what waits for this person: of the own class, or of the school."""
    return [one for one in open_requests(database, school.code) if desk.sees(one.student.homeroom)]


@staff
def show_make_ups() -> ResponseReturnValue:
    """Show what waits, longest first, and what was answered lately."""
    return _render(current_visit(), request.args.get("note", ""))


@staff
def answer_make_up(request_id: UUID) -> ResponseReturnValue:
    """Enter it, say why not, or take the entry back; the first answer counts."""
    visit = current_visit()
    try:
        with transaction(visit.house.engine) as database:
            desk = open_desk(database, visit)
            note = _answer(database, visit, desk, request_id)
    except InputError as error:
        if error.code == "no_reason":
            return _render(visit, "", wrong=request_id), 422
        note = _why_not(visit, request_id, error.code)
    visit.house.notices_due.set()
    return redirect(url_for("liff.show_make_ups", school=desk.param, note=note), 303)


def _answer(database: Session, visit: Visit, desk: Desk, request_id: UUID) -> str:
    liff_id, now = visit.house.settings.liff_id, visit.now
    _row, _student, role = request_of_staff(for_staff(database, desk.roles), request_id)
    by = f"staff:{role.id}"
    match request.form.get("answer"):
        case "approve":
            approve_request(database, liff_id, request_id, by=by, now=now)
            return "approved"
        case "refuse":
            why = _asked_reason()
            refuse_request(database, liff_id, request_id, why, by=by, now=now)
            return "refused"
        case "undo":
            undo_request(database, liff_id, request_id, by=by, now=now)
            return "undone"
    raise AccessError("no_such_answer")


def _why_not(visit: Visit, request_id: UUID, code: str) -> str:
    """Return the note; whoever answered it before reads so."""
    if code != "answered":
        return code
    with snapshot(visit.house.engine) as database:
        if request.form.get("answer") == "undo":
            return "undone_before" if has_undone(database, request_id, visit.actors) else code
        own = own_answer(database, request_id, visit.actors)
    return f"{own}_before" if own else code


def _asked_reason() -> MakeUpRefusal:
    try:
        return MakeUpRefusal(request.form.get("refusal", ""))
    except ValueError:
        raise InputError("no_reason", "refusal") from None


def _render(visit: Visit, note: str, wrong: UUID | None = None) -> str:
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        school = desk.get_school()
        waiting = waiting_for(database, desk, school)
        answers = [
            one
            for one in recent_answers(database, school.code, visit.now)
            if desk.sees(one.student.homeroom)
        ]
    if waiting or answers:
        shown = [one.student.id for one in (*waiting, *answers)]
        note_look(visit, desk, f"make_ups:{school.code}", shown)
    return render_template(
        "staff/make_ups.html",
        desk=desk,
        cards=[_card(visit, one) for one in waiting],
        answers=[_answered(one) for one in answers],
        refusals=[(why.value, words) for why, words in REFUSALS.items()],
        note=NOTES.get(note, ""),
        is_good=note in GOOD,
        wrong=wrong,
        fault=NO_REASON,
    )


def _card(visit: Visit, one: Listed) -> Card:
    asked, wait = one.request, visit.now - one.request.asked_at
    sealed = asked.words_sealed
    kin = RELATIONSHIPS.get(one.relationship, "")
    at = day_and_time(asked.asked_at, school_day_of(visit.now))
    return Card(
        asked.id,
        _child(one),
        _what(one),
        MAKE_UP_REASONS[MakeUpReason(asked.reason)],
        visit.house.vault.open(sealed, WORDS) if sealed else "",
        record_words(*one.record),
        f"{at} 家長{f'（{kin}）' if kin else ''}申請",
        f"等了 {wait.days} 天" if wait.days else "",
        wait >= LONG_WAIT,
    )


def _answered(one: Listed) -> Answered:
    asked = one.request
    is_entered = asked.state == RequestState.APPROVED and not one.is_undone
    if asked.refusal:
        mark, word = "no-tap", f"不登記：{REFUSALS[MakeUpRefusal(asked.refusal)]}"
    else:
        mark, word = ("make-up", "已補登") if is_entered else ("off", "已更正")
    return Answered(asked.id, mark, _child(one), f"{_what(one)}・{word}", is_entered)


def _child(one: Listed) -> str:
    child = one.student
    return f"{class_words(child.homeroom)} {child.seat_number:02d} {child.name}"


def _what(one: Listed) -> str:
    asked = one.request
    kind = DIRECTIONS[Direction(asked.direction)]
    return f"{short_date(asked.school_day)}{kind} {taipei_clock(asked.at)}"
