"""Day and week sheets: one row a child and day, as the school's own list has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlmodel import Session, col

from core.attendance.conditions import was_seen
from core.attendance.tables import AttendanceDay
from core.audit import record_audit
from core.calendar.policy import rules_for
from core.calendar.school_days import DayStatus, day_statuses
from core.clock import at_taipei, school_day_of
from core.kinds import DayPart
from core.people.looks import record_looks
from core.people.tables import EnrollmentStatus, Student


class SheetStatus(StrEnum):
    """What a row amounts to. UNKNOWN is a day that nobody watched, or a child without a card."""

    PRESENT = "present"
    NO_TAP = "no_tap"
    NO_TAP_OUT = "no_tap_out"
    ON_LEAVE = "on_leave"
    CLOSED = "closed"
    NOT_YET = "not_yet"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """A child's day on a sheet. Moments are aware."""

    school_day: date
    student_id: UUID
    homeroom: str
    seat_number: int
    student_number: str
    name: str
    arrived_at: datetime | None
    arrival_is_make_up: bool
    departed_at: datetime | None
    departure_is_make_up: bool
    leave: DayPart | None
    status: SheetStatus


def sheet(
    session: Session,
    school_code: str,
    first: date,
    last: date,
    homeroom: str | None = None,
    *,
    now: datetime,
) -> list[SheetRow]:
    """Return the rows from first to last, by day, class and seat.

    Days off are left out unless the gate saw somebody, and so are days to come. Who has left the
    school stands there for the days on which the gate saw them.
    """
    today = school_day_of(now)
    last = min(last, today)
    children = _children(session, school_code, first, last, homeroom)
    if not children or first > last:
        return []
    grades = {child.grade for child in children}
    records = _records(session, school_code, first, last)
    statuses = day_statuses(session, [(school_code, grade) for grade in grades], first, last)
    due = _grades_past_cutoff(session, school_code, grades, now)
    rows = []
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        for child in children:
            record = records.get((child.id, day))
            status = statuses[(school_code, child.grade)][day]
            if record or _has_lessons_or_closure(status):
                is_due = day < today or child.grade in due
                kind = _status(record, status, is_due=is_due, is_over=day < today)
                rows.append(_row(child, day, record, kind))
    return rows


def record_download(
    session: Session,
    rows: Sequence[SheetRow],
    span: tuple[str, date, date, str],
    *,
    by: str,
    now: datetime,
) -> None:
    """Record that `by` took this sheet away, and so looked at each child on it.

    `span`: school, first and last day, class or "". Joins the caller's transaction.
    """
    record_looks(session, actor=by, students={row.student_id for row in rows}, now=now)
    subject = "sheet:" + "/".join(str(part) for part in span if part)
    record_audit(session, actor=by, action="sheet.download", subject=subject, now=now)


def _children(
    session: Session, school_code: str, first: date, last: date, homeroom: str | None
) -> Sequence[Student]:
    came = exists().where(
        col(AttendanceDay.student_id) == col(Student.id),
        col(AttendanceDay.school_day).between(first, last),
        was_seen(),
    )
    statement = select(Student).where(
        col(Student.school_code) == school_code,
        or_(col(Student.status) == EnrollmentStatus.ENROLLED, came),
    )
    if homeroom is not None:
        statement = statement.where(col(Student.homeroom) == homeroom)
    order = (col(Student.grade), col(Student.homeroom), col(Student.seat_number), col(Student.id))
    return session.scalars(statement.order_by(*order)).all()


def _records(
    session: Session, school_code: str, first: date, last: date
) -> dict[tuple[UUID, date], AttendanceDay]:
    statement = (
        select(AttendanceDay)
        .join(Student, col(Student.id) == col(AttendanceDay.student_id))
        .where(
            col(Student.school_code) == school_code,
            col(AttendanceDay.school_day).between(first, last),
        )
    )
    return {(row.student_id, row.school_day): row for row in session.scalars(statement)}


def _grades_past_cutoff(
    session: Session, school_code: str, grades: set[int], now: datetime
) -> set[int]:
    today = school_day_of(now)
    rules = rules_for(session, school_code, [(grade, today) for grade in grades])
    return {grade for grade in grades if now >= at_taipei(today, rules[(grade, today)].cutoff)}


def _has_lessons_or_closure(status: DayStatus) -> bool:
    return status.is_open or status.closed_part is not None


def _status(
    record: AttendanceDay | None, status: DayStatus, *, is_due: bool, is_over: bool
) -> SheetStatus:
    if record and record.arrived_at:
        is_forgotten = is_over and record.departed_at is None
        return SheetStatus.NO_TAP_OUT if is_forgotten else SheetStatus.PRESENT
    if record and record.departed_at:
        return SheetStatus.PRESENT
    if record and record.leave:
        return SheetStatus.ON_LEAVE
    if not status.is_open:
        return SheetStatus.CLOSED
    if not is_due:
        return SheetStatus.NOT_YET
    return SheetStatus.NO_TAP if record or not is_over else SheetStatus.UNKNOWN


def _row(child: Student, day: date, record: AttendanceDay | None, status: SheetStatus) -> SheetRow:
    return SheetRow(
        school_day=day,
        student_id=child.id,
        homeroom=child.homeroom,
        seat_number=child.seat_number,
        student_number=child.student_number,
        name=child.name,
        arrived_at=record.arrived_at if record else None,
        arrival_is_make_up=bool(record and record.arrival_is_make_up),
        departed_at=record.departed_at if record else None,
        departure_is_make_up=bool(record and record.departure_is_make_up),
        leave=DayPart(record.leave) if record and record.leave else None,
        status=status,
    )
