"""The digest tick: each school day at a set time the officers get the day in numbers, once."""

from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session

from core.clock import at_taipei, school_day_of
from core.delivery.quota_month import left_of
from core.duty.job_runs import begin_school, tell_schools
from core.figures.summary import DaySummary, summary_of
from core.house import House
from core.notices.staff_desk import StaffDesk, staff_desk
from core.notices.staff_reminders import tell_digest

JOB = "digest"
# A clock that was away says nothing of the day in the middle of the night.
FOR = timedelta(hours=3)


def run_digest_tick(house: House) -> None:
    """Tell every school whose day is not told yet, each in a transaction of its own."""
    now = house.clock.now()
    today = school_day_of(now)
    begins = at_taipei(today, house.settings.staff_digest_at)
    if not begins <= now < begins + FOR:
        return
    desk = staff_desk(house.settings)
    tell_schools(house, JOB, partial(tell_school, desk=desk), now)


def tell_school(session: Session, school_code: str, now: datetime, *, desk: StaffDesk) -> int:
    """Tell the school's officers once a day; return how many notices are new.

    Joins the caller's transaction.
    """
    if not begin_school(session, JOB, school_code, now):
        return 0
    summary = summary_of(session, school_code, now)
    # Of a school that nobody's card is known at there is nothing to tell.
    if not summary.counts.expected:
        return 0
    return tell_digest(session, desk, school_code, _numbers(summary), left_of(session, now), now)


def _numbers(summary: DaySummary) -> dict[str, int]:
    numbers = asdict(summary)
    counts = numbers.pop("counts")
    return {**numbers, **counts, "expected": summary.counts.expected}
