"""A tick's run rows as locks: one machine at a time, and what was done is known."""

import logging
from collections.abc import Callable
from datetime import date, datetime

from sqlmodel import Session, col, select

from core.calendar.school_days import is_school_day
from core.clock import school_day_of
from core.db import insert_for, snapshot, table_of, transaction
from core.duty.tables import JobRun
from core.house import House
from core.people.roster import CANARY_SCHOOL
from core.people.tables import School

logger = logging.getLogger(__name__)


def tell_schools(
    house: House, job: str, tell: Callable[[Session, str, datetime], int], now: datetime
) -> None:
    """Do a daily job for every school it was not done for today, each in its own transaction.

    `tell` gets the session, the school's code and `now`, and returns how many notices are new. What
    fails at one school is logged and does not keep the others waiting.
    """
    with snapshot(house.engine) as session:
        due = due_schools(session, job, school_day_of(now))
    for school_code in due:
        try:
            with transaction(house.engine) as session:
                told = tell(session, school_code, now)
        except Exception:
            logger.exception("tick failed", extra={"action": job, "school_code": school_code})
            continue
        if told:
            house.notices_due.set()


def lock_run(
    session: Session, job: str, slot: str, *, outcome_if_new: str, now: datetime
) -> JobRun:
    """Return the run, made where there is none, and held until the caller's transaction ends.

    `outcome_if_new` is what a row made here says until the caller writes more.
    """
    session.execute(
        insert_for(session, JobRun)
        .values(job=job, slot=slot, outcome=outcome_if_new, ran_at=now, count=0)
        .on_conflict_do_nothing()
    )
    statement = select(JobRun).where(JobRun.job == job, JobRun.slot == slot)
    return session.exec(statement.with_for_update()).one()


def due_schools(session: Session, job: str, today: date) -> list[str]:
    """Return the codes of the schools this daily job has not looked at today."""
    slots = select(JobRun.slot).where(JobRun.job == job, col(JobRun.slot).endswith(f"/{today}"))
    done = set(session.exec(slots))
    codes = session.exec(select(School.code).order_by(col(School.code)))
    return [one for one in codes if one != CANARY_SCHOOL and f"{one}/{today}" not in done]


def begin_school(session: Session, job: str, school_code: str, now: datetime) -> bool:
    """Take the school's day for this job; tell whether it is ours to do, and a school day.

    Joins the caller's transaction, whose row keeps every other machine out.
    """
    today = school_day_of(now)
    is_open = is_school_day(session, school_code, today)
    run = table_of(JobRun)
    claim = insert_for(session, run).values(
        job=job,
        slot=f"{school_code}/{today}",
        outcome="told" if is_open else "no_school",
        ran_at=now,
        count=0,
    )
    claimed = session.execute(claim.on_conflict_do_nothing().returning(run.c.slot)).first()
    return claimed is not None and is_open
