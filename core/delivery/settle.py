"""Settling: what became of leased pushes is written down, many in one statement."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, case, column, func, update
from sqlmodel import Session

from core.by_index import anew_with_growth, by_index
from core.db import table_of
from core.kinds import NoticeState
from core.notices.tables import Notice
from core.rows import given_rows, run_rows
from core.values import value

# By the day PostgreSQL knows where a notice lies; by its id alone it would look through each month.
GIVEN = (
    "id", "school_day", "lease_token", "state", "outcome", "due_at", "settled_at",
    "line_request_id",
)  # fmt: skip
# The word for a push LINE found fault with: what rode in it goes by itself from now on.
APART = "apart"


@value()
class Settlement:
    """What became of a try. With `due_at` the notice goes back to wait for another one.

    `is_try` False: the request certainly did nothing, so it does not count. The riders are of the
    same school day; with the outcome `APART` they ride no longer.
    """

    notice_id: UUID
    school_day: date
    lease_token: UUID
    state: NoticeState
    outcome: str
    due_at: datetime | None = None
    is_try: bool = True
    line_request_id: str | None = None
    riders: tuple[UUID, ...] = ()


def settle(session: Session, settlements: Sequence[Settlement], now: datetime) -> None:
    """Write what became of leased notices; joins the caller's transaction.

    Only where the lease is still ours: after a stall another sender owns the row and its word
    counts. Rows are taken in the order of their ids, as everywhere.
    """
    rows = [
        _row(one, notice_id, now)
        for one in settlements
        for notice_id in (one.notice_id, *one.riders)
    ]
    if rows:
        rows.sort(key=lambda row: row["id"])
        by_index(session)
        anew_with_growth(session, Notice)
        run_rows(session, _settling, _columns(), rows)


def _row(one: Settlement, notice_id: UUID, now: datetime) -> dict[str, Any]:
    return {
        "id": notice_id,
        "school_day": one.school_day,
        "lease_token": one.lease_token,
        "state": one.state.value,
        "outcome": one.outcome,
        "due_at": one.due_at or now,
        "settled_at": None if one.due_at else now,
        "uncounted": 0 if one.is_try else 1,
        "line_request_id": one.line_request_id,
    }


def _columns() -> list[Any]:
    notice = table_of(Notice).c
    return [*(notice[name] for name in GIVEN), column("uncounted", Integer)]


@cache
def _settling(engine: str) -> Any:
    notice = table_of(Notice)
    given = given_rows(engine, _columns())
    attempts = notice.c.attempts - given.c.uncounted
    return (
        update(notice)
        .where(
            notice.c.id == given.c.id,
            notice.c.school_day == given.c.school_day,
            notice.c.lease_token == given.c.lease_token,
            notice.c.state == NoticeState.LEASED.value,
        )
        .values(
            state=given.c.state,
            outcome=given.c.outcome,
            # What waits until it is too old ends then, rather than when its next try was due.
            due_at=case(
                (given.c.due_at > notice.c.expires_at, notice.c.expires_at), else_=given.c.due_at
            ),
            settled_at=given.c.settled_at,
            attempts=attempts,
            # What was certainly never sent was never tried.
            first_tried_at=case((attempts == 0, None), else_=notice.c.first_tried_at),
            rides_with=case((given.c.outcome == APART, None), else_=notice.c.rides_with),
            line_request_id=func.coalesce(given.c.line_request_id, notice.c.line_request_id),
            lease_until=None,
            lease_token=None,
        )
    )
