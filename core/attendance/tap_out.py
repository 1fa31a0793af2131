"""未刷離校: guardians who asked hear that their child came and has not tapped out by their hour."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, exists, select
from sqlmodel import Session, col

from core.attendance.tables import AttendanceDay
from core.clock import TAIPEI, at_taipei, school_day_of
from core.kinds import NoticeKind
from core.notices.fan_out import facts_for, notice_to
from core.notices.outbox import enqueue
from core.notices.recipients import recipients_of
from core.notices.tables import Notice
from core.people.tables import Binding, Student

# Later than this after the hour a guardian chose it would be no help any more.
HELP_FOR = timedelta(minutes=60)


def tell_missing_departures(
    session: Session, liff_id: str, healthy_schools: Collection[str], now: datetime
) -> int:
    """Tell each guardian whose hour has come, once a day; joins the caller's transaction.

    Only of schools whose gate is healthy: a silent reader says nothing of who left.
    """
    today = school_day_of(now)
    due = {
        (row.guardian_id, row.student_id): at_taipei(today, row.tap_out_by)
        for row in session.execute(_untold(healthy_schools, now))
    }
    recipients = recipients_of(session, {student_id for _, student_id in due})
    notices = []
    for to in (one for group in recipients.values() for one in group):
        at = due.get((to.guardian_id, to.student_id))
        if at is not None:
            facts = facts_for(to, liff_id, today, at=at)
            notices.append(notice_to(to, NoticeKind.NO_TAP_OUT, facts, at))
    return enqueue(session, notices, now)


def schools_to_ask(session: Session, now: datetime) -> list[str]:
    """Return the schools whose gates must be healthy for somebody to be told now."""
    statement = _waiting_for(now).with_only_columns(col(Student.school_code)).distinct()
    return sorted(session.scalars(statement))


def _waiting_for(now: datetime) -> Any:
    """Select the open bindings whose hour has come, of children who came and did not leave."""
    clock = now.astimezone(TAIPEI)
    earliest = max(clock - HELP_FOR, at_taipei(clock.date(), time())).time()
    return (
        select(col(Binding.guardian_id), col(Binding.student_id), col(Binding.tap_out_by))
        .join(Student, col(Student.id) == col(Binding.student_id))
        .join(
            AttendanceDay,
            and_(
                col(AttendanceDay.student_id) == col(Binding.student_id),
                col(AttendanceDay.school_day) == clock.date(),
            ),
        )
        .where(
            col(Binding.ended_at).is_(None),
            col(Binding.tap_out_by).between(earliest, clock.time()),
            col(AttendanceDay.arrived_at).is_not(None),
            col(AttendanceDay.departed_at).is_(None),
        )
    )


def _untold(healthy_schools: Collection[str], now: datetime) -> Any:
    is_told = exists().where(
        col(Notice.guardian_id) == col(Binding.guardian_id),
        col(Notice.student_id) == col(Binding.student_id),
        col(Notice.school_day) == school_day_of(now),
        col(Notice.kind) == NoticeKind.NO_TAP_OUT,
    )
    return _waiting_for(now).where(col(Student.school_code).in_(healthy_schools), ~is_told)
