"""A tick's run rows as locks: one machine at a time, and what was done is known."""

from datetime import datetime

from sqlmodel import Session, select

from core.db import insert_for
from core.duty.tables import JobRun


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
