"""綁定審核 and the school's two switches about bindings."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.binding.requests import (
    approve,
    asking_guardian,
    decline,
    open_requests,
    own_answer,
    school_of_request,
)
from core.binding.rules import Rules, rules_of, save_rules
from core.binding.tables import BindingRequest
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.languages.dates import long_day_and_clock
from core.notices.answers import tell_approved, tell_declined
from core.notices.staff_words import class_words
from core.people.guardians import guardian_name
from core.people.tables import Student
from liff.guard import staff
from liff.staff.bindings import PROOFS, RELATIONSHIPS
from liff.staff.desk import note_look, open_desk
from liff.visit import Visit, current_visit

NOTES = {
    "approved": "已核准，會通知家長。",
    "declined": "已退回，會通知家長。",
    "answered": "已有人處理。",
    "approved_before": "您已經核准了，不需要再按。",
    "declined_before": "您已經退回了，不需要再按。",
    "not_possible": "目前不能核准：學生已封存、不在學，或家長已限制。",
    "saved": "已儲存，立即生效。",
}


@staff
def show_requests() -> ResponseReturnValue:
    """Show who waits, longest first, and the switches."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        school = desk.require_runner()
        waiting = open_requests(database, [school.code])
        cards = [_card(database, visit, *one) for one in waiting]
        rules = rules_of(database, school.code)
    if cards:
        children = [request.student_id for request, *_ in waiting]
        note_look(visit, desk, f"requests:{school.code}", children)
    note = NOTES.get(request.args.get("note", ""), "")
    return render_template("staff/requests.html", desk=desk, cards=cards, rules=rules, note=note)


@staff
def answer_request(request_id: UUID) -> ResponseReturnValue:
    """Approve, or send away; the first answer counts."""
    visit = current_visit()
    is_approved = request.form.get("answer") == "approve"
    note = "approved" if is_approved else "declined"
    try:
        with transaction(visit.house.engine) as database:
            desk = open_desk(database, visit)
            school = desk.require_runner()
            _require_own(database, request_id, school.code)
            _answer(database, visit, request_id, desk.actor, is_approved=is_approved)
    except InputError as error:
        note = _why_not(visit, request_id, error.code)
    visit.house.notices_due.set()
    return redirect(url_for("liff.show_requests", school=desk.param, note=note), 303)


@staff
def save_switches() -> ResponseReturnValue:
    """Turn the school's switches; the change is audited."""
    visit = current_visit()
    wanted = Rules("needs_approval" in request.form, "code_vouches" in request.form)
    with transaction(visit.house.engine) as database:
        desk = open_desk(database, visit)
        school = desk.require_runner()
        save_rules(database, school.code, wanted, by=desk.actor, now=visit.now)
    return redirect(url_for("liff.show_requests", school=desk.param, note="saved"), 303)


def _answer(
    database: Session, visit: Visit, request_id: UUID, by: str, *, is_approved: bool
) -> None:
    settings, now = visit.house.settings, visit.now
    if is_approved:
        asked, binding_id = approve(database, visit.house.vault, request_id, by=by, now=now)
        tell_approved(database, settings, asked, binding_id, now)
    else:
        tell_declined(database, decline(database, request_id, by=by, now=now), now)


def _why_not(visit: Visit, request_id: UUID, code: str) -> str:
    """Return the note; whoever answered it before reads so."""
    with snapshot(visit.house.engine) as database:
        own = own_answer(database, request_id, visit.actors)
    if code != "answered" or own is None:
        return code
    return "approved_before" if own else "declined_before"


def _require_own(database: Session, request_id: UUID, school_code: str) -> None:
    if school_of_request(database, request_id) != school_code:
        raise AccessError("no_such_request")


def _card(
    database: Session, visit: Visit, asked: BindingRequest, student: Student
) -> dict[str, object]:
    days = (visit.now - asked.asked_at).days
    at = long_day_and_clock(asked.asked_at)
    return {
        "id": asked.id,
        "student_id": student.id,
        "child": f"{class_words(student.homeroom)} {student.seat_number:02d} {student.name}",
        "guardian": guardian_name(visit.house.vault, asking_guardian(database, asked)),
        "what": "・".join(
            (RELATIONSHIPS.get(asked.relationship, "其他"), PROOFS.get(asked.proven_by, ""), at)
        ),
        "age": f"等了 {days} 天" if days else "",
    }
