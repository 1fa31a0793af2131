"""A class today: child by child, and a word on each that was not heard of."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.answers.guardians import answers_of
from core.attendance.days import LATE_UPLOAD
from core.attendance.reports import ChildState, ChildToday, ClassToday, class_today
from core.clock import school_day_of, taipei_clock
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.gate.class_answers import ClassAnswer, ClassWord, answer_for
from core.gate.discrepancies import old_card_holders
from core.gate.readers import last_contact
from core.kinds import GuardianAnswer
from core.notices.staff_desk import staff_desk
from core.notices.staff_words import UNREACHED_WORDS, class_words
from core.notices.wording import ANSWERS, PART_WORDS
from core.people.doors import for_staff
from core.people.reach import Unreached, unreached
from core.people.tables import Staff, Student
from liff.guard import staff
from liff.present import reader_line
from liff.staff.desk import Desk, note_look, open_desk, place_of
from liff.visit import Visit, current_visit

BY_TIME = "time"
WORDS = ((ClassWord.PRESENT, "已到"), (ClassWord.LEAVE, "請假"), (ClassWord.ABSENT, "未到"))
NO_WORD = "請選擇已到、請假或未到"
# What was entered, and how it is taken back or followed up.
DONE: dict[str, tuple[str, str]] = {
    ClassWord.PRESENT: (
        "已記錄：{child} 到校 {at}（補登）。",
        "登記錯了，請在聊天輸入「更正補登」。",
    ),
    ClassWord.LEAVE: ("已登記：{child} 今天全天請假。", "登記錯了，請在聊天輸入「取消請假」。"),
    ClassWord.ABSENT: ("已記錄：{child} 還沒到校。", "看到學生時，請選「已到」。"),
}
HEARD, NOT_HEARD = "已排入家長通知。", "沒有需要通知的家長。"
REFUSED = {
    "over": "這份名單是之前打開的，沒有改變任何紀錄。以下是今天的名單。",
    "no_school_day": "今天不上課，沒有改變任何紀錄。",
    "seen": "{child} {at} 已有紀錄，不需要再登記。",
    "answered": "{child}：這件事已經處理好了，不需要再按。",
    "on_leave": "{child} 今天已請假，沒有改變任何紀錄。要改登記，請先取消請假。",
    "overlap": "{child} 今天已經請假了，要更改請先取消請假。",
    "told": "{child}：家長已經收到通知，沒有再發。",
}


@dataclass(frozen=True, slots=True)
class ChildLine:
    """A child in the class list. `cause` is a word beside the name; `mark` names the drawing."""

    student_id: UUID
    seat: str
    name: str
    cause: str
    mark: str
    text: str
    left: str


@dataclass(frozen=True, slots=True)
class Remarks:
    """What is known of the children beside their day."""

    old_cards: set[UUID]
    alone: dict[UUID, Unreached]
    answers: dict[UUID, GuardianAnswer]


@staff
def show_class(homeroom: str) -> ResponseReturnValue:
    """Show a class child by child, by seat or by time."""
    return _render(current_visit(), homeroom)


@staff
def mark_child(homeroom: str, student_id: UUID) -> ResponseReturnValue:
    """Enter what is said of a child that was not heard of, as the chat does."""
    visit = current_visit()
    try:
        with transaction(visit.house.engine) as database:
            desk = open_desk(database, visit)
            student, role = _child_of(database, desk, homeroom, student_id)
            answer = ClassAnswer(_word(), f"staff:{role.id}", _shown_at())
            is_told = answer_for(
                database, staff_desk(visit.house.settings), student, answer, visit.now
            )
    except InputError as error:
        if error.code == "no_word":
            return _render(visit, homeroom, wrong=student_id), 422
        note, is_told = error.code, False
    else:
        note = answer.word.value
    visit.house.notices_due.set()
    place: dict[str, Any] = {"homeroom": homeroom, "school": desk.param, "sort": _sort()}
    told = "1" if is_told else None
    page = url_for("liff.show_class", **place, child=student_id, note=note, told=told)
    return redirect(page, 303)


def _child_of(
    database: Session, desk: Desk, homeroom: str, student_id: UUID
) -> tuple[Student, Staff]:
    school = desk.get_school()
    student, role = for_staff(database, desk.roles).child(student_id)
    if (student.school_code, student.homeroom) != (school.code, homeroom):
        raise AccessError("no_such_child")
    return student, role


def _word() -> ClassWord:
    try:
        return ClassWord(request.form.get("answer", ""))
    except ValueError:
        raise InputError("no_word", "answer") from None


def _shown_at() -> datetime:
    """Return when the list was shown. Raises AccessError for what no form of ours carries."""
    try:
        shown_at = datetime.fromisoformat(request.form.get("shown", ""))
        if shown_at.tzinfo is None:
            raise AccessError("no_such_list")
        return shown_at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise AccessError("no_such_list") from None


def _sort() -> str | None:
    return BY_TIME if request.args.get("sort") == BY_TIME else None


def _render(visit: Visit, homeroom: str, wrong: UUID | None = None) -> str:
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        today = _today_of(database, visit, desk, homeroom)
        remarks = _remarks(database, desk.get_school().code, today, visit.now)
        contact_at = last_contact(database, desk.get_school().code)
    shown = [child.student_id for child in today.children]
    note_look(visit, desk, f"class:{desk.code}/{homeroom}", shown)
    asked, rest = _asked_and_rest(today)
    return render_template(
        "staff/class.html",
        desk=desk,
        place=place_of(visit, desk),
        title=class_words(homeroom),
        homeroom=homeroom,
        today=today,
        asked=[_line(child, remarks) for child in asked],
        children=[_line(child, remarks) for child in rest],
        words=[(word.value, said) for word, said in WORDS],
        shown=visit.now.isoformat(),
        sort=_sort(),
        reader=reader_line("校門", contact_at, visit.now),
        wrong=wrong,
        fault=NO_WORD,
        note=_note(today),
        is_good=request.args.get("note") in DONE,
    )


def _today_of(database: Session, visit: Visit, desk: Desk, homeroom: str) -> ClassToday:
    if not desk.sees(homeroom):
        raise AccessError("no_such_class")
    today = class_today(database, desk.get_school().code, homeroom, visit.now)
    if today is None:
        raise AccessError("no_such_class")
    return today


def _asked_and_rest(today: ClassToday) -> tuple[list[ChildToday], list[ChildToday]]:
    """Return whom something can be said of, and everybody else."""
    asked = today.missing if today.status.is_open else []
    rest = [child for child in today.children if child not in asked]
    return asked, sorted(rest, key=_by_time) if _sort() else rest


def _remarks(database: Session, school_code: str, today: ClassToday, now: datetime) -> Remarks:
    day = school_day_of(now)
    missing = [child.student_id for child in today.missing]
    return Remarks(
        old_card_holders(database, school_code, day),
        unreached(database, [child.student_id for child in today.children]),
        answers_of(database, missing, day),
    )


def _note(today: ClassToday) -> str:
    """Return what is said of the answer that led here."""
    note, about = request.args.get("note", ""), request.args.get("child")
    child = next((one for one in today.children if str(one.student_id) == about), None)
    if child is None:
        return ""
    said, after = DONE.get(note, (REFUSED.get(note, ""), ""))
    at = child.arrived_at or child.departed_at
    slots = {
        "child": f"{child.seat_number:02d} {child.name}",
        "at": taipei_clock(at) if at else "",
    }
    heard = HEARD if request.args.get("told") else NOT_HEARD
    return said.format(**slots) + (heard + after if after else "")


def _by_time(child: ChildToday) -> tuple[bool, str, int]:
    at = child.arrived_at or child.departed_at
    return (at is None, at.isoformat() if at else "", child.seat_number)


def _line(child: ChildToday, remarks: Remarks) -> ChildLine:
    mark, text = _mark(child)
    return ChildLine(
        child.student_id,
        f"{child.seat_number:02d}",
        child.name,
        "・".join(_causes(child, remarks)),
        mark,
        text,
        taipei_clock(child.departed_at) if child.departed_at and child.arrived_at else "",
    )


def _mark(child: ChildToday) -> tuple[str, str]:
    if child.arrived_at is not None:
        return _arrival_mark(child), taipei_clock(child.arrived_at)
    if child.departed_at is not None:
        return "departed", taipei_clock(child.departed_at)
    match child.state:
        case ChildState.LEAVE:
            return "leave", "請假"
        case ChildState.NO_CARD:
            return "off", "沒有卡片"
        case _:
            return "no-tap", "尚無紀錄"


def _arrival_mark(child: ChildToday) -> str:
    if child.arrival_is_make_up:
        return "make-up"
    return "late" if _is_late_upload(child) else "arrived"


def _is_late_upload(child: ChildToday) -> bool:
    if child.arrived_at is None or child.received_at is None or child.arrival_is_make_up:
        return False
    return child.received_at - child.arrived_at > LATE_UPLOAD


def _causes(child: ChildToday, remarks: Remarks) -> list[str]:
    alone, said = remarks.alone.get(child.student_id), remarks.answers.get(child.student_id)
    causes = {
        "補登": child.arrival_is_make_up or child.departure_is_make_up,
        "補傳": _is_late_upload(child),
        "舊卡": child.student_id in remarks.old_cards,
        "刷卡待查": child.is_in_doubt,
        f"{PART_WORDS[child.leave]}請假" if child.leave else "": child.leave is not None,
        UNREACHED_WORDS[alone] if alone else "": alone is not None,
        f"家長回覆：{ANSWERS[said]}" if said else "": said is not None,
    }
    return [word for word, holds in causes.items() if holds]
