"""A class today: child by child, and a form for those that were not heard of."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.answers.guardians import answers_of
from core.attendance.days import LATE_UPLOAD
from core.attendance.reports import (
    ChildState,
    ChildToday,
    ClassToday,
    class_today,
    early_grades,
)
from core.clock import school_day_of, taipei_clock
from core.db import snapshot
from core.errors import AccessError
from core.gate.class_answers import ClassWord, Entries, entries_of
from core.gate.discrepancies import old_card_holders
from core.gate.readers import last_contact
from core.kinds import GuardianAnswer
from core.notices.staff_words import UNREACHED_WORDS, class_words
from core.notices.wording import ANSWERS, PART_WORDS
from core.people.reach import Unreached, unreached
from liff.guard import staff
from liff.present import reader_line
from liff.staff.class_notes import notes_of
from liff.staff.desk import Desk, note_look, open_desk, place_of
from liff.visit import Visit, current_visit

BY_TIME = "time"
WORDS = ((ClassWord.PRESENT, "已到"), (ClassWord.LEAVE, "請假"), (ClassWord.ABSENT, "未到"))
NO_WORD = "請選擇已到、請假或未到"
NOTHING_CHOSEN = "請先替學生選擇已到、請假或未到"


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
class EntryLine:
    """What staff entered of a child today; `kind` and `entry_id` say what 復原 is about."""

    child: ChildLine
    kind: str
    entry_id: UUID
    what: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The words that were sent, by child, and the children whose word is none. None: no form."""

    words: Mapping[UUID, str] | None = None
    wrong: Collection[UUID] = ()


@dataclass(frozen=True, slots=True)
class Remarks:
    """What is known of the children beside their day."""

    old_cards: set[UUID]
    alone: dict[UUID, Unreached]
    answers: dict[UUID, GuardianAnswer]
    entries: Entries


@staff
def show_class(homeroom: str) -> ResponseReturnValue:
    """Show a class child by child, by seat or by time."""
    return render_class(current_visit(), homeroom, Chosen())


def render_class(visit: Visit, homeroom: str, chosen: Chosen) -> str:
    """Return the page with what was chosen, and what is wrong with it."""
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        today = _today_of(database, visit, desk, homeroom)
        remarks = _remarks(database, desk.get_school().code, today, visit.now)
        contact_at = last_contact(database, desk.get_school().code)
        early = early_grades(database, desk.get_school().code, [today.grade], visit.now)
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
        is_early=today.grade in early,
        asked=[_line(child, remarks) for child in asked],
        children=[_line(child, remarks) for child in rest],
        entered=_entered(today, remarks),
        words=[(word.value, said) for word, said in WORDS],
        shown=visit.now.isoformat(),
        sort=sort_asked(),
        reader=reader_line("校門", contact_at, visit.now),
        chosen=chosen,
        fault=NO_WORD if chosen.wrong else NOTHING_CHOSEN,
        notes=notes_of(today, visit.now),
    )


def sort_asked() -> str | None:
    """Return the order that is asked for; None is by seat."""
    return BY_TIME if request.args.get("sort") == BY_TIME else None


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
    return asked, sorted(rest, key=_by_time) if sort_asked() else rest


def _remarks(database: Session, school_code: str, today: ClassToday, now: datetime) -> Remarks:
    day = school_day_of(now)
    children = [child.student_id for child in today.children]
    missing = [child.student_id for child in today.missing]
    return Remarks(
        old_card_holders(database, school_code, day),
        unreached(database, children),
        answers_of(database, missing, day),
        entries_of(database, children, day),
    )


def _entered(today: ClassToday, remarks: Remarks) -> list[EntryLine]:
    """Return what was entered of the children today and can be taken back, by seat."""
    arrivals, leaves = remarks.entries.arrivals, remarks.entries.leaves
    lines = []
    for child in today.children:
        line = _line(child, remarks)
        if (entry := arrivals.get(child.student_id)) is not None:
            what = f"補登到校 {taipei_clock(entry.at)}"
            lines.append(EntryLine(line, "arrival", entry.tap_id, what))
        if (leave_id := leaves.get(child.student_id)) is not None:
            lines.append(EntryLine(line, "leave", leave_id, "請假（學校登記）"))
    return lines


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
