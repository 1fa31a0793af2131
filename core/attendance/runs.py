"""Cut-off runs: one for each cut-off of a school's day; what staff decide about a held one."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import exists, select
from sqlmodel import Session, col

from core.attendance.brake import GateReport
from core.attendance.conditions import was_seen
from core.attendance.no_show import end_waiting, mark_missing, missing_children
from core.attendance.seen import SAYING
from core.attendance.tables import AttendanceDay, NoShowRun, NoShowState, RunState
from core.audit import record_audit
from core.calendar.policy import DayRules, rules_for
from core.calendar.school_days import day_statuses
from core.clock import school_day_of
from core.db import insert_for
from core.errors import InputError
from core.kinds import DayPart, EventKind, NoticeKind
from core.notices.fan_out import tell_no_shows
from core.notices.recipients import recipients_of
from core.notices.staff_desk import StaffDesk
from core.notices.tables import Notice
from core.people.tables import School, Student

OPEN = (RunState.DUE, RunState.HELD, RunState.WAITING)
Groups = Mapping[DayRules, list[int]]


@dataclass(frozen=True, slots=True)
class RunKey:
    """One cut-off of a school on a Taipei date; `cutoff` is a Taipei time of day."""

    school_code: str
    school_day: date
    cutoff: time


@dataclass(frozen=True, slots=True)
class Released:
    """What staff set free, in children: those guardians hear of, those nobody hears of (`unheard`),
    and those that were seen or excused meanwhile.
    """

    told: int
    unheard: int
    seen: int


def lock_run(session: Session, key: RunKey, now: datetime) -> NoShowRun:
    """Make and lock a run's row, and the school against closures; joins the transaction."""
    # A closure of the school waits here, or is seen: it takes this row before it is written.
    session.execute(
        select(col(School.code))
        .where(col(School.code) == key.school_code)
        .with_for_update(read=True)
    )
    session.execute(
        insert_for(session, NoShowRun)
        .values(
            school_code=key.school_code,
            school_day=key.school_day,
            cutoff=key.cutoff,
            state=RunState.DUE,
            told=0,
            held=0,
            ran_at=now,
        )
        .on_conflict_do_nothing()
    )
    return session.scalars(
        select(NoShowRun)
        .where(
            col(NoShowRun.school_code) == key.school_code,
            col(NoShowRun.school_day) == key.school_day,
            col(NoShowRun.cutoff) == key.cutoff,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def expected_groups(session: Session, key: RunKey) -> Groups:
    """Return the grades of this cut-off that have lessons in the morning, by their rules."""
    grades = session.scalars(
        select(col(Student.grade)).where(col(Student.school_code) == key.school_code).distinct()
    ).all()
    day = key.school_day
    rules = rules_for(session, key.school_code, [(grade, day) for grade in grades])
    statuses = day_statuses(session, [(key.school_code, grade) for grade in grades], day, day)
    found: dict[DayRules, list[int]] = defaultdict(list)
    for grade in sorted(grades):
        status = statuses[key.school_code, grade][day]
        is_expected = status.is_open and status.closed_part is not DayPart.MORNING
        if is_expected and rules[grade, day].cutoff == key.cutoff:
            found[rules[grade, day]].append(grade)
    return found


def why_not_held(run: NoShowRun | None, now: datetime) -> str | None:
    """Return why nothing can be decided of a run any more: expired or answered; None while it can.

    Another day's is expired, whether the sweep came by to say so or not.
    """
    if run is None or run.state == RunState.EXPIRED:
        return "expired"
    if run.state != RunState.HELD:
        return "answered"
    return None if run.school_day == school_day_of(now) else "expired"


def release_run(
    session: Session, desk: StaffDesk, key: RunKey, *, gate: GateReport, by: str, now: datetime
) -> Released:
    """Tell the held no-shows after all, as staff decided; joins the transaction.

    `gate` is how the gate is now: the doubt it causes is told beside. Raises InputError answered
    or expired when the run is not held any more.
    """
    run = _lock_held(session, key, now)
    children = _settle_all(session, key, NoShowState.TOLD, now)
    told = tell_missing(session, desk, key, children, gate, now)
    _finish(session, run, RunState.TOLD, by, now)
    run.told += told
    unheard = {one.id for one in unheard_children(session, key.school_code, key.school_day)}
    alone = len(unheard.intersection(children))
    return Released(len(children) - alone, alone, max(run.held - len(children), 0))


def cancel_run(session: Session, key: RunKey, *, by: str, now: datetime) -> int:
    """Leave the held no-shows untold and return how many they were; joins the transaction.

    Raises InputError answered or expired when the run is not held any more.
    """
    run = _lock_held(session, key, now)
    children = _settle_all(session, key, NoShowState.UNTOLD, now)
    _finish(session, run, RunState.CANCELLED, by, now)
    return len(children)


def held_children(session: Session, key: RunKey, now: datetime) -> list[Student]:
    """Return the children whose no-shows are held, by class and seat."""
    grades = grades_of(expected_groups(session, key))
    return missing_children(session, key.school_code, grades, key.school_day, now)


def unheard_children(session: Session, school_code: str, day: date) -> list[Student]:
    """Return the missing children of the day that no guardian hears of, by class and seat.

    Their no-shows were told to nobody: no guardian is bound, or none can be reached.
    """
    notice = exists().where(
        col(Notice.student_id) == col(Student.id),
        col(Notice.school_day) == day,
        col(Notice.kind) == NoticeKind.NO_SHOW,
        col(Notice.guardian_id).is_not(None),
        col(Notice.state).in_(SAYING),
    )
    statement = (
        select(Student)
        .join(AttendanceDay, col(AttendanceDay.student_id) == col(Student.id))
        .where(
            col(Student.school_code) == school_code,
            col(AttendanceDay.school_day) == day,
            col(AttendanceDay.no_show) == NoShowState.TOLD,
            ~was_seen(),
            ~notice,
        )
    )
    by_seat = (col(Student.homeroom), col(Student.seat_number), col(Student.id))
    return list(session.scalars(statement.order_by(*by_seat)))


def count_unheard(session: Session, children: Collection[Student]) -> int:
    """Return of how many children nobody would hear if their no-shows were told now."""
    ids = {child.id for child in children}
    found = recipients_of(session, ids, EventKind.NO_SHOW)
    heard = {child for child, group in found.items() if any(one.ended is None for one in group)}
    return len(ids - heard)


def grades_of(groups: Groups) -> list[int]:
    """Return all grades of the groups."""
    return [grade for group in groups.values() for grade in group]


def tell_missing(
    session: Session,
    desk: StaffDesk,
    key: RunKey,
    children: Collection[UUID],
    gate: GateReport,
    now: datetime,
) -> int:
    """Enqueue the no-shows of children just turned into told ones; return how many."""
    if not children:
        return 0
    return tell_no_shows(
        session,
        desk,
        children,
        school_day=key.school_day,
        cutoff=key.cutoff,
        heartbeat=gate.heartbeat,
        silent_since=gate.silent_since,
        now=now,
    )


def _settle_all(session: Session, key: RunKey, state: NoShowState, now: datetime) -> list[UUID]:
    """Bring the no-shows of a run to this state, those waiting and those not yet marked."""
    where = (key.school_code, grades_of(expected_groups(session, key)), key.school_day)
    waiting = end_waiting(session, *where, state, now)
    return waiting + mark_missing(session, *where, state=state, due_at=now, now=now)


def _lock_held(session: Session, key: RunKey, now: datetime) -> NoShowRun:
    run = lock_run(session, key, now)
    if (code := why_not_held(run, now)) is not None:
        raise InputError(code)
    return run


def _finish(session: Session, run: NoShowRun, state: RunState, by: str, now: datetime) -> None:
    run.state, run.decided_by, run.ran_at = state, by, now
    session.add(run)
    subject = f"no_show_run:{run.school_code}/{run.school_day}/{run.cutoff:%H:%M}"
    record_audit(session, actor=by, action=f"no_show.{state}", subject=subject, now=now)
