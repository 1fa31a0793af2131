"""The number a guardian's orders go to: the one proved last, and none that was given up.

Every function joins the caller's transaction.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from core.crypto import Vault
from core.orders.ledger import write_order, write_step
from core.orders.paying import PHONE
from core.orders.states import Done, Step
from core.orders.tables import SmsOrder
from core.people.contacts import ContactSlot, verified_in
from core.people.tables import Guardian


def goes_to(session: Session, vault: Vault, guardian_id: UUID, phone: str, now: datetime) -> bool:
    """Tell whether an order of the guardian goes on sending to the number, or is to; only reads."""
    indexes = vault.index_candidates(phone, PHONE)
    return any(one.phone_index in indexes for one in _going_on(session, guardian_id, now))


def follow_number(session: Session, vault: Vault, guardian_id: UUID, now: datetime) -> None:
    """Send what the guardian ordered to the number they proved just now.

    Not where somebody else's order of the child goes there: one phone would hear everything twice.
    """
    guardian = session.get_one(Guardian, guardian_id, populate_existing=True)
    proved = verified_in(vault, guardian, ContactSlot.PHONE)
    if proved is None:
        return
    indexes = vault.index_candidates(proved.address, PHONE)
    for row in _going_on(session, guardian_id, now, is_held=True):
        if row.phone_index not in indexes and not _is_taken(session, row, indexes):
            # Taken at this very moment: the other order was quicker.
            with suppress(IntegrityError), session.begin_nested():
                sealed, index = (make(proved.address, PHONE) for make in (vault.seal, vault.index))
                write_order(session, row, phone_sealed=sealed, phone_index=index)
                write_step(session, row, Done(Step.NUMBER, f"guardian:{guardian_id}", now))


def _going_on(
    session: Session, guardian_id: UUID, now: datetime, *, is_held: bool = False
) -> Sequence[SmsOrder]:
    ends = col(SmsOrder.cancel_effective_from)
    statement = (
        select(SmsOrder)
        .where(
            col(SmsOrder.guardian_id) == guardian_id,
            or_(col(SmsOrder.ended_at).is_(None), ends > now),
            col(SmsOrder.settled_at).is_(None),
        )
        .order_by(col(SmsOrder.id))
    )
    return session.scalars(statement.with_for_update() if is_held else statement).all()


def _is_taken(session: Session, row: SmsOrder, indexes: Sequence[str]) -> bool:
    # What the guardian asked for anew begins only when what is ending has ended.
    is_others = col(SmsOrder.guardian_id).is_distinct_from(row.guardian_id)
    taken = exists().where(
        is_others,
        col(SmsOrder.plan_id) == row.plan_id,
        col(SmsOrder.student_id) == row.student_id,
        col(SmsOrder.phone_index).in_(indexes),
        col(SmsOrder.ended_at).is_(None),
    )
    return bool(session.scalar(select(taken)))
