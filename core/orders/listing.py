"""Orders as they are listed: a guardian's own, and a school's. Only reads."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlmodel import Session, col

from core.errors import AccessError
from core.orders.fees import is_unpaid
from core.orders.plan_book import plan_of
from core.orders.plans import Items
from core.orders.states import OrderState
from core.orders.tables import Origin, SmsOrder, SmsPlan
from core.people.doors import StaffDoor
from core.people.staff import can_see_order
from core.people.tables import Guardian, Staff, Student

# Source: the city's guide to cancelling texts (2018): its lists have 50 rows a page.
PAGE_SIZE = 50
# Since when an order waits for the school.
SINCE = func.coalesce(col(SmsOrder.cancel_asked_at), col(SmsOrder.asked_at))
# What an order is asked for before it is approved.
PRICE = case(
    {
        Items.ARRIVAL: col(SmsPlan.price_arrival),
        Items.DEPARTURE: col(SmsPlan.price_departure),
        Items.BOTH: col(SmsPlan.price_both),
    },
    value=col(SmsOrder.items),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """An order with its child, its plan, and the guardian whose own it is."""

    order: SmsOrder
    plan: SmsPlan
    student: Student
    guardian: Guardian | None

    @property
    def is_unpaid(self) -> bool:
        """Tell whether it costs something, and nothing is noted as paid."""
        return is_unpaid(plan_of(self.plan), Items(self.order.items), self.order.prepaid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list is narrowed to; empty is everything. `words` is a student number or a name.

    `is_paid`: whether a payment is noted, or is asked for and is not; None is either.
    `is_cancellation`: only where somebody asked for the end, whatever became of it. `homerooms` are
    the classes that may be seen, None for all of them: whoever has none sees none.
    """

    plan_id: UUID | None = None
    states: Collection[OrderState] = ()
    origins: Collection[Origin] = ()
    homerooms: Collection[str] | None = None
    words: str = ""
    is_paid: bool | None = None
    is_cancellation: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `number` counts from 1."""

    rows: Sequence[Listed]
    number: int
    total: int

    @property
    def pages(self) -> int:
        """Return how many pages there are, one at least."""
        return max(1, -(-self.total // PAGE_SIZE))


def find_orders(session: Session, school_code: str, filters: Filters, page: int) -> Page:
    """Return a page of a school's orders, newest first; past the last one, the last."""
    where = (col(SmsOrder.school_code) == school_code, *_conditions(filters))
    total = count_orders(session, school_code, filters)
    number = max(1, min(page, -(-total // PAGE_SIZE)))
    newest = (col(SmsOrder.asked_at).desc(), col(SmsOrder.id))
    rows = _listed(session, where, newest, (number - 1) * PAGE_SIZE)
    return Page(rows, number, total)


def all_orders(session: Session, school_code: str, filters: Filters) -> Sequence[Listed]:
    """Return all of a school's orders, by class and seat."""
    where = (col(SmsOrder.school_code) == school_code, *_conditions(filters))
    by_seat = (col(Student.homeroom), col(Student.seat_number), col(SmsOrder.id))
    return _listed(session, where, by_seat, 0, None)


def count_orders(session: Session, school_code: str, filters: Filters) -> int:
    """Return how many of a school's orders there are."""
    where = (col(SmsOrder.school_code) == school_code, *_conditions(filters))
    counted = select(func.count()).select_from(SmsOrder).join(Student).join(SmsPlan).where(*where)
    return session.scalar(counted) or 0


def waiting_orders(session: Session, school_code: str) -> Sequence[Listed]:
    """Return what the school has to look at, orders and cancellations, longest first."""
    return _listed(session, _waits_at(school_code), (SINCE, col(SmsOrder.id)), 0, None)


def waiting_since(session: Session, school_code: str) -> list[datetime]:
    """Return since when each of these waits."""
    return list(session.scalars(select(SINCE).where(*_waits_at(school_code))))


def orders_of_guardian(
    session: Session, guardian_id: UUID, student_id: UUID | None = None
) -> Sequence[Listed]:
    """Return what a guardian ordered, newest first; of one child where it is named."""
    where = [col(SmsOrder.guardian_id) == guardian_id]
    if student_id is not None:
        where.append(col(SmsOrder.student_id) == student_id)
    newest = (col(SmsOrder.asked_at).desc(), col(SmsOrder.id))
    return _listed(session, where, newest, 0, None)


def own_order(session: Session, order_id: UUID, guardian_id: UUID) -> Listed:
    """Return the guardian's own order. Raises AccessError 404 for every other's."""
    where = (col(SmsOrder.id) == order_id, col(SmsOrder.guardian_id) == guardian_id)
    return _only(session, where)


def order_of_staff(door: StaffDoor, order_id: UUID) -> tuple[Listed, Staff]:
    """Return an order and the role by which it is seen: of the school it was asked at.

    Raises AccessError 404.
    """
    listed = _only(door.session, (col(SmsOrder.id) == order_id,))
    for role in door.roles:
        if can_see_order(role, listed.order.school_code, listed.student.homeroom):
            return listed, role
    raise AccessError("no_such_order")


def _only(session: Session, where: Sequence[ColumnElement[bool]]) -> Listed:
    rows = _listed(session, where, (col(SmsOrder.id),), 0, 1)
    if not rows:
        raise AccessError("no_such_order")
    return rows[0]


def _waits_at(school_code: str) -> tuple[ColumnElement[bool], ...]:
    waits = col(SmsOrder.state).in_((OrderState.REQUESTED, OrderState.CANCELLING))
    return col(SmsOrder.school_code) == school_code, waits


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if filters.plan_id is not None:
        wanted.append(col(SmsOrder.plan_id) == filters.plan_id)
    if filters.states:
        wanted.append(col(SmsOrder.state).in_(filters.states))
    if filters.origins:
        wanted.append(col(SmsOrder.origin).in_(filters.origins))
    if filters.homerooms is not None:
        wanted.append(col(Student.homeroom).in_(filters.homerooms))
    if filters.is_paid is not None:
        lacks = and_(col(SmsOrder.prepaid) == 0, PRICE > 0)
        wanted.append(col(SmsOrder.prepaid) > 0 if filters.is_paid else lacks)
    if filters.is_cancellation:
        wanted.append(col(SmsOrder.cancel_asked_at).is_not(None))
    words = filters.words.strip()
    if words:
        named = col(Student.name).contains(words, autoescape=True)
        wanted.append(or_(named, col(Student.student_number) == words.upper()))
    return wanted


def _listed(
    session: Session,
    where: Sequence[ColumnElement[bool]],
    order_by: Sequence[Any],
    offset: int,
    limit: int | None = PAGE_SIZE,
) -> Sequence[Listed]:
    statement = (
        select(SmsOrder, SmsPlan, Student, Guardian)
        .join(SmsPlan, col(SmsPlan.id) == col(SmsOrder.plan_id))
        .join(Student, col(Student.id) == col(SmsOrder.student_id))
        .outerjoin(Guardian, col(Guardian.id) == col(SmsOrder.guardian_id))
        .where(*where)
        .order_by(*order_by)
        .offset(offset)
        .limit(limit)
    )
    rows: list[Any] = list(session.execute(statement))
    return [Listed(*row) for row in rows]
