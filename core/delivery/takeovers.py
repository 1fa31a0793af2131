"""Takeovers: leases that ran out, so that another sender repeats the push with the same key.

Marked by the claim itself and added up where there are any, so that nobody walks through the
notices to know how many.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, func
from sqlmodel import Session

from core.clock import school_day_of
from core.db import insert_for, table_of
from core.delivery.tables import TakeoverCount
from core.kinds import Channel, NoticeState

# The word of a notice in the hands of whoever took it over; how it ends gives it another.
TAKEN_OVER = "taken_over"


def word_of_claim(notice: Any) -> Any:
    """Return what a claim writes as a notice's word; a retry keeps that of the try before."""
    is_takeover = notice.c.state == NoticeState.LEASED.value
    return case((is_takeover, TAKEN_OVER), else_=func.nullif(notice.c.outcome, TAKEN_OVER))


def count_takeovers(session: Session, leased: Sequence[Any], now: datetime) -> None:
    """Add those among rows that were just claimed to the day's count; joins the transaction."""
    number = sum(row.outcome == TAKEN_OVER for row in leased)
    if not number:
        return
    count = table_of(TakeoverCount)
    statement = insert_for(session, count).values(
        day=school_day_of(now), channel=Channel.LINE.value, number=number
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["day", "channel"],
            set_={"number": count.c.number + statement.excluded.number},
        )
    )


def takeovers_of(session: Session, day: date) -> int:
    """Return how many there were on a Taipei date."""
    row = session.get(TakeoverCount, (day, Channel.LINE.value))
    return row.number if row else 0
