"""看綁定: who is bound to a child, and what the school does about it. Every act has a reason."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.attendance.day_record import lock_days
from core.binding import measures
from core.binding.bars import Barred
from core.binding.closed import is_closed, open_child
from core.binding.measures import (
    Act,
    BoundGuardian,
    barred_elsewhere,
    clean_reason,
    guardians_of,
    measures_of,
)
from core.binding.tables import Measure, MeasureKind
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.languages.dates import long_date, long_day_and_clock
from core.notices.partings import part_by_school
from core.notices.staff_words import class_words
from core.notices.stops import cancel_no_shows
from core.people.doors import for_staff
from core.people.tables import EnrollmentStatus, Student
from liff.guard import proved_recently, staff
from liff.staff.desk import Desk, note_look, open_desk
from liff.visit import Visit, current_visit

SEALED = "sealed"
RELATIONSHIPS = {"mother": "母", "father": "父", "legal_guardian": "監護人", "other": "其他"}
PROOFS = {
    "five_facts": "以五項資料核對",
    "code": "用綁定碼",
    "carry_over": "沿用",
    "canary": "監測",
}
FAULTS = {
    "no_reason": "請填原因",
    "too_long": f"原因最多 {measures.MAX_REASON} 個字",
    "answered": "這件事已經處理好了，不需要再按。",
    "too_late": "超過 7 天，不能復原，請家長重新綁定。",
    "not_possible": "目前不能這樣做：學生已封存、家長已限制，或已重新綁定。",
}
DONE = {
    MeasureKind.SEAL: "已封存。不能新增綁定，也查不到這位學生。請逐一檢視下面的綁定。",
    MeasureKind.UNSEAL: "已解除封存。",
    MeasureKind.UNBIND: "已解除綁定，該家長立即收不到通知。7 天內可以復原。",
    MeasureKind.REBIND: "已復原綁定。",
    MeasureKind.BAR: "已限制，這位家長不能綁定這位學生。其他家長不會知道。",
    MeasureKind.LIFT: "已取消限制，這位家長可以重新綁定。",
    "open": "已開放，今天可以再核對 10 次。",
}
KIND_WORDS = {
    MeasureKind.SEAL: "封存",
    MeasureKind.UNSEAL: "解除封存",
    MeasureKind.UNBIND: "解除綁定",
    MeasureKind.REBIND: "復原綁定",
    MeasureKind.BAR: "限制",
    MeasureKind.LIFT: "取消限制",
}


@dataclass(frozen=True, slots=True)
class GuardianLine:
    """A guardian as staff read it; `state` is open, undo or barred."""

    binding_id: UUID | None
    guardian_id: UUID
    name: str
    what: str
    state: str


@staff
@proved_recently
def show_bindings(student_id: UUID) -> ResponseReturnValue:
    """Show who is bound; teachers may look, who runs the school may act."""
    return _render(current_visit(), student_id)


@staff
@proved_recently
def act_on_bindings(student_id: UUID) -> ResponseReturnValue:
    """Do one thing about the child's bindings; the first of two answers counts."""
    visit = current_visit()
    what = request.form.get("what", "")
    try:
        with transaction(visit.house.engine) as database:
            desk = open_desk(database, visit)
            desk.require_runner()
            student = _own_child(database, desk, student_id)
            _do(database, visit, desk, student, what)
    except InputError as error:
        return _render(visit, student_id, FAULTS[error.code]), 422
    visit.house.notices_due.set()
    page = url_for("liff.show_bindings", student_id=student_id, school=desk.param, note=what)
    return redirect(page, 303)


def _do(database: Session, visit: Visit, desk: Desk, student: Student, what: str) -> None:
    vault, now = visit.house.vault, visit.now
    if what == "open":
        open_child(database, vault, student, by=desk.actor, now=now)
        return
    if what not in ACTS:
        raise AccessError("no_such_act")
    act = Act(by=desk.actor, reason=clean_reason(request.form.get("reason", "")), now=now)
    ACTS[MeasureKind(what)](database, visit, student, act)


def _seal(database: Session, visit: Visit, student: Student, act: Act) -> None:
    today = school_day_of(act.now)
    # Before the child's own row, as taps take them.
    lock_days(database, {(student.id, today)})
    cancel_no_shows(database, [student.id], today, act.now, SEALED)
    measures.seal(database, visit.house.vault, student, act)


def _unseal(database: Session, visit: Visit, student: Student, act: Act) -> None:
    measures.unseal(database, visit.house.vault, student, act)


def _end(database: Session, visit: Visit, student: Student, act: Act) -> None:
    vault, binding_id = visit.house.vault, _id("binding_id")
    binding = measures.end_binding(database, vault, student.id, binding_id, act)
    part_by_school(database, visit.house.settings, binding, act.now)


def _undo(database: Session, visit: Visit, student: Student, act: Act) -> None:
    measures.undo_end(database, visit.house.vault, student, _id("binding_id"), act)


def _bar(database: Session, visit: Visit, student: Student, act: Act) -> None:
    vault, guardian_id = visit.house.vault, _id("guardian_id")
    known = {one.binding.guardian_id for one in guardians_of(database, vault, student.id, act.now)}
    if guardian_id not in known:
        raise AccessError("no_such_guardian")
    binding = measures.keep_away(database, vault, student.id, guardian_id, act)
    if binding is not None:
        part_by_school(database, visit.house.settings, binding, act.now)


def _lift(database: Session, visit: Visit, student: Student, act: Act) -> None:
    measures.let_near(database, visit.house.vault, student.id, _id("guardian_id"), act)


ACTS: dict[str, Callable[[Session, Visit, Student, Act], None]] = {
    MeasureKind.SEAL: _seal,
    MeasureKind.UNSEAL: _unseal,
    MeasureKind.UNBIND: _end,
    MeasureKind.REBIND: _undo,
    MeasureKind.BAR: _bar,
    MeasureKind.LIFT: _lift,
}


def _id(name: str) -> UUID:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError:
        raise AccessError("no_such_id") from None


def _own_child(database: Session, desk: Desk, student_id: UUID) -> Student:
    student, _ = for_staff(database, current_visit().roles).child(student_id)
    is_here = student.school_code == desk.get_school().code
    is_enrolled = student.status == EnrollmentStatus.ENROLLED
    # A sealed child is nobody's to look up but theirs who sealed it.
    may_know = desk.runs_school or not student.is_sealed
    if not (is_here and is_enrolled and may_know):
        raise AccessError("no_such_child")
    return student


def _render(visit: Visit, student_id: UUID, fault: str = "") -> str:
    house = visit.house
    with snapshot(house.engine) as database:
        desk = open_desk(database, visit)
        student = _own_child(database, desk, student_id)
        found = guardians_of(database, house.vault, student.id, visit.now)
        away = barred_elsewhere(database, house.vault, student)
        is_shut = is_closed(database, house.vault, student, visit.now)
        taken = measures_of(database, house.vault, student.id) if desk.runs_school else []
    note_look(visit, desk, f"student:{student.id}", [student.id])
    return render_template(
        "staff/bindings.html",
        desk=desk,
        student=student,
        place=_place(student),
        guardians=[*(_line(one) for one in found), *(_away(one) for one in away)],
        is_shut=is_shut,
        taken=[_taken(*one) for one in taken],
        fault=fault,
        done=DONE.get(request.args.get("note", ""), ""),
    )


def _place(student: Student) -> str:
    seat = f"{student.seat_number:02d} 號"
    return f"{class_words(student.homeroom)}・{seat}・{student.student_number}"


def _line(one: BoundGuardian) -> GuardianLine:
    binding = one.binding
    parts = [
        RELATIONSHIPS.get(binding.relationship, "其他"),
        f"{long_date(school_day_of(binding.bound_at))}綁定",
        PROOFS.get(binding.proven_by, binding.proven_by),
    ]
    state = "barred" if one.is_barred else "undo" if one.can_undo else "open"
    return GuardianLine(binding.id, binding.guardian_id, one.name, "・".join(parts), state)


def _away(one: Barred) -> GuardianLine:
    """Return somebody who never was bound to this row of the child, or deleted the account."""
    what = f"{long_date(school_day_of(one.barred_at))}限制"
    return GuardianLine(None, one.guardian_id, one.name or "已刪除帳號的家長", what, "barred")


def _taken(measure: Measure, reason: str) -> tuple[str, str]:
    at = long_day_and_clock(measure.taken_at)
    return f"{KIND_WORDS[MeasureKind(measure.kind)]}：{reason}", at
