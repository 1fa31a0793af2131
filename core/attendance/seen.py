"""What is written of a child's days, for whoever came to the child through a door."""

from datetime import date
from uuid import UUID

from sqlmodel import Session

from core.attendance.tables import AttendanceDay, Leave
from core.errors import AccessError
from core.people.bindings import BoundChild
from core.people.doors import GuardianDoor, StaffDoor
from core.people.tables import Staff, Student


def find_day(session: Session, student: Student, day: date) -> AttendanceDay | None:
    """Return the child's day as it stands now."""
    return session.get(AttendanceDay, (student.id, day), populate_existing=True)


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
