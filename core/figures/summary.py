"""A school's day in a few numbers, for the summary its people get in the evening."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.attendance.reports import Counts, school_today, total_of
from core.attendance.tables import NoShowRun, RunState
from core.clock import school_day_of
from core.figures.notices import Outcome, deliveries_of
from core.gate.discrepancies import discrepancies
from core.gate.tables import Tap, TapSource
from core.people.tables import Student

HELD = (RunState.HELD, RunState.EXPIRED)
FAILED = (Outcome.FAILED, Outcome.EXPIRED)


@dataclass(frozen=True, slots=True)
class DaySummary:
    """A day: children by how they stand, what was held, entered or does not fit, and notices."""

    counts: Counts
    held: int
    make_ups: int
    differing: int
    told: int
    failed: int


def summary_of(session: Session, school_code: str, now: datetime) -> DaySummary:
    """Return today of a school; a fixed number of queries."""
    day = school_day_of(now)
    groups = deliveries_of(session, school_code, day)
    outcomes = [one for group in groups for one in group.counts.items()]
    return DaySummary(
        counts=total_of(school_today(session, school_code, now)),
        held=_held(session, school_code, day),
        make_ups=_make_ups(session, school_code, day),
        differing=len(discrepancies(session, school_code, day, day)),
        told=sum(count for outcome, count in outcomes if outcome is Outcome.SENT),
        failed=sum(count for outcome, count in outcomes if outcome in FAILED),
    )


def _held(session: Session, school_code: str, day: date) -> int:
    """Return how many no-shows were held and told to nobody."""
    statement = select(func.sum(col(NoShowRun.held))).where(
        col(NoShowRun.school_code) == school_code,
        col(NoShowRun.school_day) == day,
        col(NoShowRun.state).in_(HELD),
    )
    return session.scalar(statement) or 0


def _make_ups(session: Session, school_code: str, day: date) -> int:
    """Return the entries of the day that were not taken back."""
    undo = aliased(Tap)
    is_undone = exists().where(col(undo.undoes_id) == col(Tap.id))
    statement = (
        select(func.count())
        .select_from(Tap)
        .join(Student, col(Student.id) == col(Tap.student_id))
        .where(
            col(Student.school_code) == school_code,
            col(Tap.school_day) == day,
            col(Tap.source) == TapSource.MAKE_UP,
            ~is_undone,
        )
    )
    return session.scalar(statement) or 0
