"""Counting: what ended is added up once, in small spans, so that a scrape reads sums.

A tick folds every span that lies LAG behind; what ended later is counted where it is asked for.
After midnight the day before is counted once more as a whole: a transaction that was committed
later than LAG after its own moment had slipped through.
"""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    delete,
    extract,
    func,
    literal,
    literal_column,
    select,
    update,
)
from sqlmodel import Session, col

from core.clock import TAIPEI, at_taipei, day_end, school_day_of
from core.db import insert_for, table_of, transaction
from core.duty.job_runs import lock_run
from core.duty.tables import JobRun
from core.gate.tables import Tap
from core.house import House
from core.kinds import Channel, NoticeState
from core.notices.tables import Notice
from core.watch.tables import DwellCount, NoticeCount

JOB = "notice_counts"
# The run row whose `ran_at` says up to when is counted.
COUNTED_UNTIL = "until"
LAG = timedelta(minutes=2)
SPAN = timedelta(minutes=5)
RECOUNT_FROM = time(0, 30)
DWELL_KEPT = timedelta(hours=2)
# Upper bounds in seconds; the promise is about 5 and 10.
BUCKETS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3600)
KEY = ("day", "channel", "kind", "state", "outcome")
SUMS = ("number", "retried", "tries")


def count_notices(house: House) -> None:
    """Add up what ended since the last time, then count yesterday once more if that is due."""
    while _count_span(house):
        pass
    now = house.clock.now()
    if now.astimezone(TAIPEI).time() >= RECOUNT_FROM:
        _recount(house, school_day_of(now) - timedelta(days=1), now)


def counted_until(session: Session) -> datetime | None:
    """Return up to when ended notices are added up; None before the first time."""
    run = session.get(JobRun, (JOB, COUNTED_UNTIL))
    return run.ran_at if run else None


def sums_since(session: Session, first: datetime) -> list[Any]:
    """Return the sums of what ended from a moment on, as rows of NoticeCount without the day."""
    return list(session.execute(_sums(col(Notice.settled_at) >= first)).all())


def hold_counts(session: Session, now: datetime) -> JobRun:
    """Keep the counts as they are until the caller's transaction ends."""
    midnight = at_taipei(school_day_of(now), time())
    return lock_run(session, JOB, COUNTED_UNTIL, outcome_if_new="counted", now=midnight)


def uncount(session: Session, ids: list[UUID], run: JobRun) -> None:
    """Take notices that are about to wait again out of the counts `run` holds; joins it."""
    counted = session.scalars(
        select(Notice).where(col(Notice.id).in_(ids), col(Notice.settled_at) < run.ran_at)
    )
    for notice in counted:
        # The states asked for have ended, so the moment is there.
        day = school_day_of(notice.settled_at or run.ran_at)
        key = (day, notice.channel, notice.kind, notice.state, notice.outcome or "")
        session.execute(
            update(NoticeCount)
            .where(
                *(
                    col(getattr(NoticeCount, name)) == part
                    for name, part in zip(KEY, key, strict=True)
                )
            )
            .values(
                number=col(NoticeCount.number) - 1,
                retried=col(NoticeCount.retried) - int(notice.attempts > 1),
                tries=col(NoticeCount.tries) - notice.attempts,
            )
        )


def _count_span(house: House) -> bool:
    """Count the next span; tell whether there may be another."""
    now = house.clock.now()
    with transaction(house.engine) as session:
        run = hold_counts(session, now)
        first, end = run.ran_at, now - LAG
        first = max(first, _next_end(session, first) or end)
        if first >= end:
            run.ran_at = max(run.ran_at, end)
            return False
        day = school_day_of(first)
        run.ran_at = min(first + SPAN, day_end(day), end)
        span = _span(first, run.ran_at)
        _add(session, day, span)
        _add_dwell(session, run.ran_at, span)
        session.execute(delete(DwellCount).where(col(DwellCount.until) < now - DWELL_KEPT))
        session.add(run)
    return True


def _next_end(session: Session, first: datetime) -> datetime | None:
    statement = select(col(Notice.settled_at)).where(col(Notice.settled_at) >= first)
    return session.execute(statement.order_by(col(Notice.settled_at)).limit(1)).scalar()


def _span(first: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(col(Notice.settled_at) >= first, col(Notice.settled_at) < end)


def _recount(house: House, day: date, now: datetime) -> None:
    with transaction(house.engine) as session:
        run = lock_run(session, JOB, str(day), outcome_if_new="due", now=now)
        if run.outcome != "due" or hold_counts(session, now).ran_at < day_end(day):
            return
        session.execute(delete(NoticeCount).where(col(NoticeCount.day) == day))
        _add(session, day, _span(at_taipei(day, time()), day_end(day)))
        run.outcome = "counted"
        session.add(run)


def _add(session: Session, day: date, which: ColumnElement[bool]) -> None:
    sums = _sums(which).add_columns(literal(day).label("day"))
    names = [*KEY[1:], *SUMS, "day"]
    statement = insert_for(session, NoticeCount).from_select(names, sums)
    count = table_of(NoticeCount).c
    session.execute(
        statement.on_conflict_do_update(
            index_elements=KEY,
            set_={name: count[name] + statement.excluded[name] for name in SUMS},
        )
    )


def _sums(which: ColumnElement[bool]) -> Any:
    notice = table_of(Notice).c
    outcome = func.coalesce(notice.outcome, literal_column("''"))
    return (
        select(
            notice.channel,
            notice.kind,
            notice.state,
            outcome.label("outcome"),
            func.count().label("number"),
            func.sum(case((notice.attempts > 1, 1), else_=0)).label("retried"),
            func.sum(notice.attempts).label("tries"),
        )
        .where(which)
        .group_by(notice.channel, notice.kind, notice.state, outcome)
    )


def _add_dwell(session: Session, until: datetime, which: ColumnElement[bool]) -> None:
    notice, tap = table_of(Notice).c, table_of(Tap).c
    seconds = _seconds(session.get_bind().dialect.name, tap.received_at, notice.settled_at)
    bounds = [(seconds <= bound, place) for place, bound in enumerate(BUCKETS)]
    each = (
        select(case(*bounds, else_=len(BUCKETS)).label("bucket"), seconds.label("seconds"))
        .select_from(table_of(Notice).join(table_of(Tap), tap.id == notice.tap_id))
        .where(
            which,
            notice.channel == Channel.LINE.value,
            notice.state == NoticeState.ACCEPTED.value,
            # A card that found its child later says nothing about our speed.
            tap.matched_at.is_(None),
        )
        .subquery()
    )
    rows: list[Any] = list(
        session.execute(
            select(each.c.bucket, func.count(), func.sum(each.c.seconds)).group_by(each.c.bucket)
        )
    )
    for bucket, number, total in rows:
        session.add(
            DwellCount(until=until, bucket=bucket, number=number, seconds=max(0.0, float(total)))
        )


def _seconds(engine: str, earlier: Any, later: Any) -> Any:
    if engine == "sqlite":
        return (func.julianday(later) - func.julianday(earlier)) * 86400.0
    return extract("epoch", later - earlier)
