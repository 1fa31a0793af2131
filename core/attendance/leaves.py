"""Leaves (請假): filed by guardians until the cut-off and by staff at any time, and withdrawn.

A leave writes itself into the day rows it covers, under their lock: that is where it meets taps and
the no-show sweep.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.attendance.day_record import DayKey, lock_days
from core.attendance.missing_again import expect_again, hold_run
from core.attendance.tables import (
    EXCUSED_PARTS,
    AttendanceDay,
    Leave,
    LeaveReason,
    NoShowState,
)
from core.audit import record_audit
from core.calendar.policy import rules_for
from core.calendar.school_days import day_statuses
from core.clock import at_taipei, school_day_of
from core.errors import AccessError, InputError
from core.kinds import DayPart, NoticeKind
from core.languages.speech import N_
from core.notices.fan_out import tell_corrections
from core.notices.happenings import Presence
from core.notices.leave_notices import LeaveNews, Sighting, tell_leave, tell_leave_taps
from core.notices.staff_notices import tell_discrepancies
from core.people.bindings import is_bound
from core.people.tables import Student

# Days a leave may span, weekends included; longer ones are the school's to enter.
GUARDIAN_SPAN = 14
STAFF_SPAN = 60
# How far ahead, and for staff how far back, a leave may begin.
AHEAD = timedelta(days=120)
BACK = timedelta(days=30)
REASON_WORDS = {
    LeaveReason.SICK: N_("病假"),
    LeaveReason.PERSONAL: N_("事假"),
    LeaveReason.BEREAVEMENT: N_("喪假"),
    LeaveReason.OFFICIAL: N_("公假"),
    LeaveReason.OTHER: N_("其他"),
}


@dataclass(frozen=True, slots=True)
class Filer:
    """Who files or withdraws: guardian:<uuid> with the id, or staff:<uuid>."""

    actor: str
    guardian_id: UUID | None = None


def file_leave(
    session: Session,
    liff_id: str,
    *,
    student_id: UUID,
    first_day: date,
    last_day: date,
    part: DayPart,
    reason: LeaveReason,
    filer: Filer,
    now: datetime,
) -> UUID:
    """File a leave and tell the other guardians; return its id. Joins the caller's transaction.

    Raises AccessError 404 for somebody else's child, and InputError past, too_far, too_late,
    too_long, ends_before_it_begins, no_school_day or overlap.
    """
    student = _get_student(session, student_id)
    _require_bound(session, filer, student_id)
    _check_span(session, student, first_day, last_day, filer, now)
    days = _span(first_day, last_day)
    # Two filings of one day meet here, so that they can't both find it free.
    held = lock_days(session, {(student_id, day) for day in days})
    _require_free(session, student_id, first_day, last_day)
    leave = Leave(
        student_id=student_id,
        first_day=first_day,
        last_day=last_day,
        part=part,
        reason=reason,
        filed_by=filer.actor,
        filed_at=now,
    )
    session.add(leave)
    session.flush()
    _mark(session, student_id, days, part)
    if (today := (student_id, school_day_of(now))) in held:
        _excuse(session, liff_id, today, part, now)
    _tell_filed(session, liff_id, leave, filer, now)
    _audit(session, filer, "leave.file", leave.id, now)
    return leave.id


def check_days(
    session: Session, student_id: UUID, days: tuple[date, date], filer: Filer, now: datetime
) -> None:
    """Raise what a filing would of its first and last day; only reads."""
    first_day, last_day = days
    _check_span(session, _get_student(session, student_id), first_day, last_day, filer, now)
    _require_free(session, student_id, first_day, last_day)


def withdraw_leave(
    session: Session, liff_id: str, *, leave_id: UUID, filer: Filer, now: datetime
) -> None:
    """Withdraw a leave from the first day that is still open; joins the caller's transaction.

    The days before stay excused. A guardian withdraws what a guardian of the child filed, until the
    cut-off. Raises AccessError 404, and InputError answered or too_late.
    """
    leave = session.get(Leave, leave_id)
    if leave is None or (filer.guardian_id and not leave.filed_by.startswith("guardian:")):
        raise AccessError("no_such_leave")
    _require_bound(session, filer, leave.student_id)
    today = school_day_of(now)
    run = hold_run(session, leave.student_id, today, now)
    lock_days(session, {(leave.student_id, day) for day in _span(leave.first_day, leave.last_day)})
    open_days = _still_open(session, leave, filer, now)
    if not open_days:
        raise InputError("too_late")
    ended = session.execute(
        update(Leave)
        .where(col(Leave.id) == leave_id, col(Leave.withdrawn_at).is_(None))
        .values(withdrawn_by=filer.actor, withdrawn_at=now)
        .returning(col(Leave.id))
    ).first()
    if ended is None:
        raise InputError("answered")
    _mark(session, leave.student_id, open_days, None)
    if run is not None and today in open_days:
        expect_again(session, run, leave.student_id, now)
    news = _news(leave, NoticeKind.LEAVE_CANCELLED, open_days[0], filer)
    tell_leave(session, liff_id, news, but=_own(filer), now=now)
    _audit(session, filer, "leave.withdraw", leave_id, now)


def open_leaves(session: Session, student_id: UUID, first: date, last: date) -> list[Leave]:
    """Return the child's leaves that touch the span and were not withdrawn, earliest first."""
    statement = select(Leave).where(
        Leave.student_id == student_id,
        col(Leave.first_day) <= last,
        col(Leave.last_day) >= first,
        col(Leave.withdrawn_at).is_(None),
    )
    return list(session.exec(statement.order_by(col(Leave.first_day), col(Leave.id))))


def leave_closes_at(session: Session, student_id: UUID, day: date) -> datetime:
    """Return until when a guardian may file or withdraw for the day: the child's cut-off."""
    student = _get_student(session, student_id)
    one = (student.grade, day)
    return at_taipei(day, rules_for(session, student.school_code, [one])[one].cutoff)


def _require_bound(session: Session, filer: Filer, student_id: UUID) -> None:
    if filer.guardian_id is not None and not is_bound(session, filer.guardian_id, student_id):
        raise AccessError("no_such_child")


def _require_free(session: Session, student_id: UUID, first: date, last: date) -> None:
    if open_leaves(session, student_id, first, last):
        raise InputError("overlap", "first_day")


def _get_student(session: Session, student_id: UUID) -> Student:
    student = session.get(Student, student_id)
    if student is None:
        raise AccessError("no_such_student")
    return student


def _check_span(
    session: Session, student: Student, first: date, last: date, filer: Filer, now: datetime
) -> None:
    is_guardian = filer.guardian_id is not None
    today = school_day_of(now)
    if last < first:
        raise InputError("ends_before_it_begins", "last_day")
    if first < (today if is_guardian else today - BACK):
        raise InputError("past", "first_day")
    if first > today + AHEAD:
        raise InputError("too_far", "first_day")
    if (last - first).days >= (GUARDIAN_SPAN if is_guardian else STAFF_SPAN):
        raise InputError("too_long", "last_day")
    if is_guardian and first == today and now >= leave_closes_at(session, student.id, today):
        raise InputError("too_late", "first_day")
    place = (student.school_code, student.grade)
    statuses = day_statuses(session, [place], first, last)[place]
    if not any(status.is_open for status in statuses.values()):
        raise InputError("no_school_day", "first_day")


def _span(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _still_open(session: Session, leave: Leave, filer: Filer, now: datetime) -> list[date]:
    days = _span(leave.first_day, leave.last_day)
    if filer.guardian_id is None:
        return days
    today = school_day_of(now)
    is_closed = now >= leave_closes_at(session, leave.student_id, today)
    return [day for day in days if day > today or (day == today and not is_closed)]


def _mark(session: Session, student_id: UUID, days: list[date], part: DayPart | None) -> None:
    session.execute(
        update(AttendanceDay)
        .where(col(AttendanceDay.student_id) == student_id, col(AttendanceDay.school_day).in_(days))
        .values(leave=part)
        .execution_options(synchronize_session=False)
    )


def _excuse(session: Session, liff_id: str, key: DayKey, part: DayPart, now: datetime) -> None:
    """Let today's no-show go, or correct it, or say that the child was seen all the same."""
    day = session.get_one(AttendanceDay, key, populate_existing=True)
    seen_at = day.arrived_at or day.departed_at
    if seen_at is not None and part is DayPart.WHOLE:
        kind = NoticeKind.ARRIVAL if day.arrived_at else NoticeKind.DEPARTURE
        tell_leave_taps(session, liff_id, [Sighting(key[0], key[1], kind, seen_at)], now)
        tell_discrepancies(session, [(key[0], seen_at)], now)
    if part not in EXCUSED_PARTS or day.no_show not in (NoShowState.WAITING, NoShowState.TOLD):
        return
    if day.no_show == NoShowState.TOLD:
        tell_corrections(
            session, liff_id, [Presence(student_id=key[0])], school_day=key[1], now=now
        )
    day.no_show = NoShowState.CLEARED
    session.add(day)
    session.flush()


def _tell_filed(session: Session, liff_id: str, leave: Leave, filer: Filer, now: datetime) -> None:
    kind = NoticeKind.LEAVE_OTHER if filer.guardian_id else NoticeKind.LEAVE_SCHOOL
    news = _news(leave, kind, leave.first_day, filer)
    tell_leave(session, liff_id, news, but=_own(filer), now=now)


def _news(leave: Leave, kind: NoticeKind, first_day: date, filer: Filer) -> LeaveNews:
    return LeaveNews(
        leave_id=leave.id,
        student_id=leave.student_id,
        first_day=first_day,
        last_day=leave.last_day,
        part=DayPart(leave.part),
        kind=kind,
        is_by_school=filer.guardian_id is None,
    )


def _own(filer: Filer) -> set[UUID]:
    return {filer.guardian_id} if filer.guardian_id else set()


def _audit(session: Session, filer: Filer, action: str, leave_id: UUID, now: datetime) -> None:
    record_audit(session, actor=filer.actor, action=action, subject=f"leave:{leave_id}", now=now)
