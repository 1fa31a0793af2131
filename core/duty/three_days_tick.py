"""The three-days tick: each school day in the afternoon, who left no trace for three days.

It only tells the school's people; whether something is reported is theirs to decide.
"""

import logging
from datetime import date, datetime, time

from sqlmodel import Session, col, select

from core.attendance.reports import unexplained
from core.calendar.school_days import is_school_day
from core.clock import TAIPEI, school_day_of
from core.db import insert_for, snapshot, table_of, transaction
from core.duty.tables import JobRun
from core.house import House
from core.notices.staff_desk import StaffDesk, staff_desk
from core.notices.staff_notices import tell_three_days
from core.people.tables import School

logger = logging.getLogger(__name__)

JOB = "three_days"
# Taipei times of day: lessons are over, and nobody is told in the evening.
FROM = time(15, 30)
UNTIL = time(19)


def run_three_days_tick(house: House) -> None:
    """Look at every school that was not looked at today, each in a transaction of its own."""
    now = house.clock.now()
    if not FROM <= now.astimezone(TAIPEI).time() < UNTIL:
        return
    today = school_day_of(now)
    desk = staff_desk(house.settings)
    with snapshot(house.engine) as session:
        due = _due_schools(session, today)
    for school_code in due:
        try:
            with transaction(house.engine) as session:
                told = tell_school(session, desk, school_code, today, now)
        except Exception:
            logger.exception("tick failed", extra={"action": JOB, "school_code": school_code})
            continue
        if told:
            house.notices_due.set()


def tell_school(
    session: Session, desk: StaffDesk, school_code: str, today: date, now: datetime
) -> int:
    """Tell the school's people once a day; return how many notices are new.

    Joins the caller's transaction, whose row in job_run keeps every other machine out.
    """
    is_open = is_school_day(session, school_code, today)
    run = table_of(JobRun)
    claim = insert_for(session, run).values(
        job=JOB,
        slot=_slot(school_code, today),
        outcome="told" if is_open else "no_school",
        ran_at=now,
        count=0,
    )
    claimed = session.execute(claim.on_conflict_do_nothing().returning(run.c.slot)).first()
    if claimed is None or not is_open:
        return 0
    children = unexplained(session, school_code, today)
    if not children:
        return 0
    session.get_one(JobRun, (JOB, _slot(school_code, today))).count = len(children)
    return tell_three_days(session, desk, school_code, today, children, now)


def _due_schools(session: Session, today: date) -> list[str]:
    done = set(
        session.exec(
            select(JobRun.slot).where(JobRun.job == JOB, col(JobRun.slot).endswith(f"/{today}"))
        )
    )
    codes = session.exec(select(School.code).order_by(col(School.code)))
    return [code for code in codes if _slot(code, today) not in done]


def _slot(school_code: str, day: date) -> str:
    return f"{school_code}/{day}"
