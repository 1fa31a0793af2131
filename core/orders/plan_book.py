"""The plans on record. Every function joins the caller's transaction."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, text
from sqlmodel import Session, col

from core.audit import record_audit
from core.errors import AccessError, InputError
from core.orders.plans import Bearer, Items, Plan, Rounding
from core.orders.tables import SmsOrder, SmsPlan


def plan_of(row: SmsPlan) -> Plan:
    """Return the plan a row holds. Pure."""
    return Plan(
        school_year=row.school_year,
        term=row.term,
        name=row.name,
        first_day=row.first_day,
        last_day=row.last_day,
        send_until=row.send_until,
        billing_days=row.billing_days,
        prices={
            Items.ARRIVAL: row.price_arrival,
            Items.DEPARTURE: row.price_departure,
            Items.BOTH: row.price_both,
        },
        rounding=Rounding(row.rounding),
        shortfall_by=Bearer(row.shortfall_by),
    )


def version_of(row: SmsPlan) -> str:
    """Return what tells a plan as it stands from any other, and from itself before a change."""
    return f"{row.id.hex[:8]}{int(row.recorded_at.timestamp() * 1_000_000):x}"


def plan_of_day(session: Session, day: date) -> SmsPlan | None:
    """Return the plan a Taipei date belongs to, or else the next to come; None where none is.

    A plan can be ordered from as soon as it is on record.
    """
    statement = (
        select(SmsPlan)
        .where(col(SmsPlan.send_until) >= day, col(SmsPlan.closed_at).is_(None))
        .order_by(col(SmsPlan.first_day))
        .limit(1)
    )
    return session.scalars(statement).first()


def list_plans(session: Session) -> Sequence[SmsPlan]:
    """Return every plan, the newest semester first."""
    newest = (col(SmsPlan.school_year).desc(), col(SmsPlan.term).desc())
    return session.scalars(select(SmsPlan).order_by(*newest)).all()


def get_plan(session: Session, plan_id: UUID) -> SmsPlan:
    """Return a plan. Raises AccessError 404."""
    row = session.get(SmsPlan, plan_id)
    if row is None:
        raise AccessError("no_such_plan")
    return row


def find_plan(session: Session, school_year: int, term: int) -> SmsPlan | None:
    """Return the plan of a semester such as (114, 1)."""
    return session.scalars(
        select(SmsPlan).where(col(SmsPlan.school_year) == school_year, col(SmsPlan.term) == term)
    ).first()


def lock_plan(session: Session, plan_id: UUID, *, is_shared: bool = False) -> SmsPlan:
    """Return the plan, held: orders share it, its closing has it alone. Raises AccessError 404."""
    statement = (
        select(SmsPlan)
        .where(col(SmsPlan.id) == plan_id)
        .with_for_update(read=is_shared)
        .execution_options(populate_existing=True)
    )
    row = session.scalars(statement).first()
    if row is None:
        raise AccessError("no_such_plan")
    return row


def record_plan(session: Session, plan: Plan, *, by: str, now: datetime) -> SmsPlan:
    """Put a plan on record, in place of one of its semester that nobody ordered from yet.

    Raises InputError("ordered", "term"), and ("overlap", "first_day") beside another's days.
    """
    _let_nobody_else_record(session)
    _check_days(session, plan)
    row = find_plan(session, *plan.key)
    if row is not None and _is_ordered(session, lock_plan(session, row.id).id):
        raise InputError("ordered", "term")
    values = _values(plan) | {"recorded_by": by, "recorded_at": now}
    row = row or SmsPlan(**values)
    for name, value in values.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    audit_plan(session, row, "sms_plan.set", by, now)
    return row


def _let_nobody_else_record(session: Session) -> None:
    # Of a plan that is not there yet no row could be locked. SQLite has one writer anyway.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE sms_plan IN SHARE ROW EXCLUSIVE MODE"))


def _check_days(session: Session, plan: Plan) -> None:
    for other in list_plans(session):
        is_other = (other.school_year, other.term) != plan.key
        if is_other and other.first_day <= plan.last_day and plan.first_day <= other.last_day:
            raise InputError("overlap", "first_day")


def _is_ordered(session: Session, plan_id: UUID) -> bool:
    return bool(session.scalar(select(exists().where(col(SmsOrder.plan_id) == plan_id))))


def _values(plan: Plan) -> dict[str, Any]:
    return {
        "school_year": plan.school_year,
        "term": plan.term,
        "name": plan.name,
        "first_day": plan.first_day,
        "last_day": plan.last_day,
        "send_until": plan.send_until,
        "billing_days": plan.billing_days,
        "price_arrival": plan.prices[Items.ARRIVAL],
        "price_departure": plan.prices[Items.DEPARTURE],
        "price_both": plan.prices[Items.BOTH],
        "rounding": plan.rounding.value,
        "shortfall_by": plan.shortfall_by.value,
    }


def audit_plan(session: Session, row: SmsPlan, action: str, by: str, now: datetime) -> None:
    """Write down what was done to a plan."""
    subject = f"sms_plan:{row.school_year}-{row.term}"
    record_audit(session, actor=by, action=action, subject=subject, now=now)
