"""The inbox: store webhook events once, claim them one person at a time, settle them.

1. store: rows of one request in the caller's transaction; a repeated event changes nothing.
2. claim: the oldest open event of a person nobody works for at the moment, under a lease.
3. settle: done, dead, or open again after a pause; only while the lease is still ours.
"""

import json
import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, literal, or_, tuple_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from bot.tables import EventState, LineEvent
from core.db import insert_for, table_of, transaction
from core.house import House

# Shorter than a reply token's life: when a worker dies, the next one still tries the same token and
# learns from LINE whether the answer was said. Longer than one answer's calls to LINE.
LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 5
# Long enough to know an event again when LINE repeats it days later.
KEPT = timedelta(days=30)
EVENT_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
USER_ID = re.compile(r"U[0-9a-f]{32}")
# Beyond year 9999 a timestamp is no date any more.
LATEST_MS = 253_402_300_799_000


@dataclass(frozen=True, slots=True)
class Claim:
    """An event in our hands until the lease runs out.

    `problem` is what stopped an earlier attempt; None when that one was never settled.
    """

    webhook_event_id: str
    body: bytes
    received_at: datetime
    attempts: int
    lease_token: UUID
    problem: str | None


def store_events(session: Session, events: list[Any], now: datetime) -> int:
    """Insert each event once and return how many were usable; joins the caller's transaction."""
    rows = {row["webhook_event_id"]: row for event in events if (row := _row(event, now))}
    if rows:
        statement = insert_for(session, LineEvent).on_conflict_do_nothing(
            index_elements=["webhook_event_id"]
        )
        session.execute(statement, list(rows.values()))
    return len(rows)


def claim_event(session: Session, now: datetime) -> Claim | None:
    """Take the oldest event whose person has no earlier open one; joins the transaction.

    A person's events are handled strictly in order, those of others meanwhile. An event that
    spent its attempts without ever being settled is put aside as dead.
    """
    _bury_lost(session, now)
    event = table_of(LineEvent)
    statement = (
        update(event)
        # A scalar, so that it is computed once; the condition is repeated because it may be stale.
        .where(event.c.webhook_event_id == _next_open(now).scalar_subquery())
        .where(_is_open(event.c.state), _is_free(event.c.lease_until, now))
        .values(lease_until=now + LEASE, lease_token=uuid4(), attempts=event.c.attempts + 1)
        .returning(*(event.c[field.name] for field in fields(Claim)))
    )
    row = session.execute(statement).mappings().first()
    return Claim(**row) if row else None


def settle_event(
    session: Session, claim: Claim, state: EventState, now: datetime, problem: str | None = None
) -> None:
    """End an event; without effect when the lease is no longer ours."""
    _close(session, claim, state=state, handled_at=now, problem=problem, lease_until=None)


def put_back(session: Session, claim: Claim, now: datetime, problem: str) -> EventState:
    """Open the event again after a pause that doubles, or end it as dead after five attempts."""
    if claim.attempts >= MAX_ATTEMPTS:
        settle_event(session, claim, EventState.DEAD, now, problem)
        return EventState.DEAD
    pause = timedelta(seconds=2 ** (claim.attempts - 1))
    _close(session, claim, lease_until=now + pause, problem=problem)
    return EventState.PENDING


def purge_events(house: House) -> None:
    """Forget what was handled more than thirty days ago; what still waits stays."""
    with transaction(house.engine) as session:
        session.execute(
            delete(LineEvent).where(
                col(LineEvent.received_at) < house.clock.now() - KEPT,
                ~_is_open(col(LineEvent.state)),
            )
        )


def _close(session: Session, claim: Claim, **values: Any) -> None:
    session.execute(
        update(LineEvent)
        .where(
            col(LineEvent.webhook_event_id) == claim.webhook_event_id,
            col(LineEvent.lease_token) == claim.lease_token,
            _is_open(col(LineEvent.state)),
        )
        .values(lease_token=None, **values)
    )


def _next_open(now: datetime) -> Any:
    return (
        select(LineEvent.webhook_event_id)
        .where(
            _is_open(col(LineEvent.state)),
            _is_free(col(LineEvent.lease_until), now),
            ~_has_to_wait(now),
        )
        .order_by(col(LineEvent.occurred_at), col(LineEvent.webhook_event_id))
        .limit(1)
        .with_for_update(skip_locked=True, of=LineEvent)
    )


def _has_to_wait(now: datetime) -> Any:
    other = aliased(LineEvent)
    return (
        select(other.webhook_event_id)
        .where(
            col(other.line_user_id) == col(LineEvent.line_user_id),
            col(other.webhook_event_id) != col(LineEvent.webhook_event_id),
            _is_open(col(other.state)),
            or_(
                tuple_(col(other.occurred_at), col(other.webhook_event_id))
                < tuple_(col(LineEvent.occurred_at), col(LineEvent.webhook_event_id)),
                # An older event that came in late waits for the one in somebody's hands.
                col(other.lease_until) > now,
            ),
        )
        .exists()
    )


def _is_open(state: Any) -> Any:
    # Written into the statement, not bound: only then does the partial index serve it.
    return state == literal(EventState.PENDING.value, literal_execute=True)


def _is_free(lease_until: Any, now: datetime) -> Any:
    return or_(lease_until.is_(None), lease_until <= now)


def _bury_lost(session: Session, now: datetime) -> None:
    # A worker that dies with an event in hand never settles it; the count was kept at the claim.
    session.execute(
        update(LineEvent)
        .where(
            _is_open(col(LineEvent.state)),
            col(LineEvent.attempts) >= MAX_ATTEMPTS,
            col(LineEvent.lease_until) <= now,
        )
        .values(state=EventState.DEAD, handled_at=now, problem="lost", lease_token=None)
    )


def _row(event: Any, now: datetime) -> dict[str, Any] | None:
    if not isinstance(event, dict):
        return None
    event_id, timestamp = event.get("webhookEventId"), event.get("timestamp")
    if not isinstance(event_id, str) or not EVENT_ID.fullmatch(event_id):
        return None
    if not isinstance(timestamp, int) or not 0 <= timestamp <= LATEST_MS:
        return None
    return {
        "webhook_event_id": event_id,
        "line_user_id": _user_of(event),
        "occurred_at": datetime.fromtimestamp(timestamp / 1000, UTC),
        "received_at": now,
        # ASCII only: a lone surrogate in a text cannot be written as UTF-8.
        "body": json.dumps(event, ensure_ascii=True).encode(),
        "state": EventState.PENDING,
        "attempts": 0,
    }


def _user_of(event: dict[str, Any]) -> str | None:
    source = event.get("source")
    user_id = source.get("userId") if isinstance(source, dict) else None
    return user_id if isinstance(user_id, str) and USER_ID.fullmatch(user_id) else None
