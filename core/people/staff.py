"""Staff: who they are by one-time code, and what their role lets them see and do."""

import secrets
import unicodedata
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from core.audit import record_audit
from core.crypto import Vault
from core.errors import AccessError, InputError
from core.people.names import clean_name
from core.people.tables import School, Staff, StaffInvite, StaffRole

NAME = "staff.name"
CODE = "staff_invite.code"
# Without the signs that are mistaken for each other when read aloud or copied from paper.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8
GOOD_FOR = timedelta(hours=24)
# Who runs a school's gate: held no-shows, readers, exports, closures of the own school.
RUNNERS = frozenset({StaffRole.OFFICER, StaffRole.SCHOOL_ADMIN})


def invite_staff(
    session: Session,
    vault: Vault,
    *,
    name: str,
    school_code: str | None,
    role: StaffRole,
    homeroom: str | None,
    invited_by: str,
    now: datetime,
) -> str:
    """Return a code such as K7Q4-M2XP that makes whoever enters it staff: once, within 24 hours.

    Raises InputError when name, school or homeroom do not fit the role. Joins the caller's
    transaction.
    """
    _check(session, school_code, role, homeroom)
    cleaned = clean_name(name)
    if cleaned is None:
        raise InputError("bad_name", "name")
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    invite = StaffInvite(
        code_index=vault.index(code, CODE),
        name_sealed=vault.seal(cleaned, NAME),
        school_code=school_code,
        role=role,
        homeroom=homeroom,
        invited_by=invited_by,
        invited_at=now,
        expires_at=now + GOOD_FOR,
    )
    session.add(invite)
    place = f"{role}:{school_code or 'bureau'}"
    record_audit(session, actor=invited_by, action="staff.invite", subject=place, now=now)
    session.flush()
    return f"{code[:4]}-{code[4:]}"


def _check(
    session: Session, school_code: str | None, role: StaffRole, homeroom: str | None
) -> None:
    if (school_code is None) != (role is StaffRole.BUREAU_ADMIN):
        raise InputError("wrong_place", "school_code")
    if (homeroom is None) == (role is StaffRole.HOMEROOM_TEACHER):
        raise InputError("wrong_place", "homeroom")
    if school_code is not None and session.get(School, school_code) is None:
        raise InputError("no_such_school", "school_code")


def enrol_staff(
    session: Session, vault: Vault, *, code: str, line_user_id: str, now: datetime
) -> Staff | None:
    """Make the LINE user staff and return the row, or None when the code is no good (any more).

    Who holds that very role already keeps the one row. Joins the caller's transaction.
    """
    typed = "".join(sign for sign in unicodedata.normalize("NFKC", code).upper() if sign.isalnum())
    # One statement, so that two persons with one code can't both get in.
    invite = session.scalars(
        update(StaffInvite)
        .where(
            col(StaffInvite.code_index).in_(vault.index_candidates(typed, CODE)),
            col(StaffInvite.used_at).is_(None),
            col(StaffInvite.expires_at) > now,
        )
        .values(used_at=now)
        .returning(StaffInvite)
        .execution_options(synchronize_session=False)
    ).first()
    if invite is None:
        return None
    staff = _same_role(session, line_user_id, invite) or _add(session, line_user_id, invite, now)
    actor = f"staff:{staff.id}"
    record_audit(session, actor=actor, action="staff.enrol", subject=actor, now=now)
    return staff


def _same_role(session: Session, line_user_id: str, invite: StaffInvite) -> Staff | None:
    asked = (invite.school_code, invite.role, invite.homeroom)
    held = roles_of(session, line_user_id)
    return next((one for one in held if (one.school_code, one.role, one.homeroom) == asked), None)


def _add(session: Session, line_user_id: str, invite: StaffInvite, now: datetime) -> Staff:
    staff = Staff(
        line_user_id=line_user_id,
        name_sealed=invite.name_sealed,
        school_code=invite.school_code,
        role=invite.role,
        homeroom=invite.homeroom,
        enrolled_at=now,
    )
    session.add(staff)
    session.flush()
    return staff


def roles_of(session: Session, line_user_id: str) -> list[Staff]:
    """Return what the LINE user is now, oldest first; look it up anew for every request."""
    statement = select(Staff).where(Staff.line_user_id == line_user_id, _live())
    return list(session.exec(statement.order_by(*_oldest_first())))


def staff_at(
    session: Session,
    school_code: str | None,
    roles: Collection[StaffRole],
    homeroom: str | None = None,
) -> list[Staff]:
    """Return who has one of the roles at the school (None: the bureau), of one class if named."""
    statement = select(Staff).where(
        col(Staff.school_code) == school_code, col(Staff.role).in_(roles), _live()
    )
    if homeroom is not None:
        statement = statement.where(col(Staff.homeroom) == homeroom)
    return list(session.exec(statement.order_by(*_oldest_first())))


def all_staff(session: Session, school_code: str | None = None) -> list[Staff]:
    """Return everybody who is staff now, of one school if named."""
    statement = select(Staff).where(_live())
    if school_code is not None:
        statement = statement.where(col(Staff.school_code) == school_code)
    return list(session.exec(statement.order_by(col(Staff.school_code), *_oldest_first())))


def revoke_staff(session: Session, staff_id: UUID, *, by: str, now: datetime) -> None:
    """End a role at once: rights at the next request, and notices that wait are not sent.

    Raises AccessError 404 when there is no such role (any more). Joins the caller's transaction.
    """
    ended = session.execute(
        update(Staff)
        .where(col(Staff.id) == staff_id, _live())
        .values(revoked_at=now)
        .returning(col(Staff.id))
    ).first()
    if ended is None:
        raise AccessError("no_such_staff")
    subject = f"staff:{staff_id}"
    record_audit(session, actor=by, action="staff.revoke", subject=subject, now=now)


def staff_name(vault: Vault, staff: Staff) -> str:
    """Return the full name."""
    return vault.open(staff.name_sealed, NAME)


def can_see_class(staff: Staff, school_code: str, homeroom: str) -> bool:
    """Tell whether the class's children may be seen and answered for.

    The bureau closes schools; for that it needs no child's name.
    """
    is_own = staff.role == StaffRole.HOMEROOM_TEACHER and staff.homeroom == homeroom
    return can_run_school(staff, school_code) or (is_own and _is_at(staff, school_code))


def can_run_school(staff: Staff, school_code: str) -> bool:
    """Tell whether held no-shows, readers, exports and closures of the school are theirs."""
    return staff.role in RUNNERS and _is_at(staff, school_code)


def can_close(staff: Staff, school_code: str | None) -> bool:
    """Tell whether they may propose and confirm a closure; None is one wider than a school."""
    if staff.role == StaffRole.BUREAU_ADMIN:
        return staff.revoked_at is None
    return school_code is not None and can_run_school(staff, school_code)


def closers_of(session: Session, school_code: str | None) -> list[Staff]:
    """Return everybody who may propose and confirm a closure of the school; None is a wider one."""
    bureau = staff_at(session, None, {StaffRole.BUREAU_ADMIN})
    return bureau + (staff_at(session, school_code, RUNNERS) if school_code else [])


def _is_at(staff: Staff, school_code: str) -> bool:
    return staff.revoked_at is None and staff.school_code == school_code


def _live() -> ColumnElement[bool]:
    return col(Staff.revoked_at).is_(None)


def _oldest_first() -> tuple[Any, Any]:
    return col(Staff.enrolled_at), col(Staff.id)
