"""Requests for make-ups as they are listed: of a child to its guardians, of a school to staff."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from core.attendance.tables import AttendanceDay
from core.gate.tables import MakeUpRequest, RequestState, Tap
from core.people.tables import Binding, Student

# So long an answer stays listed for staff, and can be taken back there.
RECENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Listed:
    """A request with its child. `record` is arrival and departure of the day as they stand.

    `is_undone` tells that the entered tap was taken back; `relationship` is what the asker is to
    the child, "" for somebody no longer bound.
    """

    request: MakeUpRequest
    student: Student
    record: tuple[datetime | None, datetime | None]
    is_undone: bool
    relationship: str


def open_requests(session: Session, school_code: str) -> list[Listed]:
    """Return what waits at the school, longest first."""
    is_open = col(MakeUpRequest.state) == RequestState.OPEN
    return sorted(_listed(session, school_code, is_open), key=lambda one: one.request.asked_at)


def recent_answers(session: Session, school_code: str, now: datetime) -> list[Listed]:
    """Return what the school answered lately, newest first."""
    answered = col(MakeUpRequest.state).in_((RequestState.APPROVED, RequestState.REFUSED))
    found = _listed(session, school_code, answered & (col(MakeUpRequest.closed_at) > now - RECENT))
    return sorted(found, key=lambda one: one.request.closed_at or now, reverse=True)


def requests_of_child(session: Session, student_id: UUID, since: date) -> list[MakeUpRequest]:
    """Return what any guardian asked for about the child's days since then, newest first."""
    statement = select(MakeUpRequest).where(
        MakeUpRequest.student_id == student_id, col(MakeUpRequest.school_day) >= since
    )
    newest = (col(MakeUpRequest.asked_at).desc(), col(MakeUpRequest.id))
    return list(session.exec(statement.order_by(*newest)))


def own_answer(session: Session, request_id: UUID, actors: Collection[str]) -> RequestState | None:
    """Return what one of these actors answered, None where none of them did."""
    statement = select(MakeUpRequest.state).where(
        MakeUpRequest.id == request_id, col(MakeUpRequest.closed_by).in_(actors)
    )
    found = session.exec(statement).first()
    return RequestState(found) if found else None


def has_undone(session: Session, request_id: UUID, actors: Collection[str]) -> bool:
    """Tell whether one of these actors took back what was entered for the request."""
    statement = (
        select(Tap.id)
        .join(MakeUpRequest, col(MakeUpRequest.tap_id) == col(Tap.undoes_id))
        .where(MakeUpRequest.id == request_id, col(Tap.recorded_by).in_(actors))
    )
    return session.exec(statement).first() is not None


def undone_taps(session: Session, requests: Sequence[MakeUpRequest]) -> set[UUID]:
    """Return which of the taps that were entered for them were taken back."""
    taps = [one.tap_id for one in requests if one.tap_id is not None]
    undone = select(Tap.undoes_id).where(col(Tap.undoes_id).in_(taps))
    return {tap_id for tap_id in session.exec(undone) if tap_id is not None}


def _listed(session: Session, school_code: str, which: ColumnElement[bool]) -> list[Listed]:
    is_of_day = (col(AttendanceDay.student_id) == col(MakeUpRequest.student_id)) & (
        col(AttendanceDay.school_day) == col(MakeUpRequest.school_day)
    )
    statement = (
        select(MakeUpRequest, Student, AttendanceDay)
        .join(Student, col(Student.id) == col(MakeUpRequest.student_id))
        .outerjoin(AttendanceDay, is_of_day)
        .where(col(Student.school_code) == school_code, which)
    )
    rows: list[tuple[MakeUpRequest, Student, AttendanceDay | None]] = list(session.exec(statement))
    requests = [request for request, _student, _day in rows]
    undone, kin = undone_taps(session, requests), _relationships(session, requests)
    return [
        Listed(
            request,
            student,
            (day.arrived_at, day.departed_at) if day else (None, None),
            request.tap_id in undone,
            kin.get((request.guardian_id, request.student_id), ""),
        )
        for request, student, day in rows
    ]


def _relationships(
    session: Session, requests: Sequence[MakeUpRequest]
) -> dict[tuple[UUID, UUID], str]:
    statement = select(Binding.guardian_id, Binding.student_id, Binding.relationship).where(
        col(Binding.student_id).in_({one.student_id for one in requests}),
        col(Binding.ended_at).is_(None),
    )
    return {(guardian, child): kin for guardian, child, kin in session.exec(statement)}
