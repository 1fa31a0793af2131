"""Which cut-offs have passed and are not finished: the work of a tick, found by query."""

from collections import defaultdict
from datetime import datetime, time

from sqlalchemy import or_, select
from sqlmodel import Session, col

from core.attendance.runs import OPEN, RunKey
from core.attendance.tables import NoShowRun, RunState
from core.calendar.policy import resolve, stands
from core.calendar.tables import DayPolicy
from core.clock import TAIPEI, school_day_of
from core.people.tables import School

# Stands for the grades no rule names.
ANY_GRADE = 0


def due_runs(session: Session, now: datetime) -> list[RunKey]:
    """Return the cut-offs of today that have passed and have something to do now."""
    today = school_day_of(now)
    clock = now.astimezone(TAIPEI).time()
    is_finished = col(NoShowRun.state).not_in(OPEN)
    is_early = (col(NoShowRun.state) == RunState.WAITING) & (col(NoShowRun.next_at) > now)
    at_rest = {
        (row.school_code, row.cutoff)
        for row in session.execute(
            select(col(NoShowRun.school_code), col(NoShowRun.cutoff)).where(
                col(NoShowRun.school_day) == today, or_(is_finished, is_early)
            )
        )
    }
    return [
        RunKey(code, today, cutoff)
        for code, cutoffs in cutoffs_of(session, now).items()
        for cutoff in cutoffs
        if cutoff <= clock and (code, cutoff) not in at_rest
    ]


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
