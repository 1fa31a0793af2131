"""學校人員: who is what; invite, change, end, within the own rank."""

from dataclasses import dataclass
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.clock import school_day_of
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.languages.dates import plain_date
from core.people.bindings import children_of
from core.people.guardians import find_guardian
from core.people.staff import all_staff, staff_at, staff_name
from core.people.staff_changes import (
    RANKS,
    change_role,
    end_role,
    get_member,
    roles_to_give,
)
from core.people.tables import Staff, StaffRole
from liff.guard import proved_recently, staff
from liff.staff.desk import Desk
from liff.staff.invites import open_invite_lines
from liff.staff.roles import FAULTS, asked_role, giver_of, open_people, role_options, role_words
from liff.visit import Visit, current_visit


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A role of a person, as the list shows it."""

    staff_id: UUID
    name: str
    role: str
    since: str
    is_own: bool
    may_change: bool


@staff
def show_people() -> ResponseReturnValue:
    """List who has which role, and the invitations nobody used yet."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_people(database, visit)
        members = [_line(visit, desk, one) for one in _members(database, desk)]
        invited = open_invite_lines(database, visit, desk)
    return render_template(
        "staff/people.html",
        desk=desk,
        members=members,
        invited=invited,
        note=request.args.get("note", ""),
    )


@staff
@proved_recently
def ask_change(staff_id: UUID) -> ResponseReturnValue:
    """Ask for the new role or class."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_people(database, visit)
        return _render_change(database, visit, desk, staff_id, {})


@staff
@proved_recently
def send_change(staff_id: UUID) -> ResponseReturnValue:
    """Give the role or class in place of the present one; open sessions end."""
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        desk = open_people(database, visit)
        member = get_member(database, staff_id, desk.code)
        faults, role, homeroom = asked_role(database, visit, desk)
        try:
            if not faults and role is not None:
                change_role(
                    database,
                    staff_id,
                    desk.roles,
                    role=role,
                    homeroom=homeroom,
                    by=giver_of(desk),
                    now=visit.now,
                )
        except InputError as error:
            faults = {error.field or "role": FAULTS[error.code]}
        if faults:
            return _render_change(database, visit, desk, staff_id, faults), 422
    _refresh_menu(visit, member.line_user_id)
    return redirect(url_for("liff.show_people", school=desk.param, note="changed"), 303)


@staff
@proved_recently
def ask_revoke(staff_id: UUID) -> ResponseReturnValue:
    """Ask once, saying what follows."""
    return _render_revoke(staff_id)


@staff
@proved_recently
def send_revoke(staff_id: UUID) -> ResponseReturnValue:
    """End the role; sessions and menu end at once."""
    visit = current_visit()
    try:
        with transaction(visit.house.engine) as database:
            desk = open_people(database, visit)
            get_member(database, staff_id, desk.code)
            ended = end_role(database, staff_id, desk.roles, by=giver_of(desk), now=visit.now)
    except InputError as error:
        return _render_revoke(staff_id, FAULTS[error.code]), 422
    _refresh_menu(visit, ended.line_user_id)
    return redirect(url_for("liff.show_people", school=desk.param, note="revoked"), 303)


def _members(database: Session, desk: Desk) -> list[Staff]:
    """Return who works here, the highest role first, teachers by class."""
    code = desk.code
    found = all_staff(database, code) if code else staff_at(database, None, set(StaffRole))
    return sorted(found, key=lambda one: (-RANKS.index(StaffRole(one.role)), one.homeroom or ""))


def _refresh_menu(visit: Visit, line_user_id: str) -> None:
    """Show the person the menu of what is left of them: a parent's, or a newcomer's."""
    with snapshot(visit.house.engine) as database:
        guardian = find_guardian(database, line_user_id)
        is_bound = guardian is not None and bool(children_of(database, guardian.id))
    visit.on_link(line_user_id, is_bound)


def _line(visit: Visit, desk: Desk, member: Staff) -> MemberLine:
    role = StaffRole(member.role)
    own = visit.get_session().line_user_id
    return MemberLine(
        member.id,
        staff_name(visit.house.vault, member),
        role_words(role, member.homeroom),
        f"{plain_date(school_day_of(member.enrolled_at))} 登錄",
        member.line_user_id == own,
        role in roles_to_give(desk.roles, member.school_code),
    )


def _render_change(
    database: Session, visit: Visit, desk: Desk, staff_id: UUID, faults: dict[str, str]
) -> str:
    member = _reachable(database, desk, staff_id)
    typed = request.form or {"role": member.role, "homeroom": member.homeroom or ""}
    return render_template(
        "staff/change_role.html",
        desk=desk,
        line=_line(visit, desk, member),
        typed=typed,
        faults=faults,
        **role_options(database, visit, desk),
    )


def _render_revoke(staff_id: UUID, fault: str = "") -> str:
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_people(database, visit)
        line = _line(visit, desk, _reachable(database, desk, staff_id))
    return render_template("staff/revoke_role.html", desk=desk, line=line, fault=fault)


def _reachable(database: Session, desk: Desk, staff_id: UUID) -> Staff:
    """Return a member whose role is not above the own. Raises AccessError 404 and 403."""
    member = get_member(database, staff_id, desk.code)
    if StaffRole(member.role) not in roles_to_give(desk.roles, member.school_code):
        raise AccessError("above", 403)
    return member
