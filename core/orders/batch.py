"""Orders of many slips at once, in a few statements: on SQLite every tap waits meanwhile.

What takes long is done before their transaction: `draft_order` seals the number and writes nothing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select
from sqlmodel import Session

from core.audit import record_audits
from core.crypto import Vault
from core.db import table_of
from core.orders.placing import NewOrder, new_row, require_open_plan, take_payment_over
from core.orders.service import take_back_receipt
from core.orders.states import GIVEN_BACK, Step
from core.orders.tables import SmsOrder, SmsOrderStep
from core.people.tables import EnrollmentStatus, Student
from core.rows import insert_given, is_one_of, run, run_rows

STEP = ("id", "order_id", "number", "step", "actor", "at", "reason")


def draft_order(
    vault: Vault, wish: NewOrder, child: Student, *, by: str, now: datetime
) -> SmsOrder:
    """Return a checked slip's order as it is to stand, with what it shows as paid. Pure."""
    row = new_row(vault, wish, child, wish.phone, by, now)
    if wish.prepaid:
        row.prepaid, row.receipt_number = wish.prepaid, wish.receipt
        row.paid_at, row.paid_by = now, by
    return row


def place_drafts(
    session: Session, drafts: Sequence[SmsOrder], plan_id: UUID, *, by: str, now: datetime
) -> set[UUID]:
    """Put these orders of a plan before the school as `place_order` does; return those that are in.

    Missing are those of a child that has an open order to that number, or is not enrolled any more.
    Raises InputError "closed" or "too_late" of the plan.
    """
    require_open_plan(session, plan_id, now)
    children = [one.student_id for one in drafts]
    gone = left_school(session, children)
    placed = _insert_orders(session, [one for one in drafts if one.student_id not in gone])
    made = [one for one in drafts if one.id in placed]
    _write_steps(session, made, by, now)
    before = run(session, _paid_before, {"student_ids": children, "plan": plan_id})
    paid_before = set(before.scalars())
    for one in made:
        if one.student_id in paid_before:
            _heed_earlier(session, session.get_one(SmsOrder, one.id), now)
    return placed


def left_school(session: Session, student_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these children who are not enrolled (any more)."""
    return set(run(session, _not_enrolled, {"student_ids": list(student_ids)}).scalars())


def _heed_earlier(session: Session, order: SmsOrder, now: datetime) -> None:
    """Let money count once that was paid for an order which was given back."""
    if order.receipt_number:
        take_back_receipt(session, order, order.receipt_number, now)
    else:
        take_payment_over(session, order, now)


def _insert_orders(session: Session, orders: Sequence[SmsOrder]) -> set[UUID]:
    rows = [one.model_dump() for one in orders]
    return set(run_rows(session, _orders, list(table_of(SmsOrder).c), rows).scalars())


@cache
def _orders(engine: str) -> Any:
    table = table_of(SmsOrder)
    # Two files at once wait for each other's rows: in one order, lest each waits for the other.
    statement = insert_given(engine, table, table.c.keys(), ["student_id", "phone_index"])
    return statement.on_conflict_do_nothing().returning(table.c.id)


def _write_steps(session: Session, orders: Sequence[SmsOrder], by: str, now: datetime) -> None:
    paid = [one for one in orders if one.prepaid]
    asked = [_step(one, 1, Step.ASK, by, now) for one in orders]
    payments = [_step(one, 2, Step.PAY, by, now) for one in paid]
    columns = [table_of(SmsOrderStep).c[name] for name in STEP]
    run_rows(session, _steps, columns, [*asked, *payments])
    for step, done in ((Step.ASK, orders), (Step.PAY, paid)):
        subjects = [f"student:{one.student_id}" for one in done]
        record_audits(session, actor=by, action=f"sms_order.{step}", subjects=subjects, now=now)


def _step(order: SmsOrder, number: int, step: Step, by: str, now: datetime) -> dict[str, Any]:
    said = f"{order.prepaid} {order.receipt_number}" if step is Step.PAY else ""
    return dict(zip(STEP, (uuid4(), order.id, number, step.value, by, now, said), strict=True))


@cache
def _steps(engine: str) -> Any:
    return insert_given(engine, table_of(SmsOrderStep), STEP)


@cache
def _not_enrolled(engine: str) -> Any:
    child = table_of(Student).c
    is_gone = child.status != EnrollmentStatus.ENROLLED.value
    return select(child.id).where(is_one_of(engine, child.id, "student_ids"), is_gone)


@cache
def _paid_before(engine: str) -> Any:
    order = table_of(SmsOrder).c
    return select(order.student_id).where(
        is_one_of(engine, order.student_id, "student_ids"),
        order.plan_id == bindparam("plan", type_=order.plan_id.type),
        order.state.in_([state.value for state in GIVEN_BACK]),
        order.prepaid > 0,
    )
