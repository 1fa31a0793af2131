"""The sweep of one cut-off, as far as it can go at a moment.

due -> (held, staff asked) -> waiting through grace and review -> told. A run that comes too late
says so instead of telling.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from core.attendance.brake import GateReport, brake
from core.attendance.no_show import (
    count_missing,
    let_go,
    mark_missing,
    missing_children,
    next_due,
    take_due,
)
from core.attendance.runs import (
    OPEN,
    Groups,
    RunKey,
    expected_groups,
    grades_of,
    lock_run,
    tell_missing,
)
from core.attendance.tables import NoShowRun, RunState
from core.calendar.policy import rules_for
from core.clock import at_taipei
from core.notices.staff_notices import (
    MissingChild,
    StaffDesk,
    tell_held,
    tell_held_expired,
    tell_review,
    tell_skipped_late,
)

# A no-show told later than this after the cut-off would be no help any more.
CATCH_UP_LIMIT = timedelta(minutes=90)
# So long staff may still release what was held.
HELD_LIMIT = timedelta(minutes=120)


@dataclass(frozen=True, slots=True)
class Advance:
    """Where a run stands after a look at it, and how many notices were written."""

    state: RunState
    is_news: bool
    told: int = 0


def advance_run(
    session: Session, desk: StaffDesk, key: RunKey, gate: GateReport, now: datetime
) -> Advance | None:
    """Take one run as far as it can go; joins the caller's transaction.

    Return None when somebody else finished it.
    """
    run = lock_run(session, key, now)
    if run.state not in OPEN:
        return None
    before = RunState(run.state)
    groups = expected_groups(session, key)
    told = _step(session, desk, run, groups, gate, now)
    run.ran_at = now
    run.told += told
    session.add(run)
    session.flush()
    return Advance(RunState(run.state), run.state != before, told)


def _step(
    session: Session,
    desk: StaffDesk,
    run: NoShowRun,
    groups: Groups,
    gate: GateReport,
    now: datetime,
) -> int:
    key = RunKey(run.school_code, run.school_day, run.cutoff)
    grades = grades_of(groups)
    if not groups:
        run.state = RunState.NO_SCHOOL
        return 0
    late = now - at_taipei(key.school_day, key.cutoff)
    if _is_over(session, desk, run, grades, late, now):
        return 0
    if run.state != RunState.WAITING:
        run.expected, run.arrived, _ = count_missing(
            session, key.school_code, grades, key.school_day, now
        )
        gate = brake(session, run, gate)
    if gate.hold is not None:
        _hold(session, desk, run, gate, grades, now)
        return 0
    if late > CATCH_UP_LIMIT and run.state == RunState.HELD:
        # Too late to tell by itself; staff may still release it.
        return 0
    if run.state != RunState.WAITING:
        _mark(session, desk, run, groups, now)
    children = take_due(session, key.school_code, grades, key.school_day, now)
    told = tell_missing(session, desk.liff_id, key, children, gate.heartbeat, now)
    run.next_at = next_due(session, key.school_code, grades, key.school_day)
    run.state = RunState.WAITING if run.next_at else RunState.TOLD
    return told


def _is_over(
    session: Session,
    desk: StaffDesk,
    run: NoShowRun,
    grades: Collection[int],
    late: timedelta,
    now: datetime,
) -> bool:
    """End a run that is too late, and let staff know."""
    key = RunKey(run.school_code, run.school_day, run.cutoff)
    where = (key.school_code, key.school_day, key.cutoff)
    if run.state == RunState.HELD and late > HELD_LIMIT:
        run.state = RunState.EXPIRED
        let_go(session, key.school_code, grades, key.school_day, now)
        tell_held_expired(session, desk, *where, count=run.held, now=now)
        return True
    if run.state != RunState.HELD and late > CATCH_UP_LIMIT + _longest_wait(session, run, grades):
        run.state = RunState.SKIPPED_LATE
        let_go(session, key.school_code, grades, key.school_day, now)
        tell_skipped_late(session, *where, now)
        return True
    return False


def _longest_wait(session: Session, run: NoShowRun, grades: Collection[int]) -> timedelta:
    if run.state == RunState.DUE:
        return timedelta(0)
    rules = rules_for(session, run.school_code, [(grade, run.school_day) for grade in grades])
    return max((one.grace + one.review for one in rules.values()), default=timedelta(0))


def _hold(
    session: Session,
    desk: StaffDesk,
    run: NoShowRun,
    gate: GateReport,
    grades: Collection[int],
    now: datetime,
) -> None:
    """Say nothing to guardians and ask staff, once for each reason."""
    reason = gate.hold
    if reason is None or (run.state == RunState.HELD and run.hold_reason == reason):
        return
    _, _, run.held = count_missing(session, run.school_code, grades, run.school_day, now)
    run.state, run.hold_reason, run.held_at = RunState.HELD, reason, now
    tell_held(
        session,
        desk,
        run.school_code,
        run.school_day,
        run.cutoff,
        count=run.held,
        reason=reason,
        since=gate.since,
        share=gate.share,
        now=now,
    )


def _mark(session: Session, desk: StaffDesk, run: NoShowRun, groups: Groups, now: datetime) -> None:
    for rules, grades in groups.items():
        due_at = at_taipei(run.school_day, run.cutoff) + rules.grace + rules.review
        new = mark_missing(
            session, run.school_code, grades, run.school_day, due_at=max(due_at, now), now=now
        )
        if new and rules.review and due_at > now:
            _ask_teachers(session, desk, run, grades, due_at, now)


def _ask_teachers(
    session: Session,
    desk: StaffDesk,
    run: NoShowRun,
    grades: Collection[int],
    deadline: datetime,
    now: datetime,
) -> None:
    missing = [
        MissingChild(one.id, one.homeroom, one.seat_number, one.name)
        for one in missing_children(session, run.school_code, grades, run.school_day, now)
    ]
    tell_review(
        session,
        desk,
        run.school_code,
        run.school_day,
        run.cutoff,
        missing,
        deadline=deadline,
        now=now,
    )
