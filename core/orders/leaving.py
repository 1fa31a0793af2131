"""Guardians who go: an open order keeps them, unless a backup brought them back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlmodel import Session, col

from core.orders import states
from core.orders.ledger import take_step
from core.orders.tables import SmsOrder, SmsPlan


def has_open_orders(session: Session, guardian_id: UUID) -> bool:
    """Tell whether an order of the guardian goes on, one way or another; only reads."""
    is_open = (col(SmsOrder.guardian_id) == guardian_id) & col(SmsOrder.ended_at).is_(None)
    return bool(session.scalar(select(exists().where(is_open))))


def end_open_orders(session: Session, guardian_id: UUID, now: datetime) -> None:
    """End at once what a restored backup brought back of somebody who had gone.

    Joins the caller's transaction. Nobody is told.
    """
    is_open = (col(SmsOrder.guardian_id) == guardian_id) & col(SmsOrder.ended_at).is_(None)
    statement = select(SmsOrder).where(is_open).order_by(col(SmsOrder.id)).with_for_update()
    for row in session.scalars(statement).all():
        plan = session.get_one(SmsPlan, row.plan_id)
        take_step(session, row, plan, lambda of, _: states.leave(of, now))
