"""What is written of a child's days, for whoever came to the child through a door."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from sqlmodel import Session, col, select

from core.attendance.tables import AttendanceDay, Leave
from core.clock import at_taipei
from core.errors import AccessError
from core.kinds import DayPart, NoticeKind, NoticeState
from core.notices.tables import Notice
from core.people.bindings import BoundChild
from core.people.doors import GuardianDoor, StaffDoor
from core.people.tables import Staff, Student

SENT = (NoticeState.LEASED, NoticeState.ACCEPTED, NoticeState.UNKNOWN)
SAYING = (NoticeState.PENDING, *SENT)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the day row says. `seen_at` is the first sign of the child at the gate."""

    seen_at: datetime | None
    leave: DayPart | None


def find_day(session: Session, student: Student, day: date) -> AttendanceDay | None:
    """Return the child's day as it stands now."""
    return session.get(AttendanceDay, (student.id, day), populate_existing=True)


def standing_of(session: Session, student: Student, day: date) -> Standing:
    """Return how the child's day stands now, while staff answer for it."""
    row = find_day(session, student, day)
    if row is None:
        return Standing(None, None)
    leave = DayPart(row.leave) if row.leave else None
    return Standing(row.arrived_at or row.departed_at, leave)


def is_no_show_sent(session: Session, student_id: UUID, day: date) -> bool:
    """Tell whether a guardian may have read that the child was not seen on this day."""
    start = at_taipei(day, time())
    return is_told_since(session, student_id, start, (NoticeKind.NO_SHOW,), SENT)


def is_told_since(
    session: Session,
    student_id: UUID,
    since: datetime,
    kinds: Collection[NoticeKind],
    states: Collection[NoticeState] = SAYING,
) -> bool:
    """Tell whether guardians hear of the child in one of these ways since a moment."""
    statement = (
        select(Notice.id)
        .where(
            col(Notice.student_id) == student_id,
            col(Notice.guardian_id).is_not(None),
            col(Notice.kind).in_(kinds),
            col(Notice.state).in_(states),
            col(Notice.created_at) >= since,
        )
        .limit(1)
    )
    return session.exec(statement).first() is not None


def leave_of_guardian(door: GuardianDoor, leave_id: UUID) -> tuple[BoundChild, Leave]:
    """Return a leave and its child. Raises AccessError 404 for another guardian's child."""
    leave = door.session.get(Leave, leave_id)
    if leave is None:
        raise AccessError("no_such_leave")
    return door.child_of(leave.student_id), leave


def leave_of_staff(door: StaffDoor, leave_id: UUID) -> tuple[Student, Staff, Leave]:
    """Return a leave with the child and the role it is seen by. Raises AccessError 404."""
    leave = door.session.get(Leave, leave_id)
    if leave is None:
        raise AccessError("no_such_leave")
    return *door.child(leave.student_id), leave
