"""Told later: an arrival that holds up its departure for too long is left to that one's message.

On LINE alone, where the bubble of a departure shows when the child came. A letter, a text and an
app push say that it left and no more; there the departure waits.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select, tuple_
from sqlmodel import Session

from core.by_index import by_index
from core.db import UtcDateTime, table_of
from core.delivery.day_span import span_of
from core.delivery.last_look import end
from core.delivery.rights import rights_of
from core.kinds import Channel, NoticeKind, NoticeState
from core.notices.outbox import LATE_PRIORITY, PRIORITIES
from core.notices.tables import Notice
from core.rows import run

# So long a departure stands behind its arrival, from its own turn on: before that it would not have
# gone anyway, and the turn is what the queue is ordered by.
PATIENCE = timedelta(seconds=60)
TOLD_LATER = "told_later"
# Where departures wait.
PLACES = (PRIORITIES[NoticeKind.DEPARTURE], LATE_PRIORITY)
# So much of a queue is looked at: what stands behind that waits for others first. In an outage a
# queue can be long, each second anew.
FRONT = 2000
SEEN = (
    "id", "guardian_id", "delegate_id", "student_id", "school_day", "channel", "kind", "state",
    "created_at", "due_at", "expires_at",
)  # fmt: skip


def end_told_later(session: Session, on_demand: Collection[NoticeKind], now: datetime) -> None:
    """End arrivals whose departure waited long enough and tells them; joins the transaction.

    One that was tried may have been read: nobody knows. None ends for a departure that would be
    told to nobody; what got too old has ended before.
    """
    if NoticeKind.DEPARTURE in on_demand:
        return
    by_index(session, in_order=True)
    asked = {"now": now, "since": now - PATIENCE, "front": FRONT}
    found = [row for place in PLACES for row in run(session, _held_up, {**asked, "place": place})]
    if not found:
        return
    wanted = _wanted(session, found)
    ended = {row.id: _ended(row) for row in found if row.departure in wanted}
    if ended:
        end(session, list(ended.values()), now)


def _ended(arrival: Any) -> dict[str, Any]:
    was_tried = arrival.first_tried_at is not None
    return {
        "id": arrival.id,
        "school_day": arrival.school_day,
        "state": (NoticeState.UNKNOWN if was_tried else NoticeState.EXPIRED).value,
        "outcome": TOLD_LATER,
    }


def _wanted(session: Session, found: Sequence[Any]) -> set[Any]:
    """Return the departures that somebody may still hear, as far as is known before they leave."""
    ids, days = {row.departure for row in found}, {row.school_day for row in found}
    rights = run(session, rights_of, {"ids": list(ids), **span_of(days)})
    return {row.id for row in rights if row.is_wanted and not row.is_blocked}


@cache
def _held_up(_engine: str) -> Any:
    """Select arrivals in nobody's hands, each with a departure that waited for it long enough."""
    departure = _front().subquery("departure")
    arrival = table_of(Notice).alias("arrival")
    facts = (arrival.c.id, arrival.c.school_day, arrival.c.first_tried_at)
    return (
        select(*facts, departure.c.id.label("departure"))
        .select_from(departure.join(arrival, _comes_before(arrival, departure)))
        .where(*_is_due(departure), *_may_end(arrival))
        .with_for_update(skip_locked=True, of=arrival)
    )


def _front() -> Any:
    """Select the front of the queue, of what had its turn long ago: on most days there is none."""
    notice = table_of(Notice).alias("front")
    return (
        select(*(notice.c[name] for name in SEEN))
        .where(
            notice.c.settled_at.is_(None),
            notice.c.channel == Channel.LINE.value,
            notice.c.priority == bindparam("place"),
            notice.c.turn_at <= bindparam("since", type_=UtcDateTime),
        )
        .order_by(notice.c.turn_at, notice.c.id)
        .limit(bindparam("front"))
    )


def _is_due(departure: Any) -> tuple[ColumnElement[bool], ...]:
    return (
        departure.c.kind == NoticeKind.DEPARTURE.value,
        departure.c.state == NoticeState.PENDING.value,
        departure.c.due_at <= _now(),
    )


def _comes_before(arrival: Any, departure: Any) -> ColumnElement[bool]:
    same = ("student_id", "school_day", "channel")
    return and_(
        *(arrival.c[name] == departure.c[name] for name in same),
        # In such words SQLite looks by the child's day, and not through all that a guardian got.
        func.coalesce(arrival.c.guardian_id, departure.c.guardian_id) == departure.c.guardian_id,
        arrival.c.delegate_id.is_not_distinct_from(departure.c.delegate_id),
        tuple_(arrival.c.created_at, arrival.c.id) < tuple_(departure.c.created_at, departure.c.id),
        # By age, which is that of the tap: a way out before it, uploaded late, doesn't tell it.
        arrival.c.expires_at <= departure.c.expires_at,
    )


def _may_end(arrival: Any) -> tuple[ColumnElement[bool], ...]:
    is_abandoned = and_(arrival.c.state == NoticeState.LEASED.value, arrival.c.lease_until < _now())
    rider = table_of(Notice).alias("rider")
    has_riders = exists().where(
        rider.c.rides_with == arrival.c.id, rider.c.school_day == arrival.c.school_day
    )
    # Under a key that was tried a push of several stays what it was.
    is_alone = and_(arrival.c.rides_with.is_(None), ~has_riders)
    return (
        arrival.c.kind == NoticeKind.ARRIVAL.value,
        # What a departure shows is the first arrival of the day.
        arrival.c.occurrence == 1,
        or_(arrival.c.state == NoticeState.PENDING.value, is_abandoned),
        or_(arrival.c.first_tried_at.is_(None), is_alone),
    )


def _now() -> Any:
    return bindparam("now", type_=UtcDateTime)
