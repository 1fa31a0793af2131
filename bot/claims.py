"""Claims on stored events: taken one person at a time under a lease, settled while it holds.

1. claim: the oldest open event of each person nobody works for at the moment, under a lease.
2. settle: done, dead, or open again after a pause; only while the lease is still ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Integer, Uuid, bindparam, exists, literal, or_, tuple_, update
from sqlmodel import Session, select

from bot.tables import EventState, LineEvent
from core.db import UtcDateTime, table_of
from core.rows import given_rows, run, run_rows

# Shorter than a reply token's life: when a worker dies, the next one still tries the same token and
# learns from LINE whether the answer was said. Longer than two calls to LINE.
LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 5
# What settling writes, of the event with this id under this lease.
HELD = ("webhook_event_id", "lease_token")
SETTLED = ("state", "handled_at", "problem", "lease_until")


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a claim: done, dead, or pending where it is to be tried again."""

    claim: Claim
    state: EventState
    problem: str | None = None


def has_open(session: Session) -> bool:
    """Tell whether an event is open, in somebody's hands or not; only reads.

    Each worker looks every second, and mostly there is none.
    """
    return bool(run(session, _any_open, {}).scalar_one())


def claim_events(session: Session, now: datetime, most: int) -> list[Claim]:
    """Take so many events whose persons have no earlier open one; joins the transaction.

    A person's events are handled strictly in order, those of others meanwhile. An event that
    spent its attempts without ever being settled is put aside as dead.
    """
    run(session, _lost, {"now": now})
    values = {"now": now, "most": most, "until": now + LEASE, "token": uuid4()}
    return [Claim(*row) for row in run(session, _claimed, values)]


def hold_longer(session: Session, claim: Claim, now: datetime, lease: timedelta) -> None:
    """Keep an event for work that takes longer; without effect when the lease is no longer ours."""
    event = table_of(LineEvent).c
    is_ours = (event.webhook_event_id == claim.webhook_event_id) & _is_open(event.state)
    held = update(LineEvent).where(is_ours, event.lease_token == claim.lease_token)
    session.execute(held.values(lease_until=now + lease))


def failed(claim: Claim, problem: str) -> Outcome:
    """Return what becomes of an event that failed: open again, dead after five attempts."""
    is_spent = claim.attempts >= MAX_ATTEMPTS
    return Outcome(claim, EventState.DEAD if is_spent else EventState.PENDING, problem)


def settle_events(session: Session, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write what became of events; of those whose lease is no longer ours, nothing.

    One that is open again waits for a pause that doubles. Joins the caller's transaction.
    """
    if outcomes:
        columns = [table_of(LineEvent).c[name] for name in (*HELD, *SETTLED)]
        run_rows(session, _settled, columns, [_row(one, now) for one in outcomes])


def _row(outcome: Outcome, now: datetime) -> dict[str, Any]:
    claim, is_open = outcome.claim, outcome.state is EventState.PENDING
    pause = timedelta(seconds=2 ** (claim.attempts - 1))
    return {
        "webhook_event_id": claim.webhook_event_id,
        "lease_token": claim.lease_token,
        "state": outcome.state,
        "handled_at": None if is_open else now,
        "problem": outcome.problem,
        "lease_until": now + pause if is_open else None,
    }


@cache
def _settled(engine: str) -> Any:
    event = table_of(LineEvent)
    given = given_rows(engine, [event.c[name] for name in (*HELD, *SETTLED)])
    values = {name: given.c[name] for name in SETTLED}
    return (
        update(event)
        .where(*(event.c[name] == given.c[name] for name in HELD), _is_open(event.c.state))
        .values(**values, lease_token=None)
    )


@cache
def _any_open(_engine: str) -> Any:
    return select(exists().where(_is_open(table_of(LineEvent).c.state)).label("is_open"))


@cache
def _lost(_engine: str) -> Any:
    # A worker that dies with an event in hand never settles it; the count was kept at the claim.
    event, now = table_of(LineEvent), bindparam("now", type_=UtcDateTime)
    return (
        update(event)
        .where(
            _is_open(event.c.state),
            event.c.attempts >= MAX_ATTEMPTS,
            event.c.lease_until <= now,
        )
        .values(state=EventState.DEAD, handled_at=now, problem="lost", lease_token=None)
    )


@cache
def _claimed(_engine: str) -> Any:
    event, now = table_of(LineEvent), bindparam("now", type_=UtcDateTime)
    free = (
        select(event.c.webhook_event_id)
        .where(_is_open(event.c.state), _is_free(event.c.lease_until, now), ~_has_to_wait(now))
        .order_by(event.c.occurred_at, event.c.webhook_event_id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True, of=event)
        # So that it is computed once.
        .cte("free")
    )
    return (
        update(event)
        # The condition is repeated because it may be stale.
        .where(event.c.webhook_event_id.in_(select(free.c.webhook_event_id)))
        .where(_is_open(event.c.state), _is_free(event.c.lease_until, now))
        .values(
            lease_until=bindparam("until", type_=UtcDateTime),
            lease_token=bindparam("token", type_=Uuid),
            attempts=event.c.attempts + 1,
        )
        .returning(*(event.c[field.name] for field in fields(Claim)))
    )


def _has_to_wait(now: Any) -> Any:
    event = table_of(LineEvent)
    other = event.alias("other")
    is_before = tuple_(other.c.occurred_at, other.c.webhook_event_id) < tuple_(
        event.c.occurred_at, event.c.webhook_event_id
    )
    return (
        select(other.c.webhook_event_id)
        .where(
            other.c.line_user_id == event.c.line_user_id,
            other.c.webhook_event_id != event.c.webhook_event_id,
            _is_open(other.c.state),
            # An older event that came in late waits for the one in somebody's hands.
            or_(is_before, other.c.lease_until > now),
        )
        .exists()
    )


def _is_open(state: Any) -> Any:
    # Written into the statement, not bound: only then does the partial index serve it.
    return state == literal(EventState.PENDING.value, literal_execute=True)


def _is_free(lease_until: Any, now: Any) -> Any:
    return or_(lease_until.is_(None), lease_until <= now)
