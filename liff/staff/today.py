"""今日: a school in numbers, class by class, and what may be done there."""

from collections.abc import Sequence

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.announcements.standing import count_waiting
from core.attendance.reports import (
    ClassCount,
    early_grades,
    school_today,
    total_of,
)
from core.binding.requests import open_requests
from core.db import snapshot
from core.notices.staff_words import ROLE_WORDS, class_words
from core.people.staff import staff_name
from core.people.tables import StaffRole
from liff.guard import staff
from liff.staff.announcement_form import audience_options
from liff.staff.closures import closures_to_confirm
from liff.staff.desk import Desk, open_desk, place_of
from liff.staff.held import held_runs
from liff.staff.make_ups import waiting_for
from liff.staff.sms.access import open_order_desk, sms_words
from liff.visit import Visit, current_visit


@staff
def show_desk() -> ResponseReturnValue:
    """Show today in numbers, and what this person may do."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        classes = _own_classes(database, visit, desk)
        early = _early(database, visit, desk, classes)
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
        place=place_of(visit, desk),
        person=_person(visit, desk),
        classes=[(class_words(one.homeroom), one) for one in classes],
        total=total_of(classes),
        early=early,
        is_early=all(one.grade in early for one in classes if one.status.is_open),
        held=sum(run.held for run in held),
        announces=announces,
        to_confirm=to_confirm,
        make_ups=len(make_ups),
        bindings=len(bindings),
        closures=closures,
        sms=sms,
    )


def _own_classes(database: Session, visit: Visit, desk: Desk) -> list[ClassCount]:
    if desk.school is None:
        return []
    classes = school_today(database, desk.school.code, visit.now)
    return [one for one in classes if desk.sees(one.homeroom)]


def _early(database: Session, visit: Visit, desk: Desk, classes: Sequence[ClassCount]) -> set[int]:
    """Return the grades of which nobody is late yet."""
    if desk.school is None:
        return set()
    return early_grades(database, desk.school.code, {one.grade for one in classes}, visit.now)


def _person(visit: Visit, desk: Desk) -> str:
    words = dict.fromkeys(ROLE_WORDS[StaffRole(role.role)] for role in desk.roles)
    return f"{'、'.join(words)} {staff_name(visit.house.vault, desk.roles[0])}"
