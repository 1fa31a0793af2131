"""What a semester's texts come to at one school, and those that cost nobody anything."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from core.orders.accounts import FAILED, PENDING, Account, OrderAccount, accounts_for
from core.orders.states import GIVEN_BACK
from core.orders.tables import Purpose, SmsOrder, SmsPlan, SmsText, SmsTotal, TextState

# What is free to the guardian, as it is counted: a test is the operator's own.
FREE = (Purpose.NO_SHOW, Purpose.URGENT)


@dataclass(frozen=True, slots=True)
class SchoolAccount(Account):
    """The sum of a school's orders, refunds and shortfalls apart; so many `orders`."""

    orders: int


@dataclass(frozen=True, slots=True)
class FreeCount:
    """Texts of one purpose that nobody is charged for."""

    ok: int
    failed: int
    pending: int


def school_account(session: Session, plan: SmsPlan, school_code: str) -> SchoolAccount:
    """Return how a school's orders of a plan stand now, those that were given back left out.

    Of a closed plan, what it came to: its orders are deleted after a while.
    """
    if plan.closed_at is not None:
        return _closed(session, plan, school_code)
    orders = orders_of_plan(session, plan, school_code)
    accounts = accounts_for(session, orders).values() if orders else ()
    return _sum(list(accounts))


def orders_of_plan(session: Session, plan: SmsPlan, school_code: str) -> Sequence[SmsOrder]:
    """Return a school's orders of a plan that count."""
    statement = select(SmsOrder).where(
        col(SmsOrder.plan_id) == plan.id, col(SmsOrder.school_code) == school_code, is_counted()
    )
    return session.scalars(statement).all()


def is_counted() -> ColumnElement[bool]:
    """Return the condition that an order was ever in force, or is paid for."""
    return col(SmsOrder.state).not_in(GIVEN_BACK) | (col(SmsOrder.prepaid) > 0)


def free_texts(session: Session, plan: SmsPlan, school_code: str) -> Mapping[Purpose, FreeCount]:
    """Return the free texts of a school on the plan's days, by purpose."""
    number = func.count().label("texts")
    rows: Sequence[Any] = session.execute(
        select(col(SmsText.purpose), col(SmsText.state), number)
        .where(
            col(SmsText.school_code) == school_code,
            col(SmsText.school_day).between(plan.first_day, plan.last_day),
            col(SmsText.purpose).in_(FREE),
        )
        .group_by(col(SmsText.purpose), col(SmsText.state))
    ).all()
    found: dict[Purpose, dict[TextState, int]] = defaultdict(dict)
    for row in rows:
        found[Purpose(row.purpose)][TextState(row.state)] = row.texts
    return {one: _free(found[one]) for one in FREE}


def _closed(session: Session, plan: SmsPlan, school_code: str) -> SchoolAccount:
    names = [one.name for one in fields(SchoolAccount) if one.name != "pending"]
    sums = [func.coalesce(func.sum(getattr(SmsTotal, name)), 0).label(name) for name in names]
    of_school = (col(SmsTotal.plan_id) == plan.id, col(SmsTotal.school_code) == school_code)
    came_to: Any = session.execute(select(*sums).where(*of_school)).one()
    # What had no receipt by then counts no more.
    return SchoolAccount(**came_to._asdict(), pending=0)


def _free(counts: Mapping[TextState, int]) -> FreeCount:
    def of(states: Iterable[TextState]) -> int:
        return sum(counts.get(one, 0) for one in states)

    return FreeCount(of((TextState.DELIVERED,)), of(FAILED), of(PENDING))


def _sum(accounts: Sequence[OrderAccount]) -> SchoolAccount:
    summed = {
        one.name: sum(getattr(account, one.name) for account in accounts) for one in fields(Account)
    }
    return SchoolAccount(**summed, orders=len(accounts))
