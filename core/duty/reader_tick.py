"""The reader tick: who runs a school hears of a reader that is silent, doubled or full of holes.

The work is found by query, and each trouble is told once across machines: its run row is the lock.
"""

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col, select

from core.calendar.school_days import is_school_day
from core.clock import TAIPEI, school_day_of
from core.db import snapshot, transaction
from core.duty.job_runs import lock_run
from core.duty.tables import JobRun
from core.gate.health import ReaderState, live_readers, reader_states
from core.house import House
from core.kinds import NoticeKind
from core.notices.staff_notices import tell_reader_cloned, tell_reader_gap, tell_reader_silent

logger = logging.getLogger(__name__)

SILENT_AFTER = timedelta(seconds=90)
# Taps that change places on their way must not alarm anybody.
GAP_AFTER = timedelta(seconds=60)
WATCH_FROM, WATCH_UNTIL = time(6, 30), time(18)
SEEN, TOLD = "seen", "told"
KINDS = (NoticeKind.READER_SILENT, NoticeKind.READER_CLONED, NoticeKind.READER_GAP)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with one reader; `slot` names the outage, so that it is told once."""

    kind: NoticeKind
    state: ReaderState
    slot: str


def watch_readers(house: House) -> None:
    """Tell what was not told yet, each trouble in a transaction of its own."""
    now = house.clock.now()
    if not WATCH_FROM <= now.astimezone(TAIPEI).time() < WATCH_UNTIL:
        return
    with snapshot(house.engine) as session:
        troubles = find_troubles(session, now)
        known = _known(session, [one.slot for one in troubles])
    _forget_closed_gaps(house, troubles, known)
    told = 0
    for one in troubles:
        if known.get((one.kind, one.slot)) != TOLD:
            told += _tell(house, one, now)
    if told:
        house.notices_due.set()


def find_troubles(session: Session, now: datetime) -> list[Trouble]:
    """Return what is wrong with the readers of schools that have lessons today."""
    today = school_day_of(now)
    found = [
        trouble
        for state in reader_states(session, live_readers(session), now)
        for trouble in _troubles(state, now)
    ]
    schools = {one.state.reader.school_code for one in found}
    open_schools = {code for code in schools if is_school_day(session, code, today)}
    return [one for one in found if one.state.reader.school_code in open_schools]


def _troubles(state: ReaderState, now: datetime) -> Iterator[Trouble]:
    reader, today = state.reader, school_day_of(now)
    heard = reader.last_contact_at
    if now - (heard or reader.added_at) > SILENT_AFTER:
        since = f"{heard:%Y-%m-%dT%H:%M:%S}" if heard else str(today)
        yield Trouble(NoticeKind.READER_SILENT, state, f"{reader.id}/{since}")
    if reader.cloned_at is not None and school_day_of(reader.cloned_at) == today:
        yield Trouble(NoticeKind.READER_CLONED, state, f"{reader.id}/{today}")
    if state.missing:
        yield Trouble(NoticeKind.READER_GAP, state, f"{reader.id}/{today}")


def _known(session: Session, slots: Collection[str]) -> dict[tuple[str, str], str]:
    is_wanted = col(JobRun.slot).in_(slots) | (col(JobRun.outcome) == SEEN)
    runs = session.exec(select(JobRun).where(col(JobRun.job).in_(KINDS), is_wanted))
    return {(run.job, run.slot): run.outcome for run in runs}


def _forget_closed_gaps(
    house: House, troubles: Collection[Trouble], known: dict[tuple[str, str], str]
) -> None:
    present = {one.slot for one in troubles if one.kind is NoticeKind.READER_GAP}
    closed = {
        slot
        for (job, slot), outcome in known.items()
        if job == NoticeKind.READER_GAP and outcome == SEEN and slot not in present
    }
    if closed:
        with transaction(house.engine) as session:
            session.execute(
                delete(JobRun).where(
                    col(JobRun.job) == NoticeKind.READER_GAP,
                    col(JobRun.slot).in_(closed),
                    col(JobRun.outcome) == SEEN,
                )
            )


def _tell(house: House, one: Trouble, now: datetime) -> int:
    with transaction(house.engine) as session:
        run = lock_run(session, one.kind, one.slot, outcome_if_new=SEEN, now=now)
        is_young = one.kind is NoticeKind.READER_GAP and now - run.ran_at < GAP_AFTER
        if run.outcome == TOLD or is_young:
            return 0
        count = _enqueue(session, one, now)
        run.outcome, run.ran_at, run.count = TOLD, now, count
        session.add(run)
    logger.error(
        "reader in trouble",
        extra={
            "action": one.kind.value,
            "reader_id": str(one.state.reader.id),
            "school_code": one.state.reader.school_code,
            "count": count,
        },
    )
    return count


def _enqueue(session: Session, one: Trouble, now: datetime) -> int:
    reader = one.state.reader
    where = (session, reader.school_code, reader.gate, reader.id)
    match one.kind:
        case NoticeKind.READER_SILENT:
            return tell_reader_silent(*where, reader.last_contact_at, now)
        case NoticeKind.READER_CLONED:
            return tell_reader_cloned(*where, now)
    return tell_reader_gap(*where, one.state.missing, now)
