"""Steps of an order as people take them; core.orders.states draws their course.

Each holds the order's row and joins the caller's transaction; each raises InputError "wrong_state"
where somebody was quicker, and "closed" where the semester's fees are fixed.
"""

from datetime import datetime
from typing import Any
from unicodedata import normalize
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.errors import InputError
from core.kinds import NoticeKind
from core.orders import states
from core.orders.ledger import Taken, hold_order, take_step, write_order, write_step
from core.orders.plan_book import plan_of
from core.orders.states import GIVEN_BACK, SYSTEM, Done, OrderState, Step
from core.orders.tables import SmsOrder
from core.orders.telling import tell_step
from core.people.names import clean_line

LONGEST_REASON = 100
LONGEST_RECEIPT = 20
MOST_PAID = 9999
PAYMENT = ("prepaid", "receipt_number", "paid_at", "paid_by")


def approve(session: Session, liff_id: str, order_id: UUID, *, by: str, now: datetime) -> SmsOrder:
    """Let the order count from 00:30 of the next Taipei date, or from the service's first day.

    Raises InputError("too_late") where no day would be left.
    """
    return _step(
        session,
        liff_id,
        order_id,
        lambda of, on: states.approve(of, on, by, now),
        NoticeKind.SMS_APPROVED,
        now,
        approved_at=now,
        approved_by=by,
    )


def return_order(
    session: Session, liff_id: str, order_id: UUID, reason: str, *, by: str, now: datetime
) -> SmsOrder:
    """Give the order back to whoever asked, who may ask anew.

    Raises InputError("empty", "length" or, with an address in it, "link", "reason").
    """
    said = clean_line(reason)
    if said is None:
        raise InputError("link", "reason")
    if len(said) > LONGEST_REASON:
        raise InputError("length", "reason")
    return _step(
        session,
        liff_id,
        order_id,
        lambda of, _: states.send_back(of, by, now, said),
        NoticeKind.SMS_RETURNED,
        now,
        reason=said,
    )


def withdraw(session: Session, order_id: UUID, *, by: str, now: datetime) -> SmsOrder:
    """End what the school has not looked at; whoever asked reads the answer, and may ask anew."""
    row, plan = hold_order(session, order_id)
    take_step(session, row, plan, lambda of, _: states.withdraw(of, by, now))
    return row


def ask_cancel(
    session: Session,
    liff_id: str,
    order_id: UUID,
    *,
    by: str,
    now: datetime,
    in_chat: bool = False,
) -> SmsOrder:
    """Ask for the end; until the school says yes, and the day after comes, it sends and costs.

    Whoever asks `in_chat` reads the answer there: a notice would say it a second time.
    """
    return _step(
        session,
        liff_id,
        order_id,
        lambda of, _: states.ask_cancel(of, by, now),
        None if in_chat else NoticeKind.SMS_CANCELLING,
        now,
        cancel_asked_at=now,
    )


def keep(
    session: Session,
    liff_id: str,
    order_id: UUID,
    *,
    by: str,
    now: datetime,
    in_chat: bool = False,
) -> SmsOrder:
    """Take the wish to end back: in force, with the dates it had; `in_chat` as above."""
    return _step(
        session,
        liff_id,
        order_id,
        lambda of, _: states.keep(of, by, now),
        None if in_chat else NoticeKind.SMS_KEPT,
        now,
        cancel_asked_at=None,
    )


def approve_cancel(
    session: Session, liff_id: str, order_id: UUID, *, by: str, now: datetime
) -> SmsOrder:
    """End the order from 00:30 of the next Taipei date on; never later than it would have."""
    return _step(
        session,
        liff_id,
        order_id,
        lambda of, _: states.approve_cancel(of, by, now),
        NoticeKind.SMS_CANCELLED,
        now,
    )


def mark_paid(
    session: Session, order_id: UUID, amount: int, receipt: str, *, by: str, now: datetime
) -> SmsOrder:
    """Note what was paid, in place of what was noted before; 0 where it was given back.

    Whatever the state, until the plan is closed. A receipt noted for an order of the child that
    was returned or withdrawn counts there no more. Raises InputError("amount", "amount"), and
    ("empty" or "length", "receipt").
    """
    if not 0 <= amount <= MOST_PAID:
        raise InputError("amount", "amount")
    # As wide as in a file of slips, so that one receipt is one however it was typed.
    receipt = normalize("NFKC", receipt).strip()
    if amount and not receipt:
        raise InputError("empty", "receipt")
    if len(receipt) > LONGEST_RECEIPT:
        raise InputError("length", "receipt")
    row, _plan = hold_order(session, order_id)
    if amount and row.state not in GIVEN_BACK:
        take_back_receipt(session, row, receipt, now)
    paid = {"paid_at": now, "paid_by": by} if amount else {"paid_at": None, "paid_by": None}
    write_order(session, row, prepaid=amount, receipt_number=receipt or None, **paid)
    write_step(session, row, Done(Step.PAY, by, now, f"{amount} {receipt}".strip()))
    return row


def forget_payment(session: Session, row: SmsOrder, now: datetime) -> None:
    """Count what was paid for a held order no more: it is noted for another."""
    write_order(session, row, **dict.fromkeys(PAYMENT) | {"prepaid": 0})
    write_step(session, row, Done(Step.PAY, SYSTEM, now, "0"))


def take_back_receipt(session: Session, row: SmsOrder, receipt: str, now: datetime) -> None:
    """Count a receipt no more where it was noted for an order that was given back."""
    statement = (
        select(SmsOrder)
        .where(
            col(SmsOrder.plan_id) == row.plan_id,
            col(SmsOrder.student_id) == row.student_id,
            col(SmsOrder.receipt_number) == receipt,
            col(SmsOrder.state).in_(GIVEN_BACK),
            col(SmsOrder.prepaid) > 0,
        )
        .order_by(col(SmsOrder.id))
        .with_for_update()
    )
    for before in session.scalars(statement).all():
        forget_payment(session, before, now)


def expire(session: Session, liff_id: str, order_id: UUID, now: datetime) -> SmsOrder:
    """End what the semester left open; before its end nothing changes.

    Whoever waited for a yes is told that none came; what an order came to is told when the plan is
    closed.
    """
    row, plan = held = hold_order(session, order_id)
    if row.ended_at is not None or now < plan_of(plan).ends_at:
        return row
    number = take_step(session, row, plan, lambda of, on: states.expire(of, on, now))
    if row.state == OrderState.RETURNED:
        kind = NoticeKind.SMS_RETURNED
        tell_step(session, liff_id, kind, held, number, now, is_lapsed=True)
    return row


def _step(
    session: Session,
    liff_id: str,
    order_id: UUID,
    step: Taken,
    kind: NoticeKind | None,
    now: datetime,
    **also: Any,
) -> SmsOrder:
    row, plan = held = hold_order(session, order_id)
    number = take_step(session, row, plan, step, **also)
    if kind is not None:
        tell_step(session, liff_id, kind, held, number, now)
    return row
