"""名冊匯入: a file is looked through, shown, and taken over whole once somebody confirms it."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.clock import school_day_of, taipei_clock
from core.db import snapshot, transaction
from core.errors import AccessError
from core.people.names import clean_line
from core.people.tables import School, Staff
from core.roster.apart import MOST_BYTES, MOST_ROWS, read_sheet_apart
from core.roster.checks import (
    GOOD_FOR,
    drop_check,
    forget_old_checks,
    get_check,
    hold_check,
    rows_of,
    take_checked,
)
from core.roster.columns import CHINESE, OPTIONAL
from core.roster.comparing import compare, complete
from core.roster.faults import RosterError, refuse
from core.roster.rows import RosterRow, roster_of
from core.roster.tables import RosterCheck
from core.roster.words import say
from liff.guard import OUT_OF_ROLE, proved_recently, staff
from liff.numbers import whole_number
from liff.staff.desk import Desk, note_look, open_admin_desk
from liff.staff.roster_lines import A_PAGE, preview_of
from liff.visit import Visit, current_visit

# What a form with a file may hold: a little more than the file, so that the page can say it.
MOST_BODY = 2 * MOST_BYTES
# More lines than anybody reads at once; the count is told in full.
MOST_SHOWN = 60
LAST_PAGE = 9999
FORM = "liff.show_roster"


@staff
@proved_recently
def show_roster() -> ResponseReturnValue:
    """Show what to send; or what was just taken over."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk, _admin = _open(database, visit)
        if desk.school is None:
            return redirect(url_for("liff.choose_school", page="roster"), 303)
        done = _done(database, visit, desk)
    return _render_form(desk, done=done, note=request.args.get("note", ""))


@staff
@proved_recently
def send_roster() -> ResponseReturnValue:
    """Look through the file; hold it where nothing is wrong, else say all that is."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk, admin = _open(database, visit)
        school = desk.get_school()
    try:
        rows, name = _read(visit, school)
        with transaction(visit.house.engine) as database:
            check_id = _hold(database, visit, school, admin, rows, name)
    except RosterError as refused:
        with snapshot(visit.house.engine) as database:
            whole = complete(database, visit.house.vault, refused)
        return _render_form(desk, refused=whole), 422
    return redirect(url_for("liff.show_roster_check", check_id=check_id, school=desk.param), 303)


@staff
@proved_recently
def show_roster_check(check_id: UUID) -> ResponseReturnValue:
    """Show what taking the file over would do; nothing is written yet."""
    return _render_check(current_visit(), check_id)


@staff
@proved_recently
def answer_roster_check(check_id: UUID) -> ResponseReturnValue:
    """Take the file over if it still does what was seen, or forget it."""
    visit, answer = current_visit(), request.form.get("answer", "")
    if answer not in ("take", "drop"):
        raise AccessError("no_such_answer")
    try:
        with transaction(visit.house.engine) as database:
            desk, admin, check = _own_check(database, visit, check_id)
            if answer == "drop":
                drop_check(database, check)
                return redirect(url_for(FORM, note="dropped", school=desk.param), 303)
            counts = take_checked(
                database,
                visit.house.vault,
                visit.house.settings.liff_id,
                check,
                seen=request.form.get("seen", ""),
                by=f"staff:{admin.id}",
                now=visit.now,
            )
    except RosterError:
        counts = None
    if counts is None:
        return _render_check(visit, check_id, has_changed=True)
    visit.house.notices_due.set()
    return redirect(url_for(FORM, done=check_id, school=desk.param), 303)


def _open(database: Session, visit: Visit) -> tuple[Desk, Staff]:
    """Return the desk and the admin. Raises AccessError 403 for everybody else."""
    desk, admin = open_admin_desk(database, visit)
    if admin is None:
        raise AccessError(OUT_OF_ROLE, 403)
    return desk, admin


def _own_check(database: Session, visit: Visit, check_id: UUID) -> tuple[Desk, Staff, RosterCheck]:
    desk, admin = _open(database, visit)
    own = {role.id for role in visit.roles}
    return desk, admin, get_check(database, check_id, desk.get_school().code, own)


def _read(visit: Visit, school: School) -> tuple[list[RosterRow], str]:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise refuse("no_file")
    with sent.stream as stream:
        # One more than allowed tells that there is more.
        data = stream.read(MOST_BYTES + 1)
    sheet = read_sheet_apart(data, sent.filename)
    rows = roster_of(sheet, today=school_day_of(visit.now), school_code=school.code)
    return rows, clean_line(sent.filename) or "名冊"


def _hold(
    database: Session, visit: Visit, school: School, admin: Staff, rows: list[RosterRow], name: str
) -> UUID:
    forget_old_checks(database, visit.now)
    plan = compare(database, visit.house.vault, rows)
    return hold_check(
        database,
        visit.house.vault,
        rows,
        plan,
        school_code=school.code,
        staff=admin,
        file_name=name,
        now=visit.now,
    )


def _render_check(
    visit: Visit, check_id: UUID, *, has_changed: bool = False
) -> ResponseReturnValue:
    with snapshot(visit.house.engine) as database:
        desk, admin, check = _own_check(database, visit, check_id)
        school = desk.get_school()
        rows = rows_of(visit.house.vault, check, visit.now)
        # The bureau needs no child's name for it.
        is_masked = not any(role.school_code == school.code for role in visit.roles)
        try:
            preview = preview_of(
                database, visit.house.vault, school.code, rows, is_masked=is_masked
            )
        except RosterError as refused:
            return _render_form(desk, refused=refused, note="changed"), 422
    wanted = request.args.get("list", "")
    wanted = wanted if wanted in preview.lists else ""
    page = _page(len(preview.lists[wanted]) if wanted else 0)
    parts = preview.part(wanted, page)
    named = [one.student_id for lines in parts.values() for one in lines if one.student_id]
    note_look(visit, desk, f"roster:{school.code}", named)
    shown = render_template(
        "staff/roster_check.html",
        desk=desk,
        school=school,
        check=check,
        until=taipei_clock(check.expires_at),
        preview=preview,
        wanted=wanted,
        parts=parts,
        page=page,
        pages=_pages(len(preview.lists[wanted]) if wanted else 0),
        has_changed=has_changed,
    )

    return shown, 422 if has_changed else 200


def _page(size: int) -> int:
    return min(whole_number(request.args.get("page", ""), LAST_PAGE) or 1, _pages(size))


def _pages(size: int) -> int:
    return max(1, -(-size // A_PAGE))


def _done(database: Session, visit: Visit, desk: Desk) -> RosterCheck | None:
    """Return the check that was just taken over, if it is theirs."""
    try:
        check_id = UUID(request.args.get("done", ""))
    except ValueError:
        return None
    own = {role.id for role in visit.roles}
    check = get_check(database, check_id, desk.get_school().code, own)
    return check if check.taken_at is not None else None


def _render_form(
    desk: Desk,
    *,
    refused: RosterError | None = None,
    done: RosterCheck | None = None,
    note: str = "",
) -> str:
    faults = refused.faults if refused else []
    shown: dict[str, Any] = {
        "faults": [say(one) for one in faults[:MOST_SHOWN]],
        "is_file": bool(faults) and faults[0].row is None,
        "count": len(faults),
        "most": MOST_SHOWN,
    }
    return render_template(
        "staff/roster.html",
        desk=desk,
        school=desk.get_school(),
        columns=[(word, column in OPTIONAL) for column, word in CHINESE.items()],
        limits=(MOST_BYTES // 1_000_000, f"{MOST_ROWS:,}"),
        minutes=int(GOOD_FOR.total_seconds() // 60),
        done=done,
        note=note,
        **shown,
    )
