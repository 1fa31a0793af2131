"""The three-days tick: each school day in the afternoon, who left no trace for three days.

It only tells the school's people; whether something is reported is theirs to decide.
"""

from datetime import datetime, time
from functools import partial

from sqlmodel import Session

from core.attendance.reports import unexplained
from core.clock import TAIPEI, school_day_of
from core.duty.job_runs import begin_school, tell_schools
from core.duty.tables import JobRun
from core.house import House
from core.notices.staff_desk import StaffDesk, staff_desk
from core.notices.staff_notices import tell_three_days

JOB = "three_days"
# Taipei times of day: lessons are over, and nobody is told in the evening.
FROM = time(15, 30)
UNTIL = time(19)


def run_three_days_tick(house: House) -> None:
    """Look at every school that was not looked at today, each in a transaction of its own."""
    now = house.clock.now()
    if not FROM <= now.astimezone(TAIPEI).time() < UNTIL:
        return
    desk = staff_desk(house.settings)
    tell_schools(house, JOB, partial(tell_school, desk=desk), now)


def tell_school(session: Session, school_code: str, now: datetime, *, desk: StaffDesk) -> int:
    """Tell the school's people once a day; return how many notices are new.

    Joins the caller's transaction.
    """
    if not begin_school(session, JOB, school_code, now):
        return 0
    today = school_day_of(now)
    children = unexplained(session, school_code, today)
    if not children:
        return 0
    session.get_one(JobRun, (JOB, f"{school_code}/{today}")).count = len(children)
    return tell_three_days(session, desk, school_code, today, children, now)
