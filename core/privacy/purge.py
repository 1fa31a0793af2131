"""The purge: rows over age go, in batches of their own transactions, and the purge proves itself.

1. take the lock (one purge at a time across machines), then limit by limit: 2. put in a canary row
of old age and count what is over age, 3. delete or blank it, 4. count again, look whether the
canary is gone, and write that down. A crash loses the batch at hand; the next purge goes on where
this one ended.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Table, delete, func, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from core.clock import TAIPEI, school_day_of
from core.db import snapshot, transaction
from core.duty.job_runs import lock_run
from core.duty.months import count_months, drop_months, is_parted, is_quiet
from core.duty.tables import JobRun
from core.house import House
from core.privacy.erasure import forget_traces, heed_tombstones
from core.privacy.retention import LIMITS, Limit
from core.privacy.slices import BATCH, Slice
from core.privacy.tables import PurgeRun

logger = logging.getLogger(__name__)

JOB = "purge"
LOCK, IDLE, DONE = "lock", "idle", "done"
# Of a purge that died; each batch takes seconds.
LEASE = timedelta(minutes=10)
# The portal updates itself until 00:30.
FROM = time(0, 30)
# Where the clock only ever runs by day it is done by day.
OVERDUE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Done:
    """What a purge did with one limit. `canary_gone` None: none was put in."""

    limit: str
    table: str
    cutoff: datetime
    before: int
    removed: int
    after: int
    canary_gone: bool | None = None

    @property
    def is_proven(self) -> bool:
        """Tell whether nothing over age is left."""
        return self.after == 0 and self.canary_gone is not False


class LockLost(Exception):
    """Raised when another purge took over, as this one had been silent for too long."""


def run_purge_tick(house: House) -> None:
    """Purge once a Taipei date, at a quiet hour; on whatever machine is first."""
    now = house.clock.now()
    today = school_day_of(now)
    with snapshot(house.engine) as session:
        is_due = session.get(JobRun, (JOB, str(today))) is None and _is_quiet(session, now)
    if not is_due or purge(house) is None:
        return
    with transaction(house.engine) as session:
        lock_run(session, JOB, str(today), outcome_if_new=DONE, now=now)


def purge(house: House) -> list[Done] | None:
    """Remove everything over age and return what was done; None while another purge runs.

    Opens its own transactions. Whoever a restored backup brought back is erased first.
    """
    now = house.clock.now()
    token = str(uuid4())
    if not _take_lock(house, token, now):
        return None
    heed_tombstones(house)
    done = []
    try:
        for limit in LIMITS:
            done.append(_Purge(house, limit, token, now).run())
    except LockLost:
        logger.warning("purge taken over", extra={"action": JOB})
    finally:
        _release(house, token)
    forget_traces(house.engine)
    count_months(house.engine)
    return done


def over_age(house: House, now: datetime) -> list[Done]:
    """Return what a purge would remove; only reads."""
    found = []
    with snapshot(house.engine) as session:
        for limit in LIMITS:
            count = _count(session, limit.rows(), limit.slices(session, house.settings, now))
            cutoff = limit.cutoff(house.settings, now)
            found.append(Done(limit.name, limit.table, cutoff, count, 0, count))
    return found


def _is_quiet(session: Session, now: datetime) -> bool:
    hour = now.astimezone(TAIPEI).time()
    if is_quiet(now):
        return hour >= FROM
    last = session.execute(
        select(func.max(col(JobRun.ran_at))).where(
            col(JobRun.job) == JOB, col(JobRun.outcome) == DONE
        )
    ).scalar()
    # A new house has nothing old; its first purge can wait for the night.
    return last is not None and now - last > OVERDUE


def _take_lock(house: House, token: str, now: datetime) -> bool:
    with transaction(house.engine) as session:
        run = lock_run(session, JOB, LOCK, outcome_if_new=IDLE, now=now)
        if run.outcome != IDLE and now - run.ran_at < LEASE:
            return False
        run.outcome, run.ran_at, run.count = token, now, run.count + 1
    return True


def _release(house: House, token: str) -> None:
    with transaction(house.engine) as session:
        session.execute(_own_lock(token).values(outcome=IDLE))


def _own_lock(token: str) -> Any:
    return update(JobRun).where(
        col(JobRun.job) == JOB, col(JobRun.slot) == LOCK, col(JobRun.outcome) == token
    )


def _count(session: Session, table: Table, slices: list[Slice]) -> int:
    return sum(
        session.execute(select(func.count()).select_from(table).where(one.condition)).scalar_one()
        if one.count is None
        else one.count
        for one in slices
    )


class _Purge:
    """One limit of one purge."""

    def __init__(self, house: House, limit: Limit, token: str, now: datetime) -> None:
        self._house, self._limit, self._token, self._now = house, limit, token, now
        self._table = limit.rows()
        self._key = list(self._table.primary_key)
        self._cutoff = limit.cutoff(house.settings, now)

    def run(self) -> Done:
        started = self._house.clock.now()
        canary = self._put_canary()
        slices, before = self._over_age()
        removed = self._drop_months()
        if removed:
            slices, _ = self._over_age()
        removed += sum(map(self._remove, slices))
        _, after = self._over_age()
        gone = None if canary is None else not self._is_there(canary)
        done = Done(self._limit.name, self._table.name, self._cutoff, before, removed, after, gone)
        self._write_down(done, started)
        return done

    def _over_age(self) -> tuple[list[Slice], int]:
        """Look for rows over age and return them with their number."""
        with snapshot(self._house.engine) as session:
            slices = self._limit.slices(session, self._house.settings, self._now)
            return slices, _count(session, self._table, slices)

    def _drop_months(self) -> int:
        is_whole = not self._limit.blank and self._limit.only is None
        if not is_whole or not is_parted(self._house.engine, self._table.name):
            return 0
        with snapshot(self._house.engine) as session:
            until, is_over = self._limit.whole_days(session, self._house.settings, self._now)
        return drop_months(self._house.engine, self._table, until, is_over)

    def _put_canary(self) -> Any:
        if self._limit.canary is None:
            return None
        row = self._limit.canary(self._cutoff - timedelta(days=1))
        with transaction(self._house.engine) as session:
            session.execute(insert(self._table).values(row))
        return [row[column.name] for column in self._key]

    def _is_there(self, key: list[Any]) -> bool:
        same = [column == part for column, part in zip(self._key, key, strict=True)]
        with snapshot(self._house.engine) as session:
            return session.execute(select(self._key[0]).where(*same)).first() is not None

    def _remove(self, part: Slice) -> int:
        return sum(self._batches(part))

    def _batches(self, part: Slice) -> Iterator[int]:
        mark, removed = None, 0
        while part.count is None or removed < part.count:
            try:
                with transaction(self._house.engine) as session:
                    self._hold_lock(session)
                    ages: list[Any] = list(session.execute(self._statement(part, mark)).scalars())
            except IntegrityError:
                # A row that something newer still leans on. It stays over age, and is told as such.
                extra = {"action": JOB, "reason": self._limit.name}
                logger.exception("rows can't go", extra=extra)
                return
            if not ages:
                return
            removed += len(ages)
            yield len(ages)
            # Blanked rows stay in the index; without the mark each batch would walk past them all.
            mark = max(ages) if part.age is not None else None

    def _statement(self, part: Slice, mark: Any) -> Any:
        oldest = select(*self._key).where(part.condition).limit(BATCH)
        if part.age is not None:
            oldest = oldest.order_by(part.age)
        if mark is not None:
            oldest = oldest.where(part.age >= mark)
        # To choose rows and find them again by their key costs more than to delete them.
        these = part.condition if part.is_batch else tuple_(*self._key).in_(oldest)
        told = self._key[0] if part.age is None else part.age
        if self._limit.blank:
            return update(self._table).where(these).values(**self._limit.blank).returning(told)
        return delete(self._table).where(these).returning(told)

    def _hold_lock(self, session: Session) -> None:
        statement = _own_lock(self._token).values(ran_at=self._house.clock.now())
        if session.execute(statement.returning(col(JobRun.slot))).first() is None:
            raise LockLost

    def _write_down(self, done: Done, started: datetime) -> None:
        with transaction(self._house.engine) as session:
            session.add(
                PurgeRun(
                    limit_name=done.limit,
                    table_name=done.table,
                    day=school_day_of(self._now),
                    cutoff=done.cutoff,
                    before=done.before,
                    removed=done.removed,
                    after=done.after,
                    canary_gone=done.canary_gone,
                    started_at=started,
                    ended_at=self._house.clock.now(),
                )
            )
        extra = {"action": JOB, "reason": done.limit, "count": done.removed}
        if done.is_proven:
            logger.info("purged", extra=extra)
        else:
            logger.error("purge left rows over age", extra=extra)
