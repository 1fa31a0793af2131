"""Orders as rows: held, changed by one step, and every step written down.

Of two who press at once the first counts: the row is locked, and changed only from the state it was
in. Every function joins the caller's transaction.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from core.audit import record_audit
from core.errors import AccessError, InputError
from core.orders.plan_book import lock_plan, plan_of
from core.orders.plans import Items, Plan
from core.orders.states import ENDS, KEEPS_STATE, Done, Order, OrderState, Step
from core.orders.tables import SmsOrder, SmsOrderStep, SmsPlan

Taken = Callable[[Order, Plan], Order]


def order_of(row: SmsOrder, plan: Plan) -> Order:
    """Return the order a row holds, without the steps that led there. Pure."""
    return Order(
        Items(row.items),
        OrderState(row.state),
        (),
        row.effective_from,
        (row.cancel_effective_from or plan.ends_at) if row.effective_from else None,
    )


def hold_order(session: Session, order_id: UUID) -> tuple[SmsOrder, SmsPlan]:
    """Return the order, locked, and its plan, which nobody closes meanwhile.

    Raises AccessError 404, and InputError("closed") where the fees are fixed already.
    """
    plan_id = session.scalar(select(col(SmsOrder.plan_id)).where(col(SmsOrder.id) == order_id))
    if plan_id is None:
        raise AccessError("no_such_order")
    # The plan first, as its closing does.
    plan = lock_plan(session, plan_id, is_shared=True)
    if plan.closed_at is not None:
        raise InputError("closed")
    order = session.get_one(SmsOrder, order_id, with_for_update=True, populate_existing=True)
    if order.settled_at is not None:
        raise InputError("closed")
    return order, plan


def take_step(session: Session, row: SmsOrder, plan: SmsPlan, step: Taken, **also: Any) -> int:
    """Change a held order by a step of core.orders.states and return the step's number.

    State and dates are written as the step has them; `also` are further columns to set. Raises
    InputError as the step does.
    """
    before = order_of(row, plan_of(plan))
    after = step(before, plan_of(plan))
    write_order(session, row, **_columns_of(after), **also)
    return write_step(session, row, after.history[-1])


def _columns_of(order: Order) -> dict[str, Any]:
    """Return what an order's row holds after a step; `order_of` the other way round."""
    is_cut_short = order.state is OrderState.CANCELLED
    return {
        "state": order.state.value,
        "ended_at": order.history[-1].at if order.state in ENDS else None,
        "effective_from": order.sends_from,
        "cancel_effective_from": order.sends_until if is_cut_short else None,
    }


def write_order(session: Session, row: SmsOrder, **values: Any) -> None:
    """Change a held order from the state it is in. Raises InputError("wrong_state")."""
    changed = session.execute(
        update(SmsOrder)
        .where(col(SmsOrder.id) == row.id, col(SmsOrder.state) == row.state)
        .values(**values)
        .returning(col(SmsOrder.id))
        .execution_options(synchronize_session=False)
    ).first()
    if changed is None:
        raise InputError("wrong_state")
    session.refresh(row)


def write_step(session: Session, row: SmsOrder, done: Done) -> int:
    """Write down who did what, for the order's own list and for the audit; return its number."""
    count = select(func.count()).where(col(SmsOrderStep.order_id) == row.id)
    step = SmsOrderStep(
        order_id=row.id,
        number=(session.scalar(count) or 0) + 1,
        step=done.step,
        actor=done.by,
        at=done.at,
        reason=done.reason,
    )
    session.add(step)
    session.flush()
    action, subject = f"sms_order.{done.step}", f"student:{row.student_id}"
    record_audit(session, actor=done.by, action=action, subject=subject, now=done.at)
    return step.number


def steps_of(session: Session, order_id: UUID) -> Sequence[SmsOrderStep]:
    """Return what was done to an order, first to last."""
    statement = select(SmsOrderStep).where(col(SmsOrderStep.order_id) == order_id)
    return session.scalars(statement.order_by(col(SmsOrderStep.number))).all()


def own_last_step(session: Session, order_id: UUID, actors: Collection[str]) -> Step | None:
    """Return the step that led to the order's state if one of these actors took it."""
    led = [one for one in steps_of(session, order_id) if one.step not in KEEPS_STATE]
    return Step(led[-1].step) if led and led[-1].actor in actors else None
