"""The inbox: store webhook events once, claim them one person at a time, settle them.

1. store: rows of one request in the caller's transaction; a repeated event changes nothing.
2. claim: the oldest open event of a person nobody works for at the moment, under a lease.
3. settle: done, dead, or open again after a pause; only while the lease is still ours.
"""

import json
import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import exists, func, literal, or_, tuple_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from bot.tables import EventState, LineEvent
from core.db import insert_for, table_of
from core.house import EVENTS_WRITTEN
from core.rows import run

# Shorter than a reply token's life: when a worker dies, the next one still tries the same token and
# learns from LINE whether the answer was said. Longer than one answer's calls to LINE.
LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 5
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
        _call_others(session)
    return len(rows)


def has_open(session: Session) -> bool:
    """Tell whether an event is open, in somebody's hands or not; only reads.

    Several threads of each worker look every second, and mostly there is none.
    """
    return bool(run(session, _any_open, {}).scalar_one())


@cache
def _any_open(_engine: str) -> Any:
    return select(exists().where(_is_open(col(LineEvent.state))).label("is_open"))


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


def hold_longer(session: Session, claim: Claim, now: datetime, lease: timedelta) -> None:
    """Keep an event for work that takes longer; without effect when the lease is no longer ours."""
    _close(session, claim, keeps_lease=True, lease_until=now + lease)


def forget_message(session: Session, line_user_id: str, message_id: str) -> int:
    """Drop the stored words of a message its writer took back; return how many events held it.

    What was not answered yet stays open and is answered by nothing.
    """
    theirs = select(LineEvent).where(LineEvent.line_user_id == line_user_id)
    found = [one for one in session.exec(theirs) if _holds(one.body, message_id)]
    for one in found:
        one.body = json.dumps(_emptied(one.body), ensure_ascii=True).encode()
        session.add(one)
    session.flush()
    return len(found)


def dead_events(session: Session, since: datetime) -> list[LineEvent]:
    """Return what was put aside unanswered since then, oldest first."""
    statement = select(LineEvent).where(
        LineEvent.state == EventState.DEAD, col(LineEvent.received_at) >= since
    )
    return list(session.exec(statement.order_by(col(LineEvent.occurred_at))))


def replay_event(session: Session, webhook_event_id: str) -> bool:
    """Open a dead event again with all its attempts; tell whether there was one."""
    replayed = session.execute(
        update(LineEvent)
        .where(
            col(LineEvent.webhook_event_id) == webhook_event_id,
            col(LineEvent.state) == EventState.DEAD,
        )
        .values(
            state=EventState.PENDING, attempts=0, handled_at=None, problem=None, lease_until=None
        )
        .returning(col(LineEvent.webhook_event_id))
    ).first()
    if replayed is not None:
        _call_others(session)
    return replayed is not None


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


def _call_others(session: Session) -> None:
    """Wake whoever answers in another process, once this is committed."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_notify(EVENTS_WRITTEN, "")))


def _close(session: Session, claim: Claim, *, keeps_lease: bool = False, **values: Any) -> None:
    ends = {} if keeps_lease else {"lease_token": None}
    session.execute(
        update(LineEvent)
        .where(
            col(LineEvent.webhook_event_id) == claim.webhook_event_id,
            col(LineEvent.lease_token) == claim.lease_token,
            _is_open(col(LineEvent.state)),
        )
        .values(**ends, **values)
    )


def _holds(body: bytes, message_id: str) -> bool:
    # A body that does not open any more is empty.
    message = json.loads(body).get("message") if body else None
    return isinstance(message, dict) and message.get("id") == message_id


def _emptied(body: bytes) -> dict[str, Any]:
    """Return an event without what its message said; a message of no known kind answers nothing."""
    event: dict[str, Any] = json.loads(body)
    return event | {"message": {"id": event["message"]["id"], "type": "unsent"}}


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
