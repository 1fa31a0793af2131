"""The end of a semester's texts: orders run out, fees are fixed, and each guardian is told once.

Batch by batch, each in a transaction of its own: a crash leaves orders that are settled and orders
that are not, never half of one, and the next try goes on with the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, insert, select
from sqlmodel import Session, col

from core.db import snapshot, transaction
from core.errors import InputError
from core.house import House
from core.kinds import NoticeKind
from core.orders.accounts import PENDING, OrderAccount, accounts_for
from core.orders.ledger import hold_order, write_order, write_step
from core.orders.plan_book import audit_plan, get_plan, lock_plan, plan_of
from core.orders.school_money import is_counted
from core.orders.service import expire
from core.orders.states import Done, Step
from core.orders.tables import SmsOrder, SmsPlan, SmsText, SmsTotal
from core.orders.telling import tell_step

BATCH = 50


@dataclass(frozen=True, slots=True)
class Outlook:
    """What closing a plan would settle: its orders, and the texts nobody has heard of yet.

    Those would cost nothing, whatever becomes of them.
    """

    orders: int
    pending: int


def outlook(session: Session, plan_id: UUID) -> Outlook:
    """Return what closing the plan would settle; only reads."""
    unsettled = _unsettled(plan_id)
    orders = select(func.count()).select_from(SmsOrder).where(unsettled)
    texts = (
        select(func.count())
        .select_from(SmsText)
        .join(SmsOrder, col(SmsOrder.id) == col(SmsText.order_id))
        .where(unsettled, col(SmsText.state).in_(PENDING))
    )
    return Outlook(session.scalar(orders) or 0, session.scalar(texts) or 0)


def expire_orders(house: House, plan_id: UUID, now: datetime) -> int:
    """End what a plan left open, and return how many; before its end nothing changes.

    Commits for itself.
    """
    is_open = (col(SmsOrder.plan_id) == plan_id) & col(SmsOrder.ended_at).is_(None)
    with snapshot(house.engine) as session:
        # Before that `expire` leaves every order as it is, and the batches would never end.
        if now < plan_of(get_plan(session, plan_id)).ends_at:
            return 0

    def end(session: Session, rows: Sequence[SmsOrder]) -> None:
        for row in rows:
            expire(session, house.settings.liff_id, row.id, now)

    return _each_batch(house, is_open, end)


def settle_plan(house: House, plan_id: UUID, *, by: str, now: datetime) -> int:
    """Fix every fee of a plan that is over, tell the guardians, and close it.

    Returns how many orders were settled; another try after a crash goes on. Commits for itself.
    Raises InputError("running") before the last text, and "closed" afterwards.
    """
    with transaction(house.engine) as session:
        plan = lock_plan(session, plan_id)
        if plan.closed_at is not None:
            raise InputError("closed")
        if now < plan_of(plan).ends_at:
            raise InputError("running")
    expire_orders(house, plan_id, now)

    def settle(session: Session, rows: Sequence[SmsOrder]) -> None:
        money = accounts_for(session, rows)
        for row in rows:
            _settle(session, house.settings.liff_id, row, money[row.id], by, now)

    count = _each_batch(house, _unsettled(plan_id), settle)
    with transaction(house.engine) as session:
        _close(session, plan_id, by, now)
    return count


def totals_of(session: Session, plan_id: UUID) -> Sequence[SmsTotal]:
    """Return what a closed plan came to, by school and items."""
    statement = select(SmsTotal).where(col(SmsTotal.plan_id) == plan_id)
    by_school = (col(SmsTotal.school_code), col(SmsTotal.items))
    return session.scalars(statement.order_by(*by_school)).all()


def _unsettled(plan_id: UUID) -> ColumnElement[bool]:
    return (col(SmsOrder.plan_id) == plan_id) & col(SmsOrder.settled_at).is_(None)


def _each_batch(
    house: House,
    condition: ColumnElement[bool],
    act: Callable[[Session, Sequence[SmsOrder]], None],
) -> int:
    """Act on the rows of a condition that holds no more afterwards; return how many there were."""
    held = select(SmsOrder).where(condition).order_by(col(SmsOrder.id)).limit(BATCH)
    done = 0
    while True:
        with transaction(house.engine) as session:
            plan_ids = session.scalars(select(col(SmsOrder.plan_id)).where(condition).limit(1))
            plan_id = plan_ids.first()
            if plan_id is None:
                return done
            # The plan first, as everywhere; then the orders in the order of their ids.
            lock_plan(session, plan_id, is_shared=True)
            rows = session.scalars(held.with_for_update()).all()
            act(session, rows)
        done += len(rows)
        house.notices_due.set()


def _settle(
    session: Session, liff_id: str, row: SmsOrder, money: OrderAccount, by: str, now: datetime
) -> None:
    _row, plan = hold_order(session, row.id)
    write_order(
        session,
        row,
        arrivals=money.arrivals,
        departures=money.departures,
        failed=money.failed,
        fee=money.fee,
        settled_at=now,
    )
    number = write_step(session, row, Done(Step.SETTLE, by, now, str(money.fee)))
    # What was returned, or nobody looked at, was told then, and sent nothing.
    if row.approved_at is not None:
        tell_step(session, liff_id, NoticeKind.SMS_SETTLED, (row, plan), number, now)


def _close(session: Session, plan_id: UUID, by: str, now: datetime) -> SmsPlan:
    plan = lock_plan(session, plan_id)
    if plan.closed_at is not None:
        raise InputError("closed")
    session.execute(insert(SmsTotal).from_select(_TOTALS, _totals(plan_id)))
    plan.closed_at, plan.closed_by = now, by
    session.add(plan)
    audit_plan(session, plan, "sms_plan.close", by, now)
    return plan


_TOTALS = [
    "plan_id", "school_code", "items", "orders", "arrivals", "departures", "failed", "fee",
    "prepaid", "refund", "shortfall",
]  # fmt: skip


def _totals(plan_id: UUID) -> Any:
    fee, prepaid = col(SmsOrder.fee), col(SmsOrder.prepaid)
    counts = [getattr(SmsOrder, name) for name in ("arrivals", "departures", "failed")]
    sums = [func.coalesce(func.sum(one), 0) for one in (*counts, fee, prepaid)]
    refund = func.sum(case((prepaid > fee, prepaid - fee), else_=0))
    shortfall = func.sum(case((fee > prepaid, fee - prepaid), else_=0))
    key = (col(SmsOrder.plan_id), col(SmsOrder.school_code), col(SmsOrder.items))
    return (
        select(*key, func.count(), *sums, refund, shortfall)
        .where(col(SmsOrder.plan_id) == plan_id, is_counted())
        .group_by(*key)
    )
