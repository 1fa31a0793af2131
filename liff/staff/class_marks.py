"""已到, 請假 and 未到 of a class, all that were chosen at once, and 復原 of what was entered."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.attendance.leaves import Filer, withdraw_leave
from core.attendance.seen import is_told_since, leave_of_staff
from core.db import transaction
from core.errors import AccessError, InputError
from core.gate.class_answers import ClassAnswer, ClassWord, Outcome, answer_class
from core.gate.make_up import make_up_of_staff, undo_make_up
from core.kinds import NoticeKind
from core.notices.staff_desk import staff_desk
from core.people.doors import for_staff
from core.people.tables import Staff, Student
from liff.guard import staff
from liff.staff.class_notes import MOVED, UNDONE_ARRIVAL, UNDONE_LEAVE, note_params
from liff.staff.class_page import Chosen, render_class, sort_asked
from liff.staff.desk import Desk, open_desk
from liff.visit import Visit, current_visit

FIELD = "answer-"


@staff
def mark_children(homeroom: str) -> ResponseReturnValue:
    """Enter what is said of children that were not heard of; nobody's word holds up another's."""
    visit, said = current_visit(), _said()
    wrong = {child for child, word in said.items() if word not in set(ClassWord)}
    if wrong or not said:
        return render_class(visit, homeroom, Chosen(said, wrong)), 422
    shown_at = _shown_at()
    with transaction(visit.house.engine) as database:
        desk = open_desk(database, visit)
        if not desk.sees(homeroom):
            raise AccessError("no_such_class")
        children = [_child_of(database, desk, homeroom, child) for child in said]
        answers = [
            (student, ClassAnswer(ClassWord(said[student.id]), f"staff:{role.id}", shown_at))
            for student, role in filter(None, children)
        ]
        notices = staff_desk(visit.house.settings)
        outcomes = answer_class(database, notices, answers, visit.now)
    moved = said.keys() - {one.student_id for one in outcomes}
    outcomes += [Outcome(child, MOVED, is_told=False) for child in moved]
    return _back_to_class(visit, desk, homeroom, outcomes)


@staff
def undo_entry(homeroom: str) -> ResponseReturnValue:
    """Take back an arrival or a leave that was entered today; the first press counts."""
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        desk = open_desk(database, visit)
        undo = _undo_arrival if "arrival" in request.form else _undo_leave
        outcome = undo(database, visit, desk, homeroom)
    return _back_to_class(visit, desk, homeroom, [outcome])


def _said() -> dict[UUID, str]:
    """Return the words by child. Raises AccessError for what no form of ours carries."""
    fields = [(name, word) for name, word in request.form.items() if name.startswith(FIELD)]
    return {_id(name.removeprefix(FIELD)): word for name, word in fields}


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise AccessError("no_such_id") from None


def _child_of(
    database: Session, desk: Desk, homeroom: str, student_id: UUID
) -> tuple[Student, Staff] | None:
    """Return the child and the role it is seen by; None where it is not in the class (any more).

    A child that moved while the list was open keeps nobody else's word back.
    """
    try:
        student, role = for_staff(database, desk.roles).child(student_id)
        _require_of_class(desk, homeroom, student)
    except AccessError:
        return None
    return student, role


def _require_of_class(desk: Desk, homeroom: str, student: Student) -> None:
    if (student.school_code, student.homeroom) != (desk.get_school().code, homeroom):
        raise AccessError("no_such_child")


def _shown_at() -> datetime:
    """Return when the list was shown. Raises AccessError for what no form of ours carries."""
    try:
        shown_at = datetime.fromisoformat(request.form.get("shown", ""))
        if shown_at.tzinfo is None:
            raise AccessError("no_such_list")
        return shown_at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise AccessError("no_such_list") from None


def _undo_arrival(database: Session, visit: Visit, desk: Desk, homeroom: str) -> Outcome:
    door = for_staff(database, desk.roles)
    student, role, tap = make_up_of_staff(door, _id(request.form["arrival"]))
    _require_of_class(desk, homeroom, student)
    try:
        undo_make_up(
            database,
            visit.house.settings.liff_id,
            tap_id=tap.id,
            recorded_by=f"staff:{role.id}",
            reason="",
            now=visit.now,
        )
    except InputError as error:
        return Outcome(student.id, error.code, is_told=False)
    return _undone(database, visit, student, UNDONE_ARRIVAL, NoticeKind.MAKE_UP_UNDONE)


def _undo_leave(database: Session, visit: Visit, desk: Desk, homeroom: str) -> Outcome:
    door = for_staff(database, desk.roles)
    student, role, leave = leave_of_staff(door, _id(request.form.get("leave", "")))
    _require_of_class(desk, homeroom, student)
    filer, liff_id = Filer(f"staff:{role.id}"), visit.house.settings.liff_id
    try:
        withdraw_leave(database, liff_id, leave_id=leave.id, filer=filer, now=visit.now)
    except InputError as error:
        return Outcome(student.id, error.code, is_told=False)
    return _undone(database, visit, student, UNDONE_LEAVE, NoticeKind.LEAVE_CANCELLED)


def _undone(
    database: Session, visit: Visit, student: Student, said: str, kind: NoticeKind
) -> Outcome:
    return Outcome(student.id, said, is_told_since(database, student.id, visit.now, (kind,)))


def _back_to_class(
    visit: Visit, desk: Desk, homeroom: str, outcomes: list[Outcome]
) -> ResponseReturnValue:
    visit.house.notices_due.set()
    notes = note_params(outcomes, visit.now)
    place: dict[str, Any] = {"school": desk.param, "sort": sort_asked(), **notes}
    return redirect(url_for("liff.show_class", homeroom=homeroom, **place), 303)
