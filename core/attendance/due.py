"""Which cut-offs have passed and are not finished: the work of a tick, found by query."""

from collections import defaultdict
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from core.attendance.runs import OPEN, RunKey
from core.attendance.tables import NoShowRun, RunState
from core.calendar.policy import changed_today, resolve, stands
from core.calendar.tables import DayPolicy
from core.clock import TAIPEI, school_day_of
from core.people.tables import School

# Stands for the grades no rule names.
ANY_GRADE = 0
# Ended by nobody's decision, and not for being too late.
MOVABLE = (RunState.WAITING, RunState.TOLD, RunState.NO_SCHOOL)
# A change bears the time at which it was asked for; by then it is there for others to see.
COMMITTED = timedelta(minutes=1)
# What is looked at of each run, every few seconds.
SEEN = ("school_code", "cutoff", "state", "next_at", "ran_at")


def due_runs(session: Session, now: datetime) -> list[RunKey]:
    """Return the cut-offs of today that have passed and have something to do now.

    Where a school's rules changed since a run's last look, grades may have come to it, or left it.
    """
    today = school_day_of(now)
    clock = now.astimezone(TAIPEI).time()
    facts = [col(getattr(NoShowRun, name)) for name in SEEN]
    rows = session.execute(select(*facts).where(col(NoShowRun.school_day) == today))
    runs = {(run.school_code, run.cutoff): run for run in rows}
    passed = {
        (code, cutoff)
        for code, cutoffs in cutoffs_of(session, now).items()
        for cutoff in cutoffs
        if cutoff <= clock
    }
    # One that is open ends, also where no grade has its cut-off any more.
    passed |= {place for place, run in runs.items() if run.state in OPEN}
    changes = changed_today(session, now)
    at_rest = {
        place
        for place, run in runs.items()
        if _is_at_rest(run, now) and not is_outdated(run, changes.get(run.school_code))
    }
    return [RunKey(code, today, cutoff) for code, cutoff in sorted(passed - at_rest)]


def is_outdated(run: Any, changed_at: datetime | None) -> bool:
    """Tell whether a run that may go on by itself was looked at under other rules than now."""
    if changed_at is None or run.state not in MOVABLE:
        return False
    is_later: bool = changed_at > run.ran_at - COMMITTED
    return is_later


def _is_at_rest(run: Any, now: datetime) -> bool:
    is_early = run.state == RunState.WAITING and run.next_at is not None and run.next_at > now
    return is_early or run.state not in OPEN


def cutoffs_of(session: Session, now: datetime) -> dict[str, list[time]]:
    """Return each school's cut-offs of today, of the grades its rules name and of all others.

    Earliest first; two queries.
    """
    today = school_day_of(now)
    rules: dict[str, list[DayPolicy]] = defaultdict(list)
    for row in session.scalars(select(DayPolicy).where(stands(now))):
        rules[row.school_code].append(row)
    found = {}
    for school in session.scalars(select(School).order_by(col(School.code))):
        own = rules[school.code]
        grades = {row.grade or ANY_GRADE for row in own} | {ANY_GRADE}
        found[school.code] = sorted(
            {resolve(school, own, (grade, today)).cutoff for grade in grades}
        )
    return found
