"""Orders as they come in: a guardian's, or a paper slip's. Joins the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlmodel import Session, col

from core.crypto import Vault
from core.db import insert_for, table_of
from core.errors import InputError
from core.orders.ledger import write_order, write_step
from core.orders.paying import PHONE
from core.orders.plan_book import lock_plan, plan_of
from core.orders.plans import Items, Plan, effect_of
from core.orders.service import PAYMENT, forget_payment, mark_paid
from core.orders.states import GIVEN_BACK, SYSTEM, Done, Step
from core.orders.tables import Origin, SmsOrder
from core.people.contacts import ContactSlot, contact_in, parse_phone
from core.people.tables import EnrollmentStatus, Guardian, Student


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What is asked for. A guardian's goes to their own verified number, a slip's to its `phone`.

    `has_consented`: to the fees, which a guardian who comes late must. `prepaid` and `receipt` are
    what a slip already shows as paid.
    """

    plan_id: UUID
    student_id: UUID
    items: Items
    guardian_id: UUID | None = None
    phone: str = ""
    origin: Origin = Origin.GUARDIAN
    has_consented: bool = False
    prepaid: int = 0
    receipt: str = ""


def is_late(plan: Plan, now: datetime) -> bool:
    """Tell whether days of the service are gone before an order of now could count. Pure."""
    return effect_of(now) > plan.begins_at


def place_order(
    session: Session, vault: Vault, wish: NewOrder, *, by: str, now: datetime
) -> SmsOrder:
    """Put an order before the school. The caller has checked whose child it is.

    Raises InputError: "closed" or "too_late" of the plan, "not_enrolled" of the child, ("no_phone"
    or "phone", "phone"), ("consent", "consent"), ("ordered", "items"), ("shared", "items") where a
    guardian's number has somebody else's order, and of a payment what `mark_paid` does.
    """
    plan = require_open_plan(session, wish.plan_id, now)
    child = session.get_one(Student, wish.student_id)
    if child.status != EnrollmentStatus.ENROLLED:
        raise InputError("not_enrolled")
    phone = _number(session, vault, wish)
    if wish.guardian_id and is_late(plan, now) and not wish.has_consented:
        raise InputError("consent", "consent")
    row = _insert(session, new_row(vault, wish, child, phone, by, now))
    write_step(session, row, Done(Step.ASK, by, now))
    if wish.prepaid or wish.receipt:
        mark_paid(session, row.id, wish.prepaid, wish.receipt, by=by, now=now)
    else:
        take_payment_over(session, row, now)
    return row


def require_open_plan(session: Session, plan_id: UUID, now: datetime) -> Plan:
    """Return the plan, which nobody closes meanwhile. Raises InputError "closed" or "too_late"."""
    row = lock_plan(session, plan_id, is_shared=True)
    if row.closed_at is not None:
        raise InputError("closed")
    plan = plan_of(row)
    if effect_of(now) >= plan.ends_at:
        raise InputError("too_late")
    return plan


def new_row(
    vault: Vault, wish: NewOrder, child: Student, phone: str, by: str, now: datetime
) -> SmsOrder:
    """Return the order of a checked wish, to that number. Pure."""
    return SmsOrder(
        plan_id=wish.plan_id,
        school_code=child.school_code,
        student_id=child.id,
        guardian_id=wish.guardian_id,
        phone_sealed=vault.seal(phone, PHONE),
        phone_index=vault.index(phone, PHONE),
        items=wish.items,
        origin=wish.origin,
        asked_at=now,
        asked_by=by,
        consented_at=now if wish.has_consented else None,
    )


def take_payment_over(session: Session, row: SmsOrder, now: datetime) -> None:
    """Count what was paid for the order that was given back: the same family, asking better."""
    statement = (
        select(SmsOrder)
        .where(
            col(SmsOrder.plan_id) == row.plan_id,
            col(SmsOrder.student_id) == row.student_id,
            col(SmsOrder.guardian_id) == row.guardian_id
            if row.guardian_id
            else col(SmsOrder.phone_index) == row.phone_index,
            col(SmsOrder.state).in_(GIVEN_BACK),
            col(SmsOrder.prepaid) > 0,
        )
        .order_by(col(SmsOrder.asked_at).desc())
        .limit(1)
        .with_for_update()
    )
    before = session.scalars(statement).first()
    if before is None:
        return
    paid = {name: getattr(before, name) for name in PAYMENT}
    said = f"{before.prepaid} {before.receipt_number}"
    write_order(session, row, **paid)
    write_step(session, row, Done(Step.PAY, SYSTEM, now, said))
    forget_payment(session, before, now)


def _number(session: Session, vault: Vault, wish: NewOrder) -> str:
    if wish.guardian_id is None:
        try:
            phone = parse_phone(wish.phone)
        except InputError:
            raise InputError("phone", "phone") from None
    else:
        # Held: whoever deletes their data at this moment is seen, or waits.
        held = contact_in(vault, _guardian(session, wish.guardian_id), ContactSlot.PHONE)
        phone = held.address if held.is_verified else ""
    if not phone:
        raise InputError("no_phone", "phone")
    return phone


def _guardian(session: Session, guardian_id: UUID) -> Guardian:
    read = {"read": True}
    return session.get_one(Guardian, guardian_id, with_for_update=read, populate_existing=True)


def _insert(session: Session, row: SmsOrder) -> SmsOrder:
    statement = insert_for(session, table_of(SmsOrder)).values(row.model_dump())
    made = session.execute(
        statement.on_conflict_do_nothing().returning(table_of(SmsOrder).c.id)
    ).first()
    if made is None:
        raise InputError("ordered" if _has_own(session, row) else "shared", "items")
    return session.get_one(SmsOrder, row.id)


def _has_own(session: Session, row: SmsOrder) -> bool:
    """Tell whether who asks has an open order, or else their number has another's."""
    is_own = (
        col(SmsOrder.plan_id) == row.plan_id,
        col(SmsOrder.student_id) == row.student_id,
        col(SmsOrder.guardian_id) == row.guardian_id,
        col(SmsOrder.ended_at).is_(None),
    )
    # A slip has nobody but its number.
    return row.guardian_id is None or bool(session.scalar(select(exists().where(*is_own))))
