"""Invitations: a one-time code for a role within the own rank, listed and withdrawn until used."""

from dataclasses import dataclass
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.db import snapshot, transaction
from core.errors import InputError
from core.languages.dates import plain_moment
from core.people.one_time import keep_text
from core.people.staff import invite_staff
from core.people.staff_changes import (
    Invited,
    find_invite,
    open_invites,
    roles_to_give,
    withdraw_invite,
)
from liff.guard import proved_recently, staff
from liff.staff.actors import actor_words
from liff.staff.desk import Desk
from liff.staff.roles import FAULTS, asked_role, giver_of, open_people, role_options, role_words
from liff.visit import Visit, current_visit


@dataclass(frozen=True, slots=True)
class InviteLine:
    """An invitation nobody used yet: for whom, as what, by whom, until when. Never its code."""

    invite_id: UUID
    name: str
    role: str
    by: str
    until: str
    may_withdraw: bool


def open_invite_lines(database: Session, visit: Visit, desk: Desk) -> list[InviteLine]:
    """Return what nobody used yet, the latest last."""
    found = open_invites(database, visit.house.vault, desk.code, visit.now)
    return [_line(database, visit, desk, one) for one in found]


@staff
@proved_recently
def show_invite() -> ResponseReturnValue:
    """Ask who is invited as what."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_people(database, visit)
        return _render_invite(database, visit, desk, {})


@staff
@proved_recently
def send_invite() -> ResponseReturnValue:
    """Make the code, which is shown once."""
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        desk = open_people(database, visit)
        faults, role, homeroom = asked_role(database, visit, desk)
        try:
            if not faults and role is not None:
                code = invite_staff(
                    database,
                    visit.house.vault,
                    name=request.form.get("name", ""),
                    school_code=desk.code,
                    role=role,
                    homeroom=homeroom,
                    invited_by=giver_of(desk),
                    now=visit.now,
                )
                text_id = _keep(database, visit, desk, code, role_words(role, homeroom))
                return redirect(url_for("liff.ask_shown_once", text_id=text_id), 303)
        except InputError as error:
            faults = {error.field or "name": FAULTS[error.code]}
        return _render_invite(database, visit, desk, faults), 422


@staff
@proved_recently
def ask_withdraw_invite(invite_id: UUID) -> ResponseReturnValue:
    """Ask once; where it was used or has run out meanwhile, the list says so."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_people(database, visit)
        found = find_invite(database, visit.house.vault, invite_id, desk.code, visit.now)
        line = _line(database, visit, desk, found) if found else None
    if line is None:
        return _invite_over(desk)
    return render_template("staff/withdraw_invite.html", desk=desk, line=line)


@staff
@proved_recently
def send_withdraw_invite(invite_id: UUID) -> ResponseReturnValue:
    """Make the code a wrong one."""
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        desk = open_people(database, visit)
        found = find_invite(database, visit.house.vault, invite_id, desk.code, visit.now)
        is_ended = found is not None and withdraw_invite(
            database, found, desk.code, desk.roles, by=giver_of(desk), now=visit.now
        )
    if not is_ended:
        return _invite_over(desk)
    return redirect(url_for("liff.show_people", school=desk.param, note="withdrawn"), 303)


def _invite_over(desk: Desk) -> ResponseReturnValue:
    return redirect(url_for("liff.show_people", school=desk.param, note="over"), 303)


def _line(database: Session, visit: Visit, desk: Desk, invited: Invited) -> InviteLine:
    return InviteLine(
        invited.id,
        invited.name,
        role_words(invited.role, invited.homeroom),
        actor_words(database, visit.house.vault, invited.invited_by),
        plain_moment(invited.expires_at),
        invited.role in roles_to_give(desk.roles, desk.code),
    )


def _keep(database: Session, visit: Visit, desk: Desk, code: str, role: str) -> UUID:
    facts = {
        "kind": "invite",
        "code": code,
        "name": " ".join(request.form.get("name", "").split()),
        "role": role,
        "place": desk.school.short_name if desk.school else "教育局",
        "school": desk.param or "",
    }
    return keep_text(database, visit.house.vault, facts, by=giver_of(desk), now=visit.now)


def _render_invite(database: Session, visit: Visit, desk: Desk, faults: dict[str, str]) -> str:
    return render_template(
        "staff/invite.html",
        desk=desk,
        typed=request.form,
        faults=faults,
        **role_options(database, visit, desk),
    )
