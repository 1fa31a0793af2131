"""綁定碼: fresh codes for a class or a child, printed once in a browser that can print."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

import segno
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.attendance.reports import school_today
from core.binding.codes import class_to_invite, issue_codes, shown_code
from core.binding.rules import rules_of
from core.binding.sheets import Sheet, find_sheet, keep_sheet, show_sheet
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.errors import AccessError
from core.languages.dates import long_date
from core.notices.staff_words import class_words
from core.people.doors import for_staff
from core.people.staff import can_see_class
from core.people.tables import EnrollmentStatus, School, Staff, Student
from liff.guard import open_to_all, proved_recently, staff
from liff.staff.code_link import open_link, seal_link
from liff.staff.desk import Desk, open_desk
from liff.visit import Visit, current_visit

QR_SCALE = 4


@dataclass(frozen=True, slots=True)
class PrintedSlip:
    """A slip as it is printed; `picture` is the QR code as a data address."""

    seat: str
    name: str
    code: str
    picture: str


@staff
@proved_recently
def show_codes() -> ResponseReturnValue:
    """Show the classes codes can be made for, and the sheet that waits to be printed."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        homerooms = _homerooms(database, visit, desk)
        waiting = _waiting(database, visit, desk)
    return render_template(
        "staff/codes.html",
        desk=desk,
        homerooms=[(one, class_words(one)) for one in homerooms],
        chosen=request.args.get("homeroom", ""),
        waiting=waiting,
        faults={},
        is_over="sheet" in request.args and not waiting,
    )


@staff
@proved_recently
def send_codes() -> ResponseReturnValue:
    """Make fresh codes for a class, or for one child; earlier ones are void from now on."""
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        desk = open_desk(database, visit)
        school = desk.get_school()
        students, title, role = _asked(database, desk, school)
        by = f"staff:{role.id}"
        slips = issue_codes(database, visit.house.vault, students, by=by, now=visit.now)
        sheet_id = keep_sheet(
            database,
            visit.house.vault,
            slips,
            school_code=school.code,
            title=title,
            by=by,
            now=visit.now,
        )
    return redirect(url_for("liff.show_codes", school=desk.param, sheet=sheet_id), 303)


def _asked(database: Session, desk: Desk, school: School) -> tuple[Sequence[Student], str, Staff]:
    """Return whom codes are for, and the role they are seen by: the sheet ends with that one.

    Raises AccessError 404 for what is not theirs, or empty.
    """
    student_id = request.form.get("student_id", "")
    if student_id:
        student, role = _own_student(database, school, student_id)
        title = f"{class_words(student.homeroom)} {student.seat_number:02d} 號"
        return [student], title, role
    homeroom = request.form.get("homeroom", "")
    seen_by = for_staff(database, desk.roles).role_for_class(school.code, homeroom)
    students = class_to_invite(database, school.code, homeroom)
    if seen_by is None or not students:
        raise AccessError("no_such_class")
    return students, class_words(homeroom), seen_by


def _own_student(database: Session, school: School, text: str) -> tuple[Student, Staff]:
    try:
        student_id = UUID(text)
    except ValueError:
        raise AccessError("no_such_child") from None
    student, role = for_staff(database, current_visit().roles).child(student_id)
    is_here = student.school_code == school.code
    is_enrolled = student.status == EnrollmentStatus.ENROLLED
    if not (is_here and is_enrolled and not student.is_sealed):
        raise AccessError("no_such_child")
    return student, role


@open_to_all
def ask_sheet(token: str) -> ResponseReturnValue:
    """Say what is about to be shown once; nothing is spent by looking at a link."""
    visit = current_visit()
    link = open_link(visit.house.settings, token)
    with snapshot(visit.house.engine) as database:
        row = find_sheet(database, link.sheet_id, visit.now)
        asker = database.get(Staff, link.staff_id)
        if row is None or asker is None or not _still_may(asker, row.school_code):
            raise AccessError("codes_over", 410)
        title = row.title
    return render_template("staff/sheet_ask.html", title=title)


@open_to_all
def print_sheet(token: str) -> ResponseReturnValue:
    """Show the slips, once."""
    visit = current_visit()
    link = open_link(visit.house.settings, token)
    with transaction(visit.house.engine) as database:
        asker = database.get(Staff, link.staff_id)
        sheet = show_sheet(database, visit.house.vault, link.sheet_id, visit.now)
        if sheet is None or asker is None or not _still_may(asker, sheet.school_code):
            raise AccessError("codes_over", 410)
        school = database.get_one(School, sheet.school_code)
        vouches = rules_of(database, school.code).code_vouches
    return render_template(
        "staff/sheet.html",
        school=school,
        sheet=sheet,
        until=long_date(school_day_of(sheet.expires_at)),
        slips=[_printed(visit, slip) for slip in _slips(sheet)],
        needs_gold=not vouches,
    )


def _slips(sheet: Sheet) -> list[tuple[int, str, str]]:
    return [(slip.seat_number, slip.name, slip.code) for slip in sheet.slips]


def _printed(visit: Visit, slip: tuple[int, str, str]) -> PrintedSlip:
    seat, name, code = slip
    query = urlencode({"binding_code": code})
    link = f"https://liff.line.me/{visit.house.settings.liff_id}/children/new?{query}"
    picture = segno.make(link, error="m").svg_data_uri(scale=QR_SCALE, border=2)
    return PrintedSlip(f"{seat:02d}", name, shown_code(code), picture)


def sheet_address(visit: Visit, staff_id: UUID, sheet_id: UUID) -> str:
    """Return the address that shows a sheet; LINE opens it in a browser that can print."""
    token = seal_link(visit.house.settings, staff_id, sheet_id)
    path = url_for("liff.ask_sheet", token=token, openExternalBrowser=1)
    return f"{visit.house.settings.base_url.rstrip('/')}{path}"


def _still_may(asker: Staff, school_code: str) -> bool:
    return can_see_class(asker, school_code, asker.homeroom or "")


def _homerooms(database: Session, visit: Visit, desk: Desk) -> list[str]:
    school = desk.get_school()
    found = [one.homeroom for one in school_today(database, school.code, visit.now)]
    own = [homeroom for homeroom in found if desk.sees(homeroom)]
    if not own:
        raise AccessError("no_such_class")
    return own


def _waiting(database: Session, visit: Visit, desk: Desk) -> dict[str, str]:
    try:
        sheet_id = UUID(request.args.get("sheet", ""))
    except ValueError:
        return {}
    row = find_sheet(database, sheet_id, visit.now)
    own = {f"staff:{role.id}": role for role in desk.roles}
    if row is None or row.issued_by not in own:
        return {}
    return {"title": row.title, "link": sheet_address(visit, own[row.issued_by].id, sheet_id)}
