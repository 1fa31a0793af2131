"""Staff: who they are by one-time code, and what their role lets them see and do."""

import unicodedata
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, exists, update
from sqlmodel import Session, col, select

from core.audit import record_audit
from core.crypto import Vault, new_code
from core.db import table_of
from core.endings import note_ending
from core.errors import AccessError, InputError
from core.people.names import clean_name
from core.people.tables import School, Staff, StaffInvite, StaffRole
from core.rows import run, run_models

NAME = "staff.name"
CODE = "staff_invite.code"
GOOD_FOR = timedelta(hours=24)
# Who runs a school's gate: held no-shows, readers, exports, closures of the own school.
RUNNERS = frozenset({StaffRole.OFFICER, StaffRole.SCHOOL_ADMIN})
# Who takes the money of SMS orders.
CASHIERS = frozenset({StaffRole.CASHIER, StaffRole.SCHOOL_ADMIN})


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
    good_for: timedelta = GOOD_FOR,
) -> str:
    """Return a code such as K7Q4-M2XP that makes whoever enters it staff: once, and in time.

    Raises InputError when name, school or homeroom do not fit the role. Joins the caller's
    transaction.
    """
    check_place(session, school_code, role, homeroom)
    cleaned = clean_name(name)
    if cleaned is None:
        raise InputError("bad_name", "name")
    code = new_code()
    invite = StaffInvite(
        code_index=vault.index(code, CODE),
        name_sealed=vault.seal(cleaned, NAME),
        school_code=school_code,
        role=role,
        homeroom=homeroom,
        invited_by=invited_by,
        invited_at=now,
        expires_at=now + good_for,
    )
    session.add(invite)
    place = f"{role}:{school_code or 'bureau'}"
    record_audit(session, actor=invited_by, action="staff.invite", subject=place, now=now)
    session.flush()
    return f"{code[:4]}-{code[4:]}"


def check_place(
    session: Session, school_code: str | None, role: StaffRole, homeroom: str | None
) -> None:
    """Raise InputError where school or homeroom do not fit the role."""
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
    """Return what the LINE user is now, oldest first, to read only; look it up anew for every
    request.
    """
    return run_models(session, _roles, Staff, {"line_user_id": line_user_id})


@cache
def _roles(_engine: str) -> Any:
    staff = table_of(Staff)
    return (
        staff.select()
        .where(staff.c.line_user_id == bindparam("line_user_id"), staff.c.revoked_at.is_(None))
        .order_by(staff.c.enrolled_at, staff.c.id)
    )


def has_been_staff(session: Session, line_user_id: str) -> bool:
    """Tell whether the LINE user was ever enrolled, revoked since or not."""
    return bool(run(session, _any_role, {"line_user_id": line_user_id}).scalar_one())


@cache
def _any_role(_engine: str) -> Any:
    is_own = table_of(Staff).c.line_user_id == bindparam("line_user_id")
    return select(exists().where(is_own).label("is_any"))


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
    note_ending(session, "staff", staff_id, now)
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


def can_take_money(staff: Staff, school_code: str) -> bool:
    """Tell whether what guardians pay for their SMS orders is theirs to enter."""
    return staff.role in CASHIERS and _is_at(staff, school_code)


def can_see_order(staff: Staff, school_code: str, homeroom: str) -> bool:
    """Tell whether the SMS orders of the class's children may be seen."""
    return can_see_class(staff, school_code, homeroom) or can_take_money(staff, school_code)


def is_bureau_admin(staff: Staff) -> bool:
    """Tell whether they speak for the whole city."""
    return staff.role == StaffRole.BUREAU_ADMIN and staff.revoked_at is None


def can_close(staff: Staff, school_code: str | None) -> bool:
    """Tell whether they may propose and confirm a closure; None is one wider than a school."""
    if staff.role == StaffRole.BUREAU_ADMIN:
        return staff.revoked_at is None
    return school_code is not None and can_run_school(staff, school_code)


def can_read_survey(staff: Staff, school_code: str | None) -> bool:
    """Tell whether the survey's results of the school are theirs; None is the whole city's."""
    if school_code is None:
        return is_bureau_admin(staff)
    return staff.role == StaffRole.SCHOOL_ADMIN and _is_at(staff, school_code)


def can_manage_school(staff: Staff, school_code: str | None) -> bool:
    """Tell whether calendar, people, roster and channels of a school or the city are theirs."""
    if is_bureau_admin(staff):
        return True
    is_admin = staff.role == StaffRole.SCHOOL_ADMIN
    return is_admin and school_code is not None and _is_at(staff, school_code)


def closers_of(session: Session, school_code: str | None) -> list[Staff]:
    """Return everybody who may propose and confirm a closure of the school; None is a wider one."""
    bureau = staff_at(session, None, {StaffRole.BUREAU_ADMIN})
    return bureau + (staff_at(session, school_code, RUNNERS) if school_code else [])


def other_closers(session: Session, school_code: str | None, line_user_id: str) -> list[Staff]:
    """Return who else may confirm a closure that this person proposes."""
    everybody = closers_of(session, school_code)
    return [one for one in everybody if one.line_user_id != line_user_id]


def are_one_person(session: Session, one: str, other: str) -> bool:
    """Tell whether two actors (staff:<id>) are one human being: two roles are two rows."""
    if one == other:
        return True
    ids = [UUID(who.removeprefix("staff:")) for who in (one, other) if who.startswith("staff:")]
    people = session.exec(select(Staff.line_user_id).where(col(Staff.id).in_(ids))).all()
    return len(people) == 2 and len(set(people)) == 1


def _is_at(staff: Staff, school_code: str) -> bool:
    return staff.revoked_at is None and staff.school_code == school_code


def _live() -> ColumnElement[bool]:
    return col(Staff.revoked_at).is_(None)


def _oldest_first() -> tuple[Any, Any]:
    return col(Staff.enrolled_at), col(Staff.id)
