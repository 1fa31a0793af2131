"""Who may give, change and end which role: never one above the own, never the last manager.

All functions join the caller's transaction. A role that is changed ends, and another begins: who
was what until when stays.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from core.audit import record_audit
from core.crypto import Vault
from core.errors import AccessError, InputError
from core.people.sessions import end_all_sessions
from core.people.staff import (
    NAME,
    can_manage_school,
    check_place,
    revoke_staff,
    roles_of,
)
from core.people.tables import Staff, StaffInvite, StaffRole

# From the lowest to the highest.
RANKS = (
    StaffRole.HOMEROOM_TEACHER,
    StaffRole.CASHIER,
    StaffRole.OFFICER,
    StaffRole.SCHOOL_ADMIN,
    StaffRole.BUREAU_ADMIN,
)


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation nobody has used yet; `invited_by` is the actor as records name it."""

    id: UUID
    name: str
    role: StaffRole
    homeroom: str | None
    invited_by: str
    expires_at: datetime


def roles_to_give(givers: Iterable[Staff], school_code: str | None) -> list[StaffRole]:
    """Return the roles somebody may give at the school (None: the bureau), lowest first."""
    tops = [_rank(one.role) for one in givers if can_manage_school(one, school_code)]
    if not tops:
        return []
    of_place = RANKS[:-1] if school_code is not None else RANKS[-1:]
    return [role for role in of_place if _rank(role) <= max(tops)]


def get_member(session: Session, staff_id: UUID, school_code: str | None) -> Staff:
    """Return a live role of the school (None: the bureau). Raises AccessError 404."""
    statement = select(Staff).where(
        Staff.id == staff_id, Staff.school_code == school_code, col(Staff.revoked_at).is_(None)
    )
    found = session.exec(statement.execution_options(populate_existing=True)).first()
    if found is None:
        raise AccessError("no_such_staff")
    return found


def end_role(
    session: Session, staff_id: UUID, givers: Sequence[Staff], *, by: str, now: datetime
) -> Staff:
    """End a role at once, with its open invitations and the person's sessions; return it.

    Raises AccessError 404 where there is none, 403 for a role above the own; InputError last_admin.
    """
    ended = session.get(Staff, staff_id)
    if ended is None:
        raise AccessError("no_such_staff")
    _require_reach(givers, ended)
    _require_another_manager(session, ended)
    revoke_staff(session, staff_id, by=by, now=now)
    session.execute(
        update(StaffInvite)
        .where(col(StaffInvite.invited_by) == f"staff:{staff_id}", *_is_unused(now))
        .values(expires_at=now)
        .execution_options(synchronize_session=False)
    )
    end_all_sessions(session, ended.line_user_id, now)
    return ended


def change_role(
    session: Session,
    staff_id: UUID,
    givers: Sequence[Staff],
    *,
    role: StaffRole,
    homeroom: str | None,
    by: str,
    now: datetime,
) -> Staff:
    """Give a member another role or class of the same school in place of this one; return it.

    Raises as end_role does, and InputError: same (they are that already), wrong_place.
    """
    former = session.get(Staff, staff_id)
    if former is None or former.revoked_at is not None:
        raise AccessError("no_such_staff")
    if role not in roles_to_give(givers, former.school_code):
        raise AccessError("above", 403)
    check_place(session, former.school_code, role, homeroom)
    asked = (former.school_code, role, homeroom)
    held = roles_of(session, former.line_user_id)
    if any((one.school_code, one.role, one.homeroom) == asked for one in held):
        raise InputError("same", "role")
    end_role(session, staff_id, givers, by=by, now=now)
    fresh = Staff(
        line_user_id=former.line_user_id,
        name_sealed=former.name_sealed,
        school_code=former.school_code,
        role=role,
        homeroom=homeroom,
        enrolled_at=now,
    )
    session.add(fresh)
    session.flush()
    subject = f"staff:{fresh.id}"
    record_audit(session, actor=by, action="staff.change", subject=subject, now=now)
    return fresh


def open_invites(
    session: Session, vault: Vault, school_code: str | None, now: datetime
) -> list[Invited]:
    """Return the school's invitations that can still be used, the latest last."""
    statement = select(StaffInvite).where(StaffInvite.school_code == school_code, *_is_unused(now))
    return [_invited(vault, one) for one in session.exec(statement.order_by("invited_at"))]


def find_invite(
    session: Session, vault: Vault, invite_id: UUID, school_code: str | None, now: datetime
) -> Invited | None:
    """Return one of the school's invitations, None where it can't be used any more.

    Raises AccessError 404 for another school's, and for one that never was.
    """
    found = session.exec(select(StaffInvite).where(StaffInvite.id == invite_id)).first()
    if found is None or found.school_code != school_code:
        raise AccessError("no_such_invite")
    is_open = found.used_at is None and found.expires_at > now
    return _invited(vault, found) if is_open else None


def withdraw_invite(
    session: Session,
    invited: Invited,
    school_code: str | None,
    givers: Sequence[Staff],
    *,
    by: str,
    now: datetime,
) -> bool:
    """Make an invitation's code a wrong one at once; tell whether nobody had used it before.

    Raises AccessError 403 for a role above the own.
    """
    if invited.role not in roles_to_give(givers, school_code):
        raise AccessError("above", 403)
    # One statement, as enrolling is: of the two that come at once, one finds it open.
    ended = session.execute(
        update(StaffInvite)
        .where(col(StaffInvite.id) == invited.id, *_is_unused(now))
        .values(expires_at=now)
        .returning(col(StaffInvite.id))
        .execution_options(synchronize_session=False)
    ).first()
    if ended is None:
        return False
    place = f"{invited.role}:{school_code or 'bureau'}"
    record_audit(session, actor=by, action="staff.uninvite", subject=place, now=now)
    return True


def _is_unused(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(StaffInvite.used_at).is_(None), col(StaffInvite.expires_at) > now


def _invited(vault: Vault, row: StaffInvite) -> Invited:
    name = vault.open(row.name_sealed, NAME)
    role = StaffRole(row.role)
    return Invited(row.id, name, role, row.homeroom, row.invited_by, row.expires_at)


def _rank(role: str) -> int:
    return RANKS.index(StaffRole(role))


def _require_reach(givers: Sequence[Staff], member: Staff) -> None:
    if StaffRole(member.role) not in roles_to_give(givers, member.school_code):
        raise AccessError("above", 403)


def _require_another_manager(session: Session, member: Staff) -> None:
    """Hold the managers of the place, so that of two who end each other one stays."""
    if StaffRole(member.role) not in (StaffRole.SCHOOL_ADMIN, StaffRole.BUREAU_ADMIN):
        return
    managers = session.exec(
        select(Staff.id)
        .where(
            Staff.school_code == member.school_code,
            Staff.role == member.role,
            col(Staff.revoked_at).is_(None),
        )
        .order_by(col(Staff.id))
        .with_for_update()
    ).all()
    if list(managers) == [member.id]:
        raise InputError("last_admin")
