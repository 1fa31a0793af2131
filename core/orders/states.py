"""An order's life, pure: 申請審核中 → 生效 → 註銷審核中 → 已註銷, or 退回, 已撤回, or 期滿.

Every step says who and when. An approval counts from 00:30 of the next Taipei date, so an order
that is 已註銷 still sends, and costs, until then.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from core.errors import InputError
from core.orders.plans import Items, Plan, effect_of

SYSTEM = "system:orders"


class OrderState(StrEnum):
    """Where an order stands, as guardians and schools read it."""

    REQUESTED = "申請審核中"
    ACTIVE = "生效"
    CANCELLING = "註銷審核中"
    CANCELLED = "已註銷"
    RETURNED = "退回"
    WITHDRAWN = "已撤回"
    EXPIRED = "期滿"


# What ended so was never in force.
GIVEN_BACK = frozenset({OrderState.RETURNED, OrderState.WITHDRAWN})
ENDS = GIVEN_BACK | {OrderState.CANCELLED, OrderState.EXPIRED}


class Step(StrEnum):
    """What was done to an order."""

    ASK = "ask"
    APPROVE = "approve"
    RETURN = "return"
    WITHDRAW = "withdraw"
    ASK_CANCEL = "ask_cancel"
    KEEP = "keep"
    APPROVE_CANCEL = "approve_cancel"
    EXPIRE = "expire"
    NUMBER = "number"
    PAY = "pay"
    SETTLE = "settle"


KEEPS_STATE = frozenset({Step.NUMBER, Step.PAY, Step.SETTLE})


@dataclass(frozen=True, slots=True)
class Done:
    """One step: `by` is an actor as the audit names them, `at` is aware. A return has a reason."""

    step: Step
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands. It sends from `sends_from` until `sends_until`; None is not set."""

    items: Items
    state: OrderState
    history: tuple[Done, ...]
    sends_from: datetime | None = None
    sends_until: datetime | None = None


def approve(order: Order, plan: Plan, by: str, at: datetime) -> Order:
    """Let the order count from the next day, or from the service's first.

    Raises InputError("wrong_state"), and "too_late" where no day would be left.
    """
    _require(order, {OrderState.REQUESTED})
    sends_from = max(effect_of(at), plan.begins_at)
    if sends_from >= plan.ends_at:
        raise InputError("too_late")
    done = _step(order, OrderState.ACTIVE, Done(Step.APPROVE, by, at))
    return replace(done, sends_from=sends_from, sends_until=plan.ends_at)


def send_back(order: Order, by: str, at: datetime, reason: str) -> Order:
    """Return the order to whoever asked. Raises InputError("wrong_state"), ("empty", "reason")."""
    _require(order, {OrderState.REQUESTED})
    if not reason.strip():
        raise InputError("empty", "reason")
    return _step(order, OrderState.RETURNED, Done(Step.RETURN, by, at, reason.strip()))


def withdraw(order: Order, by: str, at: datetime) -> Order:
    """Take back what was asked for, while nobody has looked at it. Raises InputError."""
    _require(order, {OrderState.REQUESTED})
    return _step(order, OrderState.WITHDRAWN, Done(Step.WITHDRAW, by, at))


def ask_cancel(order: Order, by: str, at: datetime) -> Order:
    """Ask for the end. It goes on sending and costing. Raises InputError("wrong_state")."""
    _require(order, {OrderState.ACTIVE})
    return _step(order, OrderState.CANCELLING, Done(Step.ASK_CANCEL, by, at))


def keep(order: Order, by: str, at: datetime) -> Order:
    """Take the wish to end back: in force with the dates it had. Raises InputError."""
    _require(order, {OrderState.CANCELLING})
    return _step(order, OrderState.ACTIVE, Done(Step.KEEP, by, at))


def approve_cancel(order: Order, by: str, at: datetime) -> Order:
    """End the order from the next day on; never later than it would have. Raises InputError."""
    _require(order, {OrderState.CANCELLING})
    assert order.sends_until is not None  # noqa: S101  # set when it was approved
    done = _step(order, OrderState.CANCELLED, Done(Step.APPROVE_CANCEL, by, at))
    return replace(done, sends_until=min(effect_of(at), order.sends_until))


def expire(order: Order, plan: Plan, at: datetime) -> Order:
    """End what the semester left open, once it is over; otherwise return the order as it is.

    What nobody looked at goes back: it was never in force.
    """
    if order.state in ENDS or at < plan.ends_at:
        return order
    if order.state is OrderState.REQUESTED:
        return _step(order, OrderState.RETURNED, Done(Step.EXPIRE, SYSTEM, at))
    return _step(order, OrderState.EXPIRED, Done(Step.EXPIRE, SYSTEM, at))


def leave(order: Order, at: datetime) -> Order:
    """End at once what is still open of somebody who has gone. Raises InputError("wrong_state").

    What nobody looked at goes back. On record it ran out, as nobody asked for its end.
    """
    _require(order, set(OrderState) - ENDS)
    done = Done(Step.EXPIRE, SYSTEM, at)
    if order.state is OrderState.REQUESTED:
        return _step(order, OrderState.RETURNED, done)
    return replace(_step(order, OrderState.CANCELLED, done), sends_until=at)


def _require(order: Order, states: Collection[OrderState]) -> None:
    if order.state not in states:
        raise InputError("wrong_state")


def _step(order: Order, state: OrderState, done: Done) -> Order:
    return replace(order, state=state, history=(*order.history, done))
