"""The order tick: when a semester's texts are over, what it left open runs out (期滿)."""

from sqlalchemy import exists, select
from sqlmodel import col

from core.clock import school_day_of
from core.db import snapshot
from core.house import House
from core.orders.settling import expire_orders
from core.orders.tables import SmsOrder, SmsPlan


def run_order_tick(house: House) -> None:
    """End the open orders of plans that are over; in the usual case this is one question."""
    now = house.clock.now()
    has_open = exists().where(
        col(SmsOrder.plan_id) == col(SmsPlan.id), col(SmsOrder.ended_at).is_(None)
    )
    over = select(col(SmsPlan.id)).where(
        col(SmsPlan.send_until) < school_day_of(now), col(SmsPlan.closed_at).is_(None), has_open
    )
    with snapshot(house.engine) as session:
        plan_ids = session.scalars(over).all()
    for plan_id in plan_ids:
        expire_orders(house, plan_id, now)
