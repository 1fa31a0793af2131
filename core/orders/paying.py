"""Who is sent a paid text of a child at a moment."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select
from sqlmodel import Session

from core.clock import school_day_of
from core.crypto import Vault
from core.db import UtcDateTime, table_of
from core.kinds import EventKind
from core.orders.fees import PAID
from core.orders.plans import Items
from core.orders.states import OrderState
from core.orders.tables import SmsOrder, SmsPlan
from core.people.tables import Binding, Guardian
from core.rows import is_one_of, run

# What was cancelled goes on until its day; before an approval there is no day.
SENDING = (OrderState.ACTIVE, OrderState.CANCELLING, OrderState.CANCELLED)

# What an order's number is sealed for.
PHONE = "sms_order.phone"


@dataclass(frozen=True, slots=True)
class PayingOrder:
    """An order that sends now; `guardian_id` is None where it came on paper."""

    order_id: UUID
    plan_id: UUID
    student_id: UUID
    school_code: str
    guardian_id: UUID | None
    items: Items
    phone_sealed: str


def phone_of(vault: Vault, sealed: str) -> str:
    """Return an order's number in clear, for its own texts alone."""
    return vault.open(sealed, PHONE)


def paying_orders(
    session: Session, student_ids: Collection[UUID], kind: EventKind, at: datetime
) -> dict[UUID, list[PayingOrder]]:
    """Return by child the orders that send news of this kind at that moment; one query.

    A guardian's counts only while they are bound, past their quiet day and have not stopped the
    service. Whether the day is a school day is not asked here.
    """
    found: dict[UUID, list[PayingOrder]] = defaultdict(list)
    items = [one.value for one, kinds in PAID.items() if kind in kinds]
    if not student_ids or not items:
        return found
    values = {
        "student_ids": list(student_ids),
        "items": items,
        "at": at,
        "day": school_day_of(at),
    }
    for row in run(session, _sending, values):
        order = PayingOrder(**row._asdict() | {"items": Items(row.items)})
        found[order.student_id].append(order)
    return found


@cache
def _sending(engine: str) -> Any:
    order, plan = table_of(SmsOrder), table_of(SmsPlan)
    of = order.c
    return (
        select(
            of.id.label("order_id"),
            of.plan_id,
            of.student_id,
            of.school_code,
            of.guardian_id,
            of["items"],
            of.phone_sealed,
        )
        .join_from(order, plan, plan.c.id == of.plan_id)
        .where(
            is_one_of(engine, of.student_id, "student_ids"),
            is_one_of(engine, of["items"], "items"),
            of.state.in_(SENDING),
            of.phone_sealed.is_not(None),
            of.effective_from <= _at(),
            or_(of.cancel_effective_from.is_(None), of.cancel_effective_from > _at()),
            plan.c.first_day <= bindparam("day"),
            plan.c.send_until >= bindparam("day"),
            plan.c.closed_at.is_(None),
            or_(of.guardian_id.is_(None), _may_hear(of)),
        )
        .order_by(of.asked_at, of.id)
    )


def _may_hear(order: Any) -> ColumnElement[bool]:
    binding, guardian = table_of(Binding).c, table_of(Guardian).c
    is_bound = exists().where(
        binding.guardian_id == order.guardian_id,
        binding.student_id == order.student_id,
        binding.ended_at.is_(None),
        or_(binding.quiet_until.is_(None), binding.quiet_until <= _at()),
    )
    has_stopped = exists().where(
        guardian.id == order.guardian_id,
        or_(guardian.stopped_at.is_not(None), guardian.erased_at.is_not(None)),
    )
    return and_(is_bound, ~has_stopped)


def _at() -> Any:
    return bindparam("at", type_=UtcDateTime())
