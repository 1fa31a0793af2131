"""A teacher's word on a missing child, while the school looks for it."""

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session

from core.attendance.day_record import lock_days
from core.attendance.seen import is_told_since
from core.attendance.tables import EXCUSED_PARTS, AttendanceDay, NoShowState
from core.audit import record_audit
from core.calendar.policy import rules_for
from core.clock import at_taipei, school_day_of
from core.errors import AccessError
from core.kinds import NoticeKind
from core.notices.fan_out import tell_no_shows
from core.notices.staff_desk import StaffDesk
from core.people.tables import EnrollmentStatus, Student


class ReviewResult(StrEnum):
    """What a teacher's 未到校 led to. NOBODY_TOLD: it is known already, and no guardian hears."""

    TOLD = "told"
    ALREADY_TOLD = "already_told"
    NOBODY_TOLD = "nobody_told"
    SEEN = "seen"
    ON_LEAVE = "on_leave"
    LEFT = "left"
    OVER = "over"


def answer_absent(
    session: Session, desk: StaffDesk, *, student_id: UUID, school_day: date, by: str, now: datetime
) -> ReviewResult:
    """Tell the guardians at once that the teacher has not seen the child; joins the transaction.

    Nothing is told of a child that was seen or excused meanwhile, or that left the school, nor on
    another day.
    """
    student = session.get(Student, student_id)
    if student is None:
        raise AccessError("no_such_student")
    if school_day != school_day_of(now):
        return ReviewResult.OVER
    if student.status != EnrollmentStatus.ENROLLED:
        return ReviewResult.LEFT
    lock_days(session, {(student_id, school_day)})
    day = session.get_one(AttendanceDay, (student_id, school_day), populate_existing=True)
    if (result := _standing(session, day)) is not None:
        return result
    day.no_show, day.no_show_at = NoShowState.TOLD, now
    session.add(day)
    session.flush()
    one = (student.grade, school_day)
    tell_no_shows(
        session,
        desk,
        [student_id],
        school_day=school_day,
        cutoff=rules_for(session, student.school_code, [one])[one].cutoff,
        heartbeat=None,
        now=now,
        is_teacher=True,
    )
    subject = f"student:{student_id}"
    record_audit(session, actor=by, action="review.absent", subject=subject, now=now)
    return ReviewResult.TOLD


def _standing(session: Session, day: AttendanceDay) -> ReviewResult | None:
    if day.arrived_at is not None or day.departed_at is not None:
        return ReviewResult.SEEN
    if day.leave in EXCUSED_PARTS:
        return ReviewResult.ON_LEAVE
    if day.no_show != NoShowState.TOLD:
        return None
    # A child without a guardian in reach is marked like every other.
    since = at_taipei(day.school_day, time())
    is_told = is_told_since(session, day.student_id, since, (NoticeKind.NO_SHOW,))
    return ReviewResult.ALREADY_TOLD if is_told else ReviewResult.NOBODY_TOLD
