"""A child whose entry or leave was taken back: missed again, as long as its cut-off is news.

Nothing waits for it any more by then: whoever took it back would think that it is told of.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from core.attendance.conditions import is_unexplained
from core.attendance.runs import OPEN, RunKey, expected_groups, grades_of
from core.attendance.sweep import CATCH_UP_LIMIT, PAUSE
from core.attendance.tables import AttendanceDay, NoShowRun, NoShowState, RunState
from core.calendar.policy import rules_for
from core.clock import at_taipei, school_day_of
from core.people.tables import Student


def hold_run(session: Session, student_id: UUID, day: date, now: datetime) -> NoShowRun | None:
    """Hold the cut-off at which the child could still be missed; None where there is none.

    Joins the caller's transaction, which holds no day row yet: so does the sweep.
    """
    student = session.get(Student, student_id)
    if student is None or day != school_day_of(now):
        return None
    one = (student.grade, day)
    cutoff = rules_for(session, student.school_code, [one])[one].cutoff
    if now - at_taipei(day, cutoff) > CATCH_UP_LIMIT:
        return None
    place = (student.school_code, day, cutoff)
    run = session.get(NoShowRun, place, with_for_update=True, populate_existing=True)
    if run is None or run.state not in (*OPEN, RunState.TOLD):
        return None
    is_expected = student.grade in grades_of(expected_groups(session, RunKey(*place)))
    return run if is_expected else None


def expect_again(session: Session, run: NoShowRun, student_id: UUID, now: datetime) -> None:
    """Let the child wait to be told of, where nothing is known of it any more.

    Joins the caller's transaction, which holds the run and the day row.
    """
    day = session.get_one(AttendanceDay, (student_id, run.school_day), populate_existing=True)
    due_at = max(now + PAUSE, day.no_show_due_at or run.next_at or now)
    waits = session.execute(
        update(AttendanceDay)
        .where(
            col(AttendanceDay.student_id) == student_id,
            col(AttendanceDay.school_day) == run.school_day,
            col(AttendanceDay.no_show).in_((NoShowState.NONE, NoShowState.CLEARED)),
            is_unexplained(),
        )
        .values(no_show=NoShowState.WAITING, no_show_at=now, no_show_due_at=due_at)
        .returning(col(AttendanceDay.student_id))
        .execution_options(synchronize_session=False)
    ).first()
    if waits is not None and run.state in (RunState.WAITING, RunState.TOLD):
        run.state, run.next_at = RunState.WAITING, min(run.next_at or due_at, due_at)
        session.add(run)
        session.flush()
