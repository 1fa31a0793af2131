"""Closing a day and opening it again: the closure takes effect, and no-shows stop.

The school rows are where a closure and a cut-off meet: this holds them before it confirms, and a
cut-off shares its school's row before it looks at the calendar. Whoever comes second sees what the
first one did.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col

from core.attendance.tables import AttendanceDay, NoShowState
from core.calendar.closures import confirm_closure, confirm_undo, get_closure
from core.calendar.school_days import scope_of
from core.calendar.scopes import ClosureScope, hold_schools
from core.calendar.tables import Closure
from core.clock import school_day_of
from core.kinds import DayPart
from core.notices.stops import cancel_no_shows

STOPPED = "closure"


def close_day(session: Session, closure_id: UUID, by: str, now: datetime) -> Closure:
    """Confirm a closure as its second person and stop what it makes untrue.

    Nobody is expected in a closed morning. No-shows told already stay told. Guardians hear of it
    from the next tick. Joins the caller's transaction; raises what confirm_closure raises.
    """
    scope = scope_of(get_closure(session, closure_id))
    hold_schools(session, scope)
    closure = confirm_closure(session, closure_id, by, now)
    if closure.day == school_day_of(now) and closure.part != DayPart.AFTERNOON:
        _stop_no_shows(session, scope, closure.day, now)
    return closure


def reopen_day(session: Session, closure_id: UUID, by: str, now: datetime) -> Closure:
    """Undo a closure as the second person; joins the caller's transaction.

    Cut-offs still to come count again. Whoever was told of the closure hears of it from the next
    tick. Raises what confirm_undo raises.
    """
    hold_schools(session, scope_of(get_closure(session, closure_id)))
    return confirm_undo(session, closure_id, by, now)


def _stop_no_shows(session: Session, scope: ClosureScope, day: date, now: datetime) -> None:
    theirs = (
        col(AttendanceDay.school_day) == day,
        col(AttendanceDay.student_id).in_(scope.students()),
    )
    # Taken in the order in which taps take them, before any of them is changed.
    session.execute(
        select(col(AttendanceDay.student_id))
        .where(*theirs, col(AttendanceDay.no_show).in_((NoShowState.WAITING, NoShowState.TOLD)))
        .order_by(col(AttendanceDay.student_id))
        .with_for_update()
    )
    session.execute(
        update(AttendanceDay)
        .where(*theirs, col(AttendanceDay.no_show) == NoShowState.WAITING)
        .values(no_show=NoShowState.CLEARED)
        .execution_options(synchronize_session=False)
    )
    cancel_no_shows(session, scope.students(), day, now, STOPPED)
