"""請協助確認: the school is asked, reminded until somebody replies, and the reply is told.

ask (first round) -> remind (next round, every five minutes) -> reply, or the guardians hear that
nobody replied.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.answers.tables import HelpRequest
from core.attendance.day_record import lock_days
from core.attendance.tables import EXCUSED_PARTS, AttendanceDay
from core.audit import record_audit
from core.calendar.school_days import day_statuses
from core.clock import TAIPEI, school_day_of
from core.errors import AccessError
from core.kinds import SchoolReply
from core.notices.answer_notices import (
    ROUNDS,
    round_of,
    tell_help_asked,
    tell_help_given,
    tell_school_reply,
    tell_school_silent,
)
from core.notices.staff_desk import StaffDesk
from core.people.tables import Staff, Student

REMIND_EVERY = timedelta(minutes=5)
# Taipei time of day in which staff can be expected to read the chat on a school day.
FROM, UNTIL = time(6, 30), time(18, 0)
# Who was asked at the last moment is followed by the next in line; a clock that was away until
# later asks nobody, and tells the guardians at once.
REMIND_UNTIL = time(18, 15)


class Asked(StrEnum):
    """What became of a guardian's 請協助確認. CLOSED: nobody is there now; NOBODY: no staff."""

    NEW = "new"
    WAITING = "waiting"
    ANSWERED = "answered"
    CLOSED = "closed"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Replied:
    """How a reply of staff fared. `by` (staff:<uuid>) and `reply` are what stands now."""

    is_new: bool
    by: str
    reply: SchoolReply


def ask_school(
    session: Session, desk: StaffDesk, *, student_id: UUID, guardian_id: UUID, now: datetime
) -> Asked:
    """Ask the class's teachers about a child, or who else is there; joins the transaction."""
    student = session.get_one(Student, student_id)
    if not _is_open(session, student, now):
        return Asked.CLOSED
    day = school_day_of(now)
    lock_days(session, {(student_id, day)})
    earlier = _lock(session, student_id, day)
    if earlier is not None:
        return Asked.ANSWERED if earlier.reply else Asked.WAITING
    first = next((one for one in ROUNDS if round_of(session, student, one)), None)
    if first is None:
        return Asked.NOBODY
    row = HelpRequest(
        student_id=student_id,
        school_day=day,
        guardian_id=guardian_id,
        asked_at=now,
        was_seen=_is_explained(session, student_id, day),
        rounds=first,
        next_at=now + REMIND_EVERY,
    )
    session.add(row)
    session.flush()
    tell_help_asked(session, desk, student, first, asked_at=now, reminder=0, now=now)
    return Asked.NEW


def remind_schools(session: Session, desk: StaffDesk, now: datetime) -> int:
    """Ask the next in line about every child nobody replied on in time; return how many.

    Joins the caller's transaction; rows in other hands wait for the next time.
    """
    due = session.scalars(
        select(HelpRequest)
        .where(col(HelpRequest.next_at) <= now)
        .order_by(col(HelpRequest.next_at))
        .with_for_update(skip_locked=True)
    ).all()
    for row in due:
        _go_on(session, desk, row, now)
    return len(due)


def find_request(session: Session, student_id: UUID, day: date) -> HelpRequest | None:
    """Return what the school was asked about a child that day."""
    return session.get(HelpRequest, (student_id, day))


def reply_to_guardians(
    session: Session,
    desk: StaffDesk,
    student: Student,
    reply: SchoolReply,
    role: Staff,
    now: datetime,
) -> Replied:
    """Keep the school's reply and tell who asked; joins the caller's transaction.

    The first reply counts; only 還沒看到 may be followed by another. To be called after what the
    reply led to was entered: whoever hears of that by itself is not told twice. Raises AccessError
    404 where nobody asked.
    """
    day, by = school_day_of(now), f"staff:{role.id}"
    lock_days(session, {(student.id, day)})
    row = _lock(session, student.id, day)
    if row is None:
        raise AccessError("no_such_request")
    if row.reply not in (None, SchoolReply.LOOKING) or row.reply == reply:
        return Replied(False, row.answered_by or by, SchoolReply(row.reply or reply))
    is_first = row.reply is None
    row.reply, row.answered_by, row.answered_at, row.next_at = reply, by, now, None
    session.add(row)
    session.flush()
    subject = f"student:{student.id}"
    record_audit(session, actor=by, action=f"help.{reply}", subject=subject, now=now)
    tell_school_reply(session, desk, student, reply, now, was_seen=row.was_seen)
    if is_first:
        tell_help_given(session, student, role, row.rounds, now)
    return Replied(True, by, reply)


def standing_reply(session: Session, student_id: UUID, day: date) -> HelpRequest | None:
    """Lock and return the day's request, None where nobody asked; joins the transaction."""
    lock_days(session, {(student_id, day)})
    return _lock(session, student_id, day)


def _go_on(session: Session, desk: StaffDesk, row: HelpRequest, now: datetime) -> None:
    student = session.get_one(Student, row.student_id)
    is_over = row.school_day != school_day_of(now)
    if is_over or (not row.was_seen and _is_explained(session, row.student_id, row.school_day)):
        # A tap or a leave told the guardians meanwhile.
        row.next_at = None
    elif row.rounds >= max(ROUNDS) or now.astimezone(TAIPEI).time() >= REMIND_UNTIL:
        row.next_at = None
        tell_school_silent(session, desk, student, now)
    else:
        row.rounds += 1
        row.next_at = now + REMIND_EVERY
        tell_help_asked(
            session,
            desk,
            student,
            row.rounds,
            asked_at=row.asked_at,
            reminder=max((now - row.asked_at) // REMIND_EVERY, 1),
            now=now,
        )
    session.add(row)
    session.flush()


def _lock(session: Session, student_id: UUID, day: date) -> HelpRequest | None:
    statement = select(HelpRequest).where(
        col(HelpRequest.student_id) == student_id, col(HelpRequest.school_day) == day
    )
    locked = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(locked).one_or_none()


def _is_open(session: Session, student: Student, now: datetime) -> bool:
    day, place = school_day_of(now), (student.school_code, student.grade)
    is_school_day = day_statuses(session, [place], day, day)[place][day].is_open
    return is_school_day and FROM <= now.astimezone(TAIPEI).time() < UNTIL


def _is_explained(session: Session, student_id: UUID, day: date) -> bool:
    row = session.get(AttendanceDay, (student_id, day), populate_existing=True)
    if row is None:
        return False
    return bool(row.arrived_at or row.departed_at) or row.leave in EXCUSED_PARTS
