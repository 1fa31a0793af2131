"""Claims on the outbox: what is due is leased to one sender, for a while.

One statement claims on both engines: PostgreSQL passes over rows somebody holds (SKIP LOCKED),
SQLite's writer is alone; the state is looked at again by the UPDATE itself.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlmodel import Session

from core.by_index import anew_with_growth, by_index
from core.db import UtcDateTime, table_of
from core.delivery.day_span import span_of, within_span
from core.delivery.last_look import end_unwanted
from core.delivery.pushes import Leased, assemble, is_new, push_of
from core.delivery.takeovers import count_takeovers, word_of_claim
from core.kinds import ENDED_STATES, Channel, NoticeKind, NoticeState
from core.notices.outbox import GATE_NEWS
from core.notices.tables import Notice
from core.rows import Build, given_rows, is_one_of, run, run_rows

LEASE = timedelta(seconds=30)
SEATED = ("id", "school_day", "rides_with")


def expire(session: Session, now: datetime) -> None:
    """End what got too old to be told; joins the caller's transaction."""
    # One that was tried may have been read: to call it not sent would be a guess.
    session.connection().execute(_expired(), {"now": now})


def claim(
    session: Session,
    *,
    now: datetime,
    limit: int,
    on_demand: Collection[NoticeKind] = (),
) -> list[Leased]:
    """Lease up to `limit` due notices, most urgent first, and their riders; joins the transaction.

    A notice is due when pending and ripe, or when its lease ran out (its sender died). One of a
    guardian, child and channel at a time, oldest first, so that a departure never overtakes its
    arrival. A rider whose head has ended, by whatever hand, is due by itself. What somebody may no
    longer hear ends here, as do kinds that are told on demand only: this is the last look before it
    leaves. What got too old is passed over, `expire` ends it.
    """
    lease = {"now": now, "token": uuid4(), "until": now + LEASE}
    # As hardly any notice ever waits, PostgreSQL takes the queue for short, and would read and sort
    # all of a long one for each claim.
    by_index(session, in_order=True)
    anew_with_growth(session, Notice)
    due = _lease(session, _claim, lease | {"limit": limit})
    if not due:
        return []
    heads = [row for row in due if row.rides_with is None]
    orphans = [row for row in due if row.rides_with is not None]
    riding = [*orphans, *_riders_of(session, heads, lease)]
    wanted = end_unwanted(session, [*heads, *riding], on_demand, now)
    pushes = assemble(heads, riding, wanted)
    _freeze(session, pushes)
    # Last: its row is everybody's.
    count_takeovers(session, [*heads, *riding], now)
    return [push_of(members) for members in pushes]


def _riders_of(session: Session, heads: Sequence[Any], lease: Mapping[str, Any]) -> list[Any]:
    """Lease what goes with these: riders of an earlier try, and other news for the guardian."""
    social = [row for row in heads if row.may_ride]
    if not social:
        return []
    # A push is of one day.
    there = {**lease, **span_of([row.school_day for row in social])}
    frozen = _lease(session, _claim_riders, {**there, "heads": [row.id for row in social]})
    new = {row.line_user_id for row in social if is_new(row)}
    joining = _lease(session, _claim_company, {**there, "people": list(new)}) if new else []
    return [*frozen, *joining]


def _freeze(session: Session, pushes: Sequence[Sequence[Any]]) -> None:
    """Write down who rides with whom before the first try, so that every try is the same push."""
    seats = [(row, head.id) for head, *riders in pushes for row in riders]
    # Whose former head is not told any more goes by itself.
    seats += [(head, None) for head, *_ in pushes]
    rows = [
        {"id": row.id, "school_day": row.school_day, "rides_with": seat}
        for row, seat in seats
        if row.rides_with != seat
    ]
    if rows:
        columns = [table_of(Notice).c[name] for name in SEATED]
        run_rows(session, _ride, columns, rows)


def _lease(session: Session, build: Build, values: Mapping[str, Any]) -> list[Any]:
    return sorted(run(session, build, values), key=_urgency)


def _urgency(row: Any) -> tuple[int, datetime, UUID]:
    return row.priority, row.turn_at, row.id


@cache
def _expired() -> Any:
    notice = table_of(Notice)
    was_tried = notice.c.first_tried_at.is_not(None)
    return (
        update(notice)
        .where(_is_unfinished(notice), _is_free(notice), notice.c.expires_at <= _now())
        .values(
            state=case((was_tried, NoticeState.UNKNOWN.value), else_=NoticeState.EXPIRED.value),
            outcome="expired",
            settled_at=_now(),
        )
    )


@cache
def _claim(_engine: str) -> Any:
    notice = table_of(Notice).alias("due")
    due = (
        select(notice.c.id, notice.c.school_day)
        .where(
            _is_unfinished(notice),
            _is_free(notice),
            notice.c.expires_at > _now(),
            notice.c.channel == Channel.LINE.value,
            or_(notice.c.rides_with.is_(None), _is_orphan(notice)),
            ~_waits_for_another(notice),
        )
        .order_by(notice.c.priority, notice.c.turn_at, notice.c.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True, of=notice)
        .cte("head")
    )
    row = table_of(Notice)
    return _leasing(_is_among(row, due) & _has_not_ended(row))


@cache
def _claim_riders(engine: str) -> Any:
    row = table_of(Notice)
    # Not told that they are unfinished: PostgreSQL takes the queue for short, and might walk it.
    return _leasing(
        is_one_of(engine, row.c.rides_with, "heads") & within_span(row.c.school_day) & _is_free(row)
    )


@cache
def _claim_company(engine: str) -> Any:
    """Claim the gate news of these people that was never tried, ripe or held for company."""
    notice = table_of(Notice).alias("company")
    found = (
        select(notice.c.id, notice.c.school_day)
        .where(
            is_one_of(engine, notice.c.line_user_id, "people"),
            within_span(notice.c.school_day),
            notice.c.may_ride,
            notice.c.kind.in_([kind.value for kind in GATE_NEWS]),
            _is_unfinished(notice),
            notice.c.state == NoticeState.PENDING.value,
            notice.c.expires_at > _now(),
            notice.c.first_tried_at.is_(None),
            notice.c.outcome.is_(None),
            notice.c.rides_with.is_(None),
            ~_waits_for_another(notice),
        )
        .with_for_update(skip_locked=True, of=notice)
        .cte("joining")
    )
    row = table_of(Notice)
    return _leasing(_is_among(row, found) & (row.c.state == NoticeState.PENDING.value))


def _is_among(row: Any, found: Any) -> ColumnElement[bool]:
    """Return the condition that a row was found.

    By id and school day: by the day PostgreSQL knows in which month it lies.
    """
    return and_(row.c.id == found.c.id, row.c.school_day == found.c.school_day)


def _leasing(which: ColumnElement[bool]) -> Any:
    row = table_of(Notice)
    return (
        update(row)
        .where(which)
        .values(
            state=NoticeState.LEASED.value,
            lease_token=bindparam("token", type_=row.c.lease_token.type),
            lease_until=bindparam("until", type_=UtcDateTime),
            attempts=row.c.attempts + 1,
            outcome=word_of_claim(row),
            first_tried_at=func.coalesce(row.c.first_tried_at, _now()),
        )
        .returning(
            row.c.id,
            row.c.school_day,
            row.c.kind,
            row.c.line_user_id,
            row.c.retry_key,
            row.c.content,
            row.c.is_silent,
            row.c.attempts,
            row.c.first_tried_at,
            row.c.lease_token,
            row.c.priority,
            row.c.turn_at,
            row.c.created_at,
            row.c.may_ride,
            row.c.rides_with,
            row.c.outcome,
        )
    )


def _now() -> Any:
    return bindparam("now", type_=UtcDateTime)


def _is_unfinished(notice: Any) -> ColumnElement[bool]:
    unfinished: ColumnElement[bool] = notice.c.settled_at.is_(None)
    return unfinished


def _has_not_ended(notice: Any) -> ColumnElement[bool]:
    """Return the condition of `_is_unfinished`, for rows that are found by a key of their own.

    In other words: PostgreSQL, which takes the queue for short, would otherwise walk through all of
    a long one for each such row.
    """
    ended: ColumnElement[bool] = notice.c.state.in_(ENDED_STATES)
    return ~ended


def _is_free(notice: Any) -> ColumnElement[bool]:
    # What was due when it was written, and nobody has tried, is due: the clock of the process that
    # wrote it may be some milliseconds ahead, and it would wait for the next look.
    is_new = and_(notice.c.due_at <= notice.c.created_at, notice.c.outcome.is_(None))
    is_ripe = or_(notice.c.due_at <= _now(), is_new)
    return or_(
        and_(notice.c.state == NoticeState.PENDING.value, is_ripe),
        and_(notice.c.state == NoticeState.LEASED.value, notice.c.lease_until < _now()),
    )


def _is_orphan(notice: Any) -> ColumnElement[bool]:
    """Return the condition that a rider's head has ended, and is claimed with it no more."""
    head = table_of(Notice).alias("head_of")
    goes_on = exists().where(
        head.c.id == notice.c.rides_with,
        head.c.school_day == notice.c.school_day,
        _has_not_ended(head),
    )
    return ~goes_on


def _waits_for_another(notice: Any) -> ColumnElement[bool]:
    earlier = table_of(Notice).alias()
    return exists().where(
        earlier.c.guardian_id == notice.c.guardian_id,
        # Whoever receives in the guardian's stead has an order of their own.
        earlier.c.delegate_id.is_not_distinct_from(notice.c.delegate_id),
        earlier.c.student_id == notice.c.student_id,
        earlier.c.school_day == notice.c.school_day,
        earlier.c.channel == notice.c.channel,
        _has_not_ended(earlier),
        tuple_(earlier.c.created_at, earlier.c.id) < tuple_(notice.c.created_at, notice.c.id),
    )


@cache
def _ride(engine: str) -> Any:
    notice = table_of(Notice)
    given = given_rows(engine, [notice.c[name] for name in SEATED])
    return update(notice).where(_is_among(notice, given)).values(rides_with=given.c.rides_with)
