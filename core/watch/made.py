"""Counting what was written, apart from what became of it: what is lost stands here only.

The tick looks at a notice once, two minutes after it was written. The same notice is counted where
it ended by another moment and another look, so the two sums need not agree by themselves.
"""

from collections import Counter
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, select, true, union_all
from sqlmodel import Session, col

from core.clock import at_taipei, day_end, school_day_of
from core.db import insert_for, table_of, transaction
from core.duty.job_runs import lock_run
from core.duty.tables import JobRun
from core.house import House
from core.notices.tables import Notice
from core.watch.counting import JOB, LAG
from core.watch.tables import MadeCount

# The run row whose `ran_at` says up to when is counted.
MADE_UNTIL = "made_until"
# What is written in its end state has ended a moment before it stands: see the outbox's places.
SLACK = timedelta(seconds=1)
KEY = ("day", "channel", "kind")


def count_made(house: House) -> None:
    """Add up what was written since the last time, each day apart."""
    while _count_span(house):
        pass


def made_today(session: Session, now: datetime, not_before: datetime) -> Counter[tuple[str, ...]]:
    """Return by channel and kind what was written today, or still waited at midnight.

    What no tick has counted is counted here, from `not_before` on.
    """
    today = school_day_of(now)
    midnight = at_taipei(today, time())
    run = session.get(JobRun, (JOB, MADE_UNTIL))
    first = max(run.ran_at if run else midnight, midnight, not_before)
    kept = select(MadeCount).where(col(MadeCount.day) == today)
    made: Counter[tuple[str, ...]] = Counter()
    for row in (*session.scalars(kept), *session.execute(_sums(first, None))):
        made[row.channel, row.kind] += row.number
    return made


def count_again(session: Session, ids: Collection[UUID], now: datetime) -> None:
    """Take what ended before today, and is about to wait again, into today; joins the transaction.

    Until the tick has been at today's first moment it is left to it, as all that waits by then.
    """
    midnight = at_taipei(school_day_of(now), time())
    run = lock_run(session, JOB, MADE_UNTIL, outcome_if_new="counted", now=midnight)
    if run.ran_at > midnight:
        notice = table_of(Notice).c
        number = func.count().label("number")
        ended = select(notice.channel, notice.kind, number).where(
            notice.id.in_(ids), notice.settled_at < midnight
        )
        _write(session, ended.group_by(notice.channel, notice.kind), school_day_of(now))


def _count_span(house: House) -> bool:
    """Count up to LAG ago, or to the day's end; tell whether another day is left."""
    now = house.clock.now()
    midnight = at_taipei(school_day_of(now), time())
    with transaction(house.engine) as session:
        run = lock_run(session, JOB, MADE_UNTIL, outcome_if_new="counted", now=midnight)
        first = run.ran_at
        end = min(now - LAG, day_end(school_day_of(first)))
        if first >= end:
            return False
        _write(session, _sums(first, end), school_day_of(first))
        run.ran_at = end
        session.add(run)
    return end < now - LAG


def _write(session: Session, found: Any, day: date) -> None:
    sums = found.add_columns(literal(day).label("day"))
    names = ["channel", "kind", "number", "day"]
    statement = insert_for(session, MadeCount).from_select(names, sums)
    number = table_of(MadeCount).c.number + statement.excluded.number
    session.execute(statement.on_conflict_do_update(index_elements=KEY, set_={"number": number}))


def _sums(first: datetime, end: datetime | None) -> Any:
    """Select what was written from `first` to before `end`, by channel and kind.

    It waits, or ended since: each part reads an index that the queue or the counts need anyway. At
    a day's first moment all that waits from the day before is taken in, as it will end in this one.
    """
    notice = table_of(Notice).c
    is_midnight = first == at_taipei(school_day_of(first), time())
    written: ColumnElement[bool] = true() if is_midnight else notice.created_at >= first
    if end is not None:
        written = and_(written, notice.created_at < end)
    ended_from = first if is_midnight else first - SLACK
    parts = (notice.settled_at.is_(None), notice.settled_at >= ended_from)
    found = union_all(
        *(select(notice.channel, notice.kind).where(part, written) for part in parts)
    ).subquery()
    return select(found.c.channel, found.c.kind, func.count().label("number")).group_by(
        found.c.channel, found.c.kind
    )
