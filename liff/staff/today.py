"""今日: a school and a class in numbers, and child by child."""

from dataclasses import dataclass
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.announcements.standing import count_waiting
from core.attendance.days import LATE_UPLOAD
from core.attendance.reports import (
    ChildState,
    ChildToday,
    ClassCount,
    class_today,
    school_today,
    total_of,
)
from core.binding.requests import open_requests
from core.clock import school_day_of, taipei_clock
from core.db import snapshot
from core.errors import AccessError
from core.gate.discrepancies import old_card_holders
from core.gate.readers import last_contact
from core.languages.dates import long_day_and_clock
from core.notices.staff_words import ROLE_WORDS, UNREACHED_WORDS, class_words
from core.notices.wording import PART_WORDS
from core.people.reach import Unreached, unreached
from core.people.staff import staff_name
from core.people.tables import StaffRole
from liff.guard import staff
from liff.present import reader_line
from liff.staff.announcement_form import audience_options
from liff.staff.closures import closures_to_confirm
from liff.staff.desk import Desk, note_look, open_desk
from liff.staff.held import held_runs
from liff.staff.make_ups import waiting_for
from liff.staff.sms.access import open_order_desk, sms_words
from liff.visit import Visit, current_visit


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


@staff
def show_desk() -> ResponseReturnValue:
    """Show today in numbers, and what this person may do."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        classes = _own_classes(database, visit, desk)
        held = held_runs(database, desk.get_school(), visit.now) if desk.runs_school else []
        announces = bool(audience_options(database, desk))
        to_confirm = count_waiting(database, desk.roles, visit.now)
        make_ups = waiting_for(database, desk, desk.school) if desk.school else []
        bindings = open_requests(database, [desk.get_school().code]) if desk.runs_school else []
        closures = closures_to_confirm(database, visit, desk)
        sms = sms_words(database, open_order_desk(database, visit)) if desk.school else ""
    return render_template(
        "staff/desk.html",
        desk=desk,
        place=_place(visit, desk),
        person=_person(visit, desk),
        classes=[(class_words(one.homeroom), one) for one in classes],
        total=total_of(classes),
        held=sum(run.held for run in held),
        announces=announces,
        to_confirm=to_confirm,
        make_ups=len(make_ups),
        bindings=len(bindings),
        closures=closures,
        sms=sms,
    )


@staff
def show_class(homeroom: str) -> ResponseReturnValue:
    """Show a class child by child, by seat or by time."""
    visit = current_visit()
    is_by_time = request.args.get("sort") == "time"
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        if not desk.sees(homeroom):
            raise AccessError("no_such_class")
        school = desk.get_school()
        today = class_today(database, school.code, homeroom, visit.now)
        if today is None:
            raise AccessError("no_such_class")
        old_cards = old_card_holders(database, school.code, school_day_of(visit.now))
        alone = unreached(database, [child.student_id for child in today.children])
        reader = reader_line("校門", last_contact(database, school.code), visit.now)
    shown = [child.student_id for child in today.children]
    note_look(visit, desk, f"class:{school.code}/{homeroom}", shown)
    lines = {
        child.student_id: _line(
            child, is_old=child.student_id in old_cards, alone=alone.get(child.student_id)
        )
        for child in (sorted(today.children, key=_by_time) if is_by_time else today.children)
    }
    return render_template(
        "staff/class.html",
        desk=desk,
        place=_place(visit, desk),
        title=class_words(homeroom),
        homeroom=homeroom,
        today=today,
        missing=[lines[child.student_id] for child in today.missing],
        children=list(lines.values()),
        is_by_time=is_by_time,
        reader=reader,
    )


def _own_classes(database: Session, visit: Visit, desk: Desk) -> list[ClassCount]:
    if desk.school is None:
        return []
    classes = school_today(database, desk.school.code, visit.now)
    return [one for one in classes if desk.sees(one.homeroom)]


def _place(visit: Visit, desk: Desk) -> str:
    place = desk.school.short_name if desk.school else "教育局"
    return f"{place}・{long_day_and_clock(visit.now)}"


def _person(visit: Visit, desk: Desk) -> str:
    words = dict.fromkeys(ROLE_WORDS[StaffRole(role.role)] for role in desk.roles)
    return f"{'、'.join(words)} {staff_name(visit.house.vault, desk.roles[0])}"


def _by_time(child: ChildToday) -> tuple[bool, str, int]:
    at = child.arrived_at or child.departed_at
    return (at is None, at.isoformat() if at else "", child.seat_number)


def _line(child: ChildToday, *, is_old: bool, alone: Unreached | None) -> ChildLine:
    mark, text = _mark(child)
    return ChildLine(
        child.student_id,
        f"{child.seat_number:02d}",
        child.name,
        "・".join(_causes(child, is_old=is_old, alone=alone)),
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


def _causes(child: ChildToday, *, is_old: bool, alone: Unreached | None) -> list[str]:
    causes = {
        "補登": child.arrival_is_make_up or child.departure_is_make_up,
        "補傳": _is_late_upload(child),
        "舊卡": is_old,
        "刷卡待查": child.is_in_doubt,
        f"{PART_WORDS[child.leave]}請假" if child.leave else "": child.leave is not None,
        UNREACHED_WORDS[alone] if alone else "": alone is not None,
    }
    return [word for word, holds in causes.items() if holds]
