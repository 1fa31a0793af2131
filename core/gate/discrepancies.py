"""What needs a person's look: leave and tap on one day, doubtful taps, entries taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlmodel import Session, col

from core.attendance.day_record import contradicts
from core.attendance.tables import AttendanceDay
from core.clock import at_taipei, day_end
from core.gate.tables import Reader, Tap, TapSource, Verdict
from core.kinds import DayPart, NoticeKind
from core.people.tables import Student


class DiscrepancyKind(StrEnum):
    """What does not fit."""

    LEAVE_AND_TAP = "leave_and_tap"
    QUARANTINED = "quarantined"
    FORMER_CARD = "former_card"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """One thing to look at. `at` is aware; of a tap without a sure time it is when it came in.

    `student_id` is None for an unknown card and for a child of another school, whose name is not
    this school's to see. `reason` is why an entry was taken back.
    """

    kind: DiscrepancyKind
    at: datetime
    student_id: UUID | None = None
    homeroom: str = ""
    seat_number: int | None = None
    name: str = ""
    gate: str = ""
    reason: str = ""


def discrepancies(session: Session, school_code: str, first: date, last: date) -> list[Discrepancy]:
    """Return what is to be looked at from first to last (Taipei dates), newest first."""
    found = [
        *_leaves_with_taps(session, school_code, first, last),
        *_odd_taps(session, school_code, first, last),
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def old_card_holders(session: Session, school_code: str, day: date) -> set[UUID]:
    """Return the school's children of whom an ended card was tapped that day."""
    statement = (
        select(col(Tap.student_id))
        .join(Student, col(Student.id) == col(Tap.student_id))
        .where(
            col(Student.school_code) == school_code,
            col(Tap.school_day) == day,
            col(Tap.verdict) == Verdict.FORMER_CARD,
        )
    )
    return set(session.scalars(statement))


def _leaves_with_taps(
    session: Session, school_code: str, first: date, last: date
) -> Sequence[Discrepancy]:
    statement = (
        select(AttendanceDay, Student)
        .join(Student, col(Student.id) == col(AttendanceDay.student_id))
        .where(
            col(Student.school_code) == school_code,
            col(AttendanceDay.school_day).between(first, last),
            col(AttendanceDay.leave).is_not(None),
        )
    )
    found = []
    for row in session.execute(statement):
        day = row.AttendanceDay
        at = _against_leave(DayPart(day.leave), day.arrived_at, day.departed_at)
        if at is not None:
            found.append(
                Discrepancy(kind=DiscrepancyKind.LEAVE_AND_TAP, at=at, **_child(row.Student))
            )
    return found


def _against_leave(
    leave: DayPart, arrived_at: datetime | None, departed_at: datetime | None
) -> datetime | None:
    """Return the tap that goes against the leave, if one does."""
    moments = ((NoticeKind.ARRIVAL, arrived_at), (NoticeKind.DEPARTURE, departed_at))
    return next((at for kind, at in moments if at and contradicts(leave, kind, at)), None)


def _odd_taps(session: Session, school_code: str, first: date, last: date) -> Sequence[Discrepancy]:
    came_in = col(Tap.received_at)
    in_span = or_(
        col(Tap.school_day).between(first, last),
        and_(
            col(Tap.school_day).is_(None),
            came_in >= at_taipei(first, time()),
            came_in < day_end(last),
        ),
    )
    is_odd = or_(
        col(Tap.verdict).in_((Verdict.QUARANTINED, Verdict.FORMER_CARD)),
        col(Tap.source) == TapSource.UNDO,
    )
    is_ours = or_(col(Student.school_code) == school_code, col(Reader.school_code) == school_code)
    statement = (
        select(Tap, Student, col(Reader.gate))
        .outerjoin(Student, col(Student.id) == col(Tap.student_id))
        .outerjoin(Reader, col(Reader.id) == col(Tap.reader_id))
        .where(in_span, is_odd, is_ours)
    )
    found = []
    for row in session.execute(statement):
        tap: Tap = row.Tap
        is_own_child = row.Student is not None and row.Student.school_code == school_code
        found.append(
            Discrepancy(
                kind=_kind(tap),
                at=tap.effective_at or tap.received_at,
                gate=row.gate or "",
                reason=tap.reason or "",
                **_child(row.Student if is_own_child else None),
            )
        )
    return found


def _kind(tap: Tap) -> DiscrepancyKind:
    if tap.source == TapSource.UNDO:
        return DiscrepancyKind.TAKEN_BACK
    is_old = tap.verdict == Verdict.FORMER_CARD
    return DiscrepancyKind.FORMER_CARD if is_old else DiscrepancyKind.QUARANTINED


def _child(student: Student | None) -> dict[str, Any]:
    if student is None:
        return {}
    return {
        "student_id": student.id,
        "homeroom": student.homeroom,
        "seat_number": student.seat_number,
        "name": student.name,
    }
