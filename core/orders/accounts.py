"""What orders come to, counted from their texts; once the plan is closed, as it was fixed."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session

from core.db import table_of
from core.kinds import EventKind
from core.orders.fees import account_of
from core.orders.plan_book import get_plan, plan_of
from core.orders.plans import Items, Plan
from core.orders.tables import SmsOrder, SmsText, TextState
from core.rows import is_one_of, run

FAILED = (TextState.FAILED, TextState.EXPIRED)
PENDING = (TextState.QUEUED, TextState.SENT, TextState.UNKNOWN)
Counts = Mapping[tuple[EventKind, TextState], int]


@dataclass(frozen=True, slots=True)
class Account:
    """How orders stand, in texts and whole dollars.

    `ok` arrived and cost, `failed` did not and cost nothing, of `pending` nobody knows yet.
    `shortfall` is what the deposits lack, whoever bears it.
    """

    arrivals: int
    departures: int
    failed: int
    pending: int
    fee: int
    prepaid: int
    refund: int
    shortfall: int

    @property
    def ok(self) -> int:
        """Return how many texts arrived."""
        return self.arrivals + self.departures


@dataclass(frozen=True, slots=True)
class OrderAccount(Account):
    """One order's; `due` is what its guardian is asked for."""

    due: int


def account_for(session: Session, order: SmsOrder) -> OrderAccount:
    """Return how an order stands now."""
    return accounts_for(session, [order])[order.id]


def accounts_for(session: Session, orders: Collection[SmsOrder]) -> dict[UUID, OrderAccount]:
    """Return how orders stand now, by order; one count for all."""
    counts = _counts(session, [one.id for one in orders if one.settled_at is None])
    plans = {one: plan_of(get_plan(session, one)) for one in {order.plan_id for order in orders}}
    return {one.id: _account(one, plans[one.plan_id], counts[one.id]) for one in orders}


def _account(order: SmsOrder, plan: Plan, counts: Counts) -> OrderAccount:
    arrivals = order.arrivals or counts.get((EventKind.ARRIVAL, TextState.DELIVERED), 0)
    departures = order.departures or counts.get((EventKind.DEPARTURE, TextState.DELIVERED), 0)
    successes = {EventKind.ARRIVAL: arrivals, EventKind.DEPARTURE: departures}
    money = account_of(plan, Items(order.items), successes, order.prepaid)
    return OrderAccount(
        arrivals,
        departures,
        order.failed or _of(counts, FAILED),
        _of(counts, PENDING),
        money.fee,
        money.prepaid,
        money.refund,
        money.shortfall,
        money.due,
    )


def _of(counts: Counts, states: Collection[TextState]) -> int:
    return sum(count for (_kind, state), count in counts.items() if state in states)


def _counts(session: Session, order_ids: Collection[UUID]) -> Mapping[UUID, Counts]:
    found: dict[UUID, Counter[tuple[EventKind, TextState]]] = defaultdict(Counter)
    for row in run(session, _counted, {"order_ids": list(order_ids)}) if order_ids else ():
        found[row.order_id][EventKind(row.kind), TextState(row.state)] = row.texts
    return found


@cache
def _counted(engine: str) -> Any:
    text = table_of(SmsText).c
    return (
        select(text.order_id, text.kind, text.state, func.count().label("texts"))
        .where(text.order_id.is_not(None), is_one_of(engine, text.order_id, "order_ids"))
        .group_by(text.order_id, text.kind, text.state)
    )
