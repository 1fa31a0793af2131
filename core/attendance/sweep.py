"""The sweep of one cut-off, as far as it can go at a moment.

due -> (held, staff asked) -> waiting through grace and review -> told. A run that comes too late
says so instead of telling.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from core.attendance.brake import GateReport, brake
from core.attendance.due import MOVABLE, is_outdated
from core.attendance.no_show import (
    count_missing,
    end_waiting,
    mark_missing,
    missing_children,
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
from core.attendance.tables import NoShowRun, NoShowState, RunState
from core.calendar.policy import changed_today
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
# A wrong entry is mostly taken back to be entered rightly: so long its child waits to be missed.
PAUSE = timedelta(minutes=5)
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
    before = RunState(run.state)
    if run.state in MOVABLE:
        _heed_changes(session, run, key, now)
    if run.state not in OPEN:
        return None
    groups = expected_groups(session, key)
    told = _step(session, desk, run, groups, gate, now)
    run.ran_at = now
    run.told += told
    session.add(run)
    session.flush()
    return Advance(RunState(run.state), run.state != before, told)


def _heed_changes(session: Session, run: NoShowRun, key: RunKey, now: datetime) -> None:
    """Let a run begin again for those whom rules that changed since have brought to it."""
    if not is_outdated(run, changed_today(session, now).get(run.school_code)):
        return
    run.ran_at = now
    session.add(run)
    where = (run.school_code, grades_of(expected_groups(session, key)), run.school_day)
    is_late = now - at_taipei(run.school_day, run.cutoff) > CATCH_UP_LIMIT
    if not is_late and missing_children(session, *where, now):
        run.state = RunState.DUE


def _step(
    session: Session,
    desk: StaffDesk,
    run: NoShowRun,
    groups: Groups,
    gate: GateReport,
    now: datetime,
) -> int:
    key = RunKey(run.school_code, run.school_day, run.cutoff)
    if not groups:
        run.state = RunState.NO_SCHOOL
        return 0
    late = now - at_taipei(key.school_day, key.cutoff)
    if _is_over(session, desk, run, groups, late, now):
        return 0
    if run.state == RunState.WAITING:
        children = _tell_due(session, desk, run, groups, gate, now)
    else:
        children = _begin(session, desk, run, groups, gate, now)
    return tell_missing(session, desk, key, children, gate, now)


def _begin(
    session: Session,
    desk: StaffDesk,
    run: NoShowRun,
    groups: Groups,
    gate: GateReport,
    now: datetime,
) -> list[UUID]:
    """Look at a run that is due or held; return the children to tell of."""
    where = (run.school_code, grades_of(groups), run.school_day)
    run.expected, run.arrived, missing = count_missing(session, *where, now)
    gate = brake(session, run, gate)
    if gate.hold is not None and missing:
        _hold(session, desk, run, gate, missing, now)
        return []
    was_held = run.state == RunState.HELD
    if was_held and missing and now - at_taipei(run.school_day, run.cutoff) > CATCH_UP_LIMIT:
        # Too late to tell by itself; staff may still release it.
        return []
    # Nobody is missed by a silent gate, not even who is expected only since the count.
    children = [] if gate.hold is not None else _mark(session, desk, run, groups, now)
    # Some may have been marked before, and are not expected any more.
    due, next_at = take_due(session, *where, now)
    _go_on(run, next_at)
    return children + due


def _tell_due(
    session: Session,
    desk: StaffDesk,
    run: NoShowRun,
    groups: Groups,
    gate: GateReport,
    now: datetime,
) -> list[UUID]:
    """Return the children whose grace and review have ended, unless the gate fell silent."""
    where = (run.school_code, grades_of(groups), run.school_day)
    if gate.hold is not None:
        _, _, missing = count_missing(session, *where, now)
        if missing:
            _hold(session, desk, run, gate, missing, now)
            return []
    children, next_at = take_due(session, *where, now)
    _go_on(run, next_at)
    return children


def _go_on(run: NoShowRun, next_at: datetime | None) -> None:
    run.next_at = next_at
    run.state = RunState.WAITING if next_at else RunState.TOLD


def _is_over(
    session: Session,
    desk: StaffDesk,
    run: NoShowRun,
    groups: Groups,
    late: timedelta,
    now: datetime,
) -> bool:
    """End a run that is too late, and let staff know."""
    was_held = run.state == RunState.HELD
    if late <= (HELD_LIMIT if was_held else CATCH_UP_LIMIT + _longest_wait(run, groups)):
        return False
    where = (run.school_code, grades_of(groups), run.school_day)
    _, _, missing = count_missing(session, *where, now)
    if was_held and not missing:
        # Nobody is left untold: it ends as if nothing had been held.
        return False
    run.state = RunState.EXPIRED if was_held else RunState.SKIPPED_LATE
    end_waiting(session, *where, NoShowState.UNTOLD, now)
    about = (run.school_code, run.school_day, run.cutoff)
    if was_held:
        tell_held_expired(session, desk, *about, count=missing, now=now)
    else:
        tell_skipped_late(session, *about, now)
    return True


def _longest_wait(run: NoShowRun, groups: Groups) -> timedelta:
    if run.state == RunState.DUE:
        return timedelta(0)
    # An entry taken back at the last moment has its pause, and as long again for the next look.
    return max(2 * PAUSE, *(rules.grace + rules.review for rules in groups))


def _hold(
    session: Session,
    desk: StaffDesk,
    run: NoShowRun,
    gate: GateReport,
    missing: int,
    now: datetime,
) -> None:
    """Say nothing to guardians and ask staff, once for each reason of a hold."""
    reason, held_at = gate.hold, run.held_at if run.state == RunState.HELD else None
    if reason is None or (held_at and run.hold_reason == reason):
        return
    run.held = missing
    run.state, run.hold_reason, run.held_at = RunState.HELD, reason, held_at or now
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
        held_at=run.held_at,
        now=now,
    )


def _mark(
    session: Session, desk: StaffDesk, run: NoShowRun, groups: Groups, now: datetime
) -> list[UUID]:
    """Mark the missing, those of an earlier mark too; return whose no-show is due at once."""
    due: list[UUID] = []
    for rules, grades in groups.items():
        due_at = max(at_taipei(run.school_day, run.cutoff) + rules.grace + rules.review, now)
        waits = due_at > now
        state = NoShowState.WAITING if waits else NoShowState.TOLD
        where = (run.school_code, grades, run.school_day)
        new = mark_missing(session, *where, state=state, due_at=due_at, now=now)
        if not waits:
            due += new
        elif new and rules.review:
            _ask_teachers(session, desk, run, grades, due_at, now)
    return due


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
