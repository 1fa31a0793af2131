"""The last look before a notice leaves: what may not be told any more ends here."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, case, select, update
from sqlmodel import Session

from core.db import UtcDateTime, table_of
from core.delivery.day_span import span_of, within_span
from core.delivery.rights import rights_of
from core.kinds import ENDED_STATES, NoticeKind, NoticeState
from core.notices.tables import Notice
from core.rows import given_rows, is_one_of, run, run_rows

STATES = {
    "not_wanted": NoticeState.CANCELLED,
    "on_demand": NoticeState.CANCELLED,
    "unfollowed": NoticeState.REFUSED,
    "broken_up": NoticeState.UNKNOWN,
}


def end_unwanted(
    session: Session, rows: Sequence[Any], on_demand: Collection[NoticeKind], now: datetime
) -> set[UUID]:
    """End what is not to be told any more; return the ids of the others.

    Joins the caller's transaction, which has just leased the rows.
    """
    ids, days = [row.id for row in rows], [row.school_day for row in rows]
    rights = run(session, rights_of, {"ids": ids, **span_of(days)}).all()
    ended = {row.id: "not_wanted" for row in rights if not row.is_wanted}
    ended |= {row.id: "unfollowed" for row in rights if row.is_wanted and row.is_blocked}
    for row in rows:
        if row.kind in on_demand and row.attempts == 1:
            ended.setdefault(row.id, "on_demand")
    ended |= _broken_up(rows, ended, _halved(session, rows, days))
    if ended:
        _end(session, [row for row in rows if row.id in ended], ended, now)
    return set(ids) - set(ended)


def _halved(session: Session, rows: Sequence[Any], days: Sequence[date]) -> set[UUID]:
    """Return the heads of tried pushes part of which has ended before, outside of a claim."""
    ids = {row.id for row in rows}
    tried = [row for row in rows if row.attempts > 1 and row.may_ride]
    orphaned = {row.rides_with for row in tried if row.rides_with not in ids} - {None}
    heads = [row.id for row in tried if row.rides_with is None]
    if not heads:
        return orphaned
    lost = run(session, _lost_riders, {"heads": heads, **span_of(days)})
    return orphaned | {row.rides_with for row in lost}


def _broken_up(
    rows: Sequence[Any], ended: Mapping[UUID, str], halved: Collection[UUID]
) -> dict[UUID, str]:
    """Return those whose push was tried and can't be repeated as it was.

    Under the key of the first try nothing else may be sent, and under another key it might be read
    twice.
    """
    tried = [row for row in rows if row.attempts > 1]
    spoiled = {row.rides_with or row.id for row in tried if row.id in ended} | set(halved)
    return {
        row.id: "broken_up"
        for row in tried
        if row.id not in ended and (row.rides_with or row.id) in spoiled
    }


def _end(
    session: Session, leased: Sequence[Any], outcomes: Mapping[UUID, str], now: datetime
) -> None:
    rows = [
        {
            "id": row.id,
            "school_day": row.school_day,
            "state": _state(row, outcomes[row.id]).value,
            "outcome": outcomes[row.id],
        }
        for row in leased
    ]
    end(session, rows, now)


def _state(row: Any, outcome: str) -> NoticeState:
    # An earlier try may have been read before the account was left.
    if outcome == "unfollowed" and row.attempts > 1:
        return NoticeState.UNKNOWN
    return STATES[outcome]


def end(session: Session, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Write how notices end: id, school_day, state and outcome of each; joins the transaction."""
    ordered = sorted(rows, key=lambda row: row["id"])
    run_rows(session, _ending, _columns(), ordered, now=now)


def _columns() -> list[Any]:
    return [table_of(Notice).c[name] for name in ("id", "school_day", "state", "outcome")]


@cache
def _lost_riders(engine: str) -> Any:
    notice = table_of(Notice)
    return select(notice.c.rides_with).where(
        is_one_of(engine, notice.c.rides_with, "heads"),
        within_span(notice.c.school_day),
        notice.c.state.in_(ENDED_STATES),
        # What ended before it was ever tried was in no push.
        notice.c.attempts > 0,
    )


@cache
def _ending(engine: str) -> Any:
    notice = table_of(Notice)
    given = given_rows(engine, _columns())
    return (
        update(notice)
        .where(notice.c.id == given.c.id, notice.c.school_day == given.c.school_day)
        .values(
            state=given.c.state,
            outcome=given.c.outcome,
            settled_at=bindparam("now", type_=UtcDateTime),
            lease_until=None,
            lease_token=None,
            # What ends at its first try is in no push.
            rides_with=case((notice.c.attempts > 1, notice.c.rides_with)),
        )
    )
