"""The inbox: store webhook events once, look through those put aside, forget what is taken back.

How they are worked off stands in bot.claims.
"""

import json
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from bot.secret_words import HIDDEN, holds_identity
from bot.tables import EventState, LineEvent
from core.db import table_of
from core.house import EVENTS_WRITTEN
from core.rows import insert_given, run_rows

EVENT_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
USER_ID = re.compile(r"U[0-9a-f]{32}")
# Beyond year 9999 a timestamp is no date any more.
LATEST_MS = 253_402_300_799_000
# What a new event has; the first is its key.
WRITTEN = (
    "webhook_event_id",
    "line_user_id",
    "occurred_at",
    "received_at",
    "body",
    "state",
    "attempts",
)


def store_events(session: Session, events: list[Any], now: datetime) -> int:
    """Insert each event once and return how many were usable; joins the caller's transaction."""
    usable = [row for event in events if (row := _row(event, now))]
    if usable:
        columns = [table_of(LineEvent).c[name] for name in WRITTEN]
        once = {row["webhook_event_id"]: row for row in usable}
        run_rows(session, _new_events, columns, list(once.values()))
        _call_others(session)
    return len(usable)


@cache
def _new_events(engine: str) -> Any:
    # In one order, so that two requests with the same events can't wait for each other.
    event = insert_given(engine, table_of(LineEvent), WRITTEN, WRITTEN[:1])
    return event.on_conflict_do_nothing(index_elements=WRITTEN[:1])


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


def is_taken_back(session: Session, line_user_id: str, message_id: str, since: datetime) -> bool:
    """Tell whether its writer took a message back after that moment."""
    later = select(LineEvent).where(
        LineEvent.line_user_id == line_user_id, col(LineEvent.occurred_at) > since
    )
    return any(_takes_back(one.body, message_id) for one in session.exec(later))


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


def _call_others(session: Session) -> None:
    """Wake whoever answers in another process, once this is committed."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_notify(EVENTS_WRITTEN, "")))


def _holds(body: bytes, message_id: str) -> bool:
    # A body that does not open any more is empty.
    message = json.loads(body).get("message") if body else None
    return isinstance(message, dict) and message.get("id") == message_id


def _takes_back(body: bytes, message_id: str) -> bool:
    unsend = json.loads(body).get("unsend") if body else None
    return isinstance(unsend, dict) and unsend.get("messageId") == message_id


def _emptied(body: bytes) -> dict[str, Any]:
    """Return an event without what its message said; a message of no known kind answers nothing."""
    event: dict[str, Any] = json.loads(body)
    return event | {"message": {"id": event["message"]["id"], "type": "unsent"}}


def _row(event: Any, now: datetime) -> dict[str, Any] | None:
    if not isinstance(event, dict):
        return None
    event_id, timestamp = event.get("webhookEventId"), event.get("timestamp")
    if not isinstance(event_id, str) or not EVENT_ID.fullmatch(event_id):
        return None
    if not isinstance(timestamp, int) or not 0 <= timestamp <= LATEST_MS:
        return None
    event = _without_identity(event)
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


def _without_identity(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event whose text holds no identity number: such a text is not kept at all."""
    message = event.get("message")
    said = message.get("text") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(said, str) or not holds_identity(said):
        return event
    kept = {"id": message.get("id"), "type": message.get("type"), "text": HIDDEN}
    quoted = {key: message[key] for key in ("quoteToken", "markAsReadToken") if key in message}
    return event | {"message": kept | quoted}


def _user_of(event: dict[str, Any]) -> str | None:
    source = event.get("source")
    user_id = source.get("userId") if isinstance(source, dict) else None
    return user_id if isinstance(user_id, str) and USER_ID.fullmatch(user_id) else None
