"""What is said at the top of a class's page of the words that led there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import request

from core.attendance.reports import ChildToday, ClassToday
from core.clock import school_day_of, taipei_clock
from core.gate.class_answers import ClassWord, Outcome
from core.notices.staff_words import NOBODY_HEARS

UNDONE_ARRIVAL, UNDONE_LEAVE, MOVED = "arrival_undone", "leave_undone", "moved"
HEARD, DAY = "_heard", "on"
DONE: dict[str, str] = {
    ClassWord.PRESENT: "{child} 到校 {at}（補登）。",
    ClassWord.LEAVE: "{child} 今天全天請假。",
    ClassWord.ABSENT: "{child} 還沒到校。",
}
UNDONE = {
    UNDONE_ARRIVAL: "{child} 的到校補登。",
    UNDONE_LEAVE: "{child} 今天的請假。",
}
IS_HEARD, IS_NOT_HEARD = "已排入家長通知。", "沒有需要通知的家長。"
REFUSED = {
    "over": "這份名單是之前打開的，沒有改變任何紀錄。以下是今天的名單。",
    "no_school_day": "今天不上課，沒有改變任何紀錄。",
    "left": "有學生已不在學，沒有登記，也沒有通知家長。",
    MOVED: "有學生已不在這一班，沒有登記，也沒有通知家長，請轉告新班級的導師。",
    "seen": "{child} {at} 已有紀錄，不需要再登記。",
    "answered": "{child}：這件事已經處理好了，不需要再按。",
    "on_leave": "{child} 今天已請假。要改登記，請在聊天輸入「取消請假 {place} 今天」。",
    "overlap": "{child} 今天已經請假了。要更改，請在聊天輸入「取消請假 {place} 今天」。",
    "told": "{child}：家長已經收到通知，沒有再發。",
    "nobody_told": f"{{child}}：{NOBODY_HEARS}",
}
# Of all of them at once, or of somebody not in the list: no number of children stands above.
OF_ALL = ("over", "no_school_day", "left", MOVED)
WATCH_FOR = "看到還沒到校的學生時，請選「已到」。"


@dataclass(frozen=True, slots=True)
class Note:
    """A banner: whether it is good news, its title (none where a line says all), and its lines."""

    is_good: bool
    title: str
    lines: Sequence[str]


def note_params(outcomes: Sequence[Outcome], now: datetime) -> dict[str, str]:
    """Return what an address carries of the outcomes: the children of each by its code, the day."""
    found: dict[str, list[str]] = {}
    for one in outcomes:
        found.setdefault(one.said + (HEARD if one.is_told else ""), []).append(one.student_id.hex)
    notes = {code: ".".join(children) for code, children in found.items()}
    return notes | {DAY: school_day_of(now).isoformat()}


def notes_of(today: ClassToday, now: datetime) -> list[Note]:
    """Return what the address says of the class's children: entered, taken back, refused.

    A page that is opened again on another day says nothing of what was done then.
    """
    if request.args.get(DAY) != school_day_of(now).isoformat():
        return []
    done, undone = _lines(today, DONE), _lines(today, UNDONE)
    refused = _lines(today, {code: REFUSED[code] for code in REFUSED if code not in OF_ALL})
    of_all = [REFUSED[code] for code in OF_ALL if _children_of(code)]
    watch = [WATCH_FOR] if _said_of(today, ClassWord.ABSENT) else []
    notes = (
        Note(True, f"已登記 {len(done)} 位", [*done, *watch]),
        Note(True, "已復原", undone),
        Note(False, f"沒有登記 {len(refused)} 位", refused),
        Note(False, "", of_all),
    )
    return [note for note in notes if note.lines]


def _lines(today: ClassToday, sentences: dict[str, str]) -> list[str]:
    homeroom = today.homeroom.removesuffix("班")
    lines = [
        (child.seat_number, sentence.format(**_slots(child, homeroom)) + _heard(code, is_heard))
        for code, sentence in sentences.items()
        for child, is_heard in _said_of(today, code)
    ]
    return [line for _, line in sorted(lines)]


def _said_of(today: ClassToday, code: str) -> list[tuple[ChildToday, bool]]:
    """Return the children the address names with this code, and whether guardians hear."""
    heard, unheard = _children_of(code + HEARD), _children_of(code)
    return [
        (child, child.student_id in heard)
        for child in today.children
        if child.student_id in heard | unheard
    ]


def _children_of(code: str) -> set[UUID]:
    try:
        return {UUID(hex=one) for one in request.args.get(code, "").split(".") if one}
    except ValueError:
        return set()


def _heard(code: str, is_heard: bool) -> str:
    if code in REFUSED:
        return ""
    if is_heard:
        return IS_HEARD
    return NOBODY_HEARS if code == ClassWord.ABSENT else IS_NOT_HEARD


def _slots(child: ChildToday, homeroom: str) -> dict[str, str]:
    at = child.arrived_at or child.departed_at
    return {
        "child": f"{child.seat_number:02d} {child.name}",
        "place": f"{homeroom} {child.seat_number}",
        "at": taipei_clock(at) if at else "",
    }
