"""The cut-off tick: find schools whose cut-off has passed and sweep each once.

The work is found by query, so a tick that came late or ran on two machines changes nothing.
"""

import logging
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlmodel import Session, col, select

from core.attendance.no_show import sweep_no_shows
from core.calendar.school_days import is_school_day
from core.clock import TAIPEI, school_day_of
from core.db import insert_for, snapshot, transaction
from core.duty.tables import JobRun
from core.gate.readers import healthy_since
from core.house import House
from core.notices.fan_out import tell_no_shows
from core.people.tables import School

logger = logging.getLogger(__name__)

JOB = "no_show"
# A no-show told later than this after the cut-off would be no help any more.
CATCH_UP_LIMIT = timedelta(minutes=90)


class Outcome(StrEnum):
    """How a school's cut-off went. DUE and HELD (by a silent gate) are not final."""

    DUE = "due"
    HELD = "held"
    TOLD = "told"
    NO_SCHOOL = "no_school"
    SKIPPED_LATE = "skipped_late"


OPEN = frozenset({Outcome.DUE, Outcome.HELD})


def run_no_show_tick(house: House) -> None:
    """Sweep every school that is due, each in a transaction of its own."""
    now = house.clock.now()
    with snapshot(house.engine) as session:
        due = due_schools(session, now)
    for school_code in due:
        # One school's trouble must not keep the others waiting until it is too late for them.
        try:
            _run_school(house, school_code, now)
        except Exception:
            logger.exception("cut-off failed", extra={"action": JOB, "school_code": school_code})


def _run_school(house: House, school_code: str, now: datetime) -> None:
    with transaction(house.engine) as session:
        outcome, count = sweep_school(session, house.settings.liff_id, school_code, now)
    if count:
        house.notices_due.set()
    if outcome is not None:
        _log(school_code, outcome, count)


def due_schools(session: Session, now: datetime) -> list[str]:
    """Return the codes of schools past today's cut-off without a final run."""
    today = school_day_of(now)
    clock = now.astimezone(TAIPEI).time()
    # A school code is the slot's first part; a run row exists at most once a day and school.
    slot = col(School.code).concat(f"/{today}")
    finished = select(JobRun.slot).where(
        JobRun.job == JOB, JobRun.slot == slot, col(JobRun.outcome).not_in(OPEN)
    )
    statement = select(School.code).where(col(School.cutoff) <= clock, ~finished.exists())
    return list(session.exec(statement.order_by(col(School.code))))


def sweep_school(
    session: Session, liff_id: str, school_code: str, now: datetime
) -> tuple[Outcome | None, int]:
    """Run one school's cut-off; joins the caller's transaction.

    Return the new outcome and how many notices it wrote; None when nothing changed: somebody else
    finished it, or it is still held.
    """
    today = school_day_of(now)
    run = _lock_run(session, f"{school_code}/{today}", now)
    if run.outcome not in OPEN:
        return None, 0
    outcome, count = _sweep(session, liff_id, school_code, today, now)
    is_news = outcome != run.outcome
    run.outcome, run.ran_at, run.count = outcome, now, count
    session.add(run)
    return (outcome if is_news else None), count


def _lock_run(session: Session, slot: str, now: datetime) -> JobRun:
    session.execute(
        insert_for(session, JobRun)
        .values(job=JOB, slot=slot, outcome=Outcome.DUE, ran_at=now, count=0)
        .on_conflict_do_nothing()
    )
    statement = select(JobRun).where(JobRun.job == JOB, JobRun.slot == slot)
    return session.exec(statement.with_for_update()).one()


def _sweep(
    session: Session, liff_id: str, school_code: str, today: date, now: datetime
) -> tuple[Outcome, int]:
    school = session.get_one(School, school_code)
    if not is_school_day(session, school_code, today):
        return Outcome.NO_SCHOOL, 0
    if now - datetime.combine(today, school.cutoff, TAIPEI) > CATCH_UP_LIMIT:
        return Outcome.SKIPPED_LATE, 0
    heartbeat = healthy_since(session, school_code, now)
    if heartbeat is None:
        # Silence from a gate is never evidence about a child.
        return Outcome.HELD, 0
    missing = sweep_no_shows(session, school_code, today, now)
    count = tell_no_shows(
        session,
        liff_id,
        missing,
        school_day=today,
        cutoff=school.cutoff,
        heartbeat=heartbeat,
        now=now,
    )
    return Outcome.TOLD, count


def _log(school_code: str, outcome: Outcome, count: int) -> None:
    is_fine = outcome in (Outcome.TOLD, Outcome.NO_SCHOOL)
    logger.log(
        logging.INFO if is_fine else logging.ERROR,
        "cut-off",
        extra={
            "action": JOB,
            "school_code": school_code,
            "outcome": outcome.value,
            "count": count,
        },
    )
