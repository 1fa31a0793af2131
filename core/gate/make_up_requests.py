"""無卡補登申請: a guardian asks for a make-up, the school enters it or says why not.

What is approved is an ordinary make-up tap, so the day's record, what it stops and what it tells
follow by themselves.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from core.attendance.day_record import lock_days
from core.attendance.tables import AttendanceDay
from core.audit import record_audit
from core.calendar.school_days import day_statuses
from core.clock import school_day_of
from core.crypto import Vault
from core.db import insert_for, table_of
from core.errors import AccessError, InputError
from core.gate.make_up import record_make_up, undo_make_up
from core.gate.tables import MakeUpRequest, RequestState
from core.kinds import DayPart, Direction, MakeUpReason, MakeUpRefusal
from core.notices.make_up_answers import AskedTap, tell_asked, tell_granted, tell_refused
from core.notices.staff_desk import StaffDesk
from core.notices.wording import MAKE_UP_REASONS
from core.people.bindings import BoundChild, is_quiet
from core.people.doors import StaffDoor
from core.people.tables import Staff, Student

WORDS = "make_up_request.words"
LONGEST_WORDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """What a guardian asks for; `at` is aware, `words` ("" for none) are for the school alone."""

    at: datetime
    direction: Direction
    reason: MakeUpReason
    words: str = ""


def open_days(session: Session, child: BoundChild, back: int, now: datetime) -> list[date]:
    """Return the school days that can be asked for, newest first: today and `back` days before."""
    today, place = school_day_of(now), (child.school_code, child.grade)
    statuses = day_statuses(session, [place], today - timedelta(days=back), today)[place]
    return [day for day, status in reversed(statuses.items()) if status.is_open]


def ask_make_up(
    session: Session,
    vault: Vault,
    desk: StaffDesk,
    child: BoundChild,
    guardian_id: UUID,
    wish: NewRequest,
    *,
    back: int,
    now: datetime,
) -> UUID:
    """Put the wish before the school and tell it; return the request's id. Joins the transaction.

    `back` days before today can be asked for. Raises InputError past, future, no_school_day, quiet,
    on_leave, recorded or open.
    """
    _check(session, child, wish, back, now)
    row = MakeUpRequest(
        student_id=child.student_id,
        guardian_id=guardian_id,
        school_day=school_day_of(wish.at),
        at=wish.at,
        direction=wish.direction,
        reason=wish.reason,
        words_sealed=vault.seal(wish.words, WORDS) if wish.words else None,
        asked_at=now,
    )
    statement = insert_for(session, table_of(MakeUpRequest)).values(row.model_dump())
    made = session.execute(
        statement.on_conflict_do_nothing().returning(table_of(MakeUpRequest).c.id)
    ).first()
    if made is None:
        raise InputError("open", "direction")
    tell_asked(session, desk, _asked(row), wish.reason, now)
    _audit(session, f"guardian:{guardian_id}", "make_up_request.ask", row, now)
    return row.id


def own_request(session: Session, request_id: UUID, guardian_id: UUID) -> MakeUpRequest:
    """Return what this guardian asked for. Raises AccessError 404 for every other's."""
    row = session.get(MakeUpRequest, request_id)
    if row is None or row.guardian_id != guardian_id:
        raise AccessError("no_such_request")
    return row


def withdraw_request(session: Session, request_id: UUID, guardian_id: UUID, now: datetime) -> None:
    """Take the guardian's own wish back as long as it is open; joins the transaction.

    Raises AccessError 404 for every other's, and InputError answered.
    """
    row, actor = own_request(session, request_id, guardian_id), f"guardian:{guardian_id}"
    _close(session, request_id, RequestState.WITHDRAWN, by=actor, now=now)
    _audit(session, actor, "make_up_request.withdraw", row, now)


def approve_request(
    session: Session, liff_id: str, request_id: UUID, *, by: str, now: datetime
) -> UUID:
    """Enter the tap that was asked for and return its id; joins the transaction.

    Of two answers the first counts. Raises InputError answered, on_leave, or what an entry can't
    be; nothing is changed then, if the caller rolls back.
    """
    row = _get(session, request_id)
    key = (row.student_id, row.school_day)
    # The day first: a leave filed at the same moment is seen, or waits.
    held = lock_days(session, {key})
    _close(session, request_id, RequestState.APPROVED, by=by, now=now)
    if held[key].leave is DayPart.WHOLE:
        raise InputError("on_leave")
    tap_id = record_make_up(
        session,
        liff_id,
        student_id=row.student_id,
        at=row.at,
        direction=Direction(row.direction),
        recorded_by=by,
        reason=MAKE_UP_REASONS[MakeUpReason(row.reason)],
        now=now,
    )
    _change(session, request_id, {"tap_id": tap_id})
    tell_granted(session, liff_id, _asked(row), now)
    _audit(session, by, "make_up_request.approve", row, now)
    return tap_id


def refuse_request(
    session: Session,
    liff_id: str,
    request_id: UUID,
    why: MakeUpRefusal,
    *,
    by: str,
    now: datetime,
) -> None:
    """Say no, with a reason the guardian reads; joins the transaction.

    Raises InputError answered.
    """
    row = _get(session, request_id)
    _close(session, request_id, RequestState.REFUSED, by=by, now=now, refusal=why)
    tell_refused(session, liff_id, _asked(row), why, now)
    _audit(session, by, "make_up_request.refuse", row, now)


def undo_request(
    session: Session, liff_id: str, request_id: UUID, *, by: str, now: datetime
) -> None:
    """Take the entered tap back, as any make-up; joins the transaction.

    Raises InputError answered.
    """
    row = _get(session, request_id)
    if row.tap_id is None:
        raise InputError("answered")
    undo_make_up(session, liff_id, tap_id=row.tap_id, recorded_by=by, reason="", now=now)


def request_of_staff(door: StaffDoor, request_id: UUID) -> tuple[MakeUpRequest, Student, Staff]:
    """Return a request with the child and the role it is seen by. Raises AccessError 404."""
    row = door.session.get(MakeUpRequest, request_id)
    if row is None:
        raise AccessError("no_such_request")
    return row, *door.child(row.student_id)


def _check(session: Session, child: BoundChild, wish: NewRequest, back: int, now: datetime) -> None:
    day, today = school_day_of(wish.at), school_day_of(now)
    if day > today:
        raise InputError("future", "day")
    if day < today - timedelta(days=back):
        raise InputError("past", "day")
    if wish.at > now:
        raise InputError("future", "time")
    if day not in open_days(session, child, back, now):
        raise InputError("no_school_day", "day")
    # Who must not learn yet where the child is must not learn it from the school's answer.
    if is_quiet(child, now):
        raise InputError("quiet", "day")
    recorded = session.get(AttendanceDay, (child.student_id, day))
    if recorded is None:
        return
    if recorded.leave == DayPart.WHOLE:
        raise InputError("on_leave", "day")
    if recorded.departed_at if wish.direction is Direction.OUT else recorded.arrived_at:
        raise InputError("recorded", "direction")


def _get(session: Session, request_id: UUID) -> MakeUpRequest:
    row = session.get(MakeUpRequest, request_id)
    if row is None:
        raise AccessError("no_such_request")
    return row


def _close(
    session: Session,
    request_id: UUID,
    state: RequestState,
    *,
    by: str,
    now: datetime,
    refusal: MakeUpRefusal | None = None,
) -> None:
    values = {"state": state, "closed_at": now, "closed_by": by, "refusal": refusal}
    is_open = col(MakeUpRequest.state) == RequestState.OPEN
    # One statement, so that of two answers the first counts.
    if not _change(session, request_id, values, is_open):
        raise InputError("answered")


def _change(session: Session, request_id: UUID, values: dict[str, Any], *where: Any) -> bool:
    changed = session.execute(
        update(MakeUpRequest)
        .where(col(MakeUpRequest.id) == request_id, *where)
        .values(**values)
        .returning(col(MakeUpRequest.id))
        .execution_options(synchronize_session=False)
    ).first()
    return changed is not None


def _asked(row: MakeUpRequest) -> AskedTap:
    direction = Direction(row.direction)
    return AskedTap(row.id, row.student_id, row.guardian_id, row.at, direction)


def _audit(session: Session, actor: str, action: str, row: MakeUpRequest, now: datetime) -> None:
    subject = f"student:{row.student_id}"
    record_audit(session, actor=actor, action=action, subject=subject, now=now)
