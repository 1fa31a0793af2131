"""How the SMS service stands for one child of a guardian: what pages and chat show alike."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session

from core.calendar.channels import choosable
from core.clock import school_day_of
from core.errors import InputError
from core.kinds import Channel, EventKind
from core.orders.accounts import OrderAccount, accounts_for
from core.orders.fees import PAID
from core.orders.late import Offer, late_offer
from core.orders.ledger import steps_of
from core.orders.listing import Listed, orders_of_guardian
from core.orders.plan_book import plan_of, plan_of_day
from core.orders.plans import Items, Plan
from core.orders.states import GIVEN_BACK, OrderState
from core.orders.tables import SmsOrder, SmsOrderStep, SmsPlan
from core.people.bindings import BoundChild
from core.people.tables import Guardian

IN_FORCE = (OrderState.ACTIVE, OrderState.CANCELLING)


class Obstacle(StrEnum):
    """Why no order can be placed now."""

    NOT_OFFERED = "not_offered"
    ORDERED = "ordered"
    TOO_LATE = "too_late"
    PHONE = "phone"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """A guardian's order with its plan, its money and who did what, oldest first."""

    order: SmsOrder
    plan: Plan
    account: OrderAccount
    steps: Sequence[SmsOrderStep]

    @property
    def state(self) -> OrderState:
        """Return where it stands."""
        return OrderState(self.order.state)

    @property
    def items(self) -> Items:
        """Return what it is for."""
        return Items(self.order.items)

    @property
    def is_open(self) -> bool:
        """Tell whether it goes on, one way or another."""
        return self.order.ended_at is None

    @property
    def has_money(self) -> bool:
        """Tell whether there is anything to reckon: it was approved, or paid for."""
        return self.order.effective_from is not None or self.order.prepaid > 0

    @property
    def sends(self) -> tuple[datetime, datetime] | None:
        """Return from when until when (not included) texts go; None where none ever do."""
        begins = self.order.effective_from
        ends = min(self.order.cancel_effective_from or self.plan.ends_at, self.plan.ends_at)
        return (begins, ends) if begins is not None and begins < ends else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildService:
    """One child's service: the plan to order from, and the guardian's orders, newest first.

    `offers` says what each choice would bring now; it is empty where nothing can be ordered, but
    for want of a verified number.
    """

    child: BoundChild
    plan: SmsPlan | None
    orders: Sequence[OrderView]
    obstacle: Obstacle | None
    offers: Mapping[Items, Offer]

    @property
    def current(self) -> OrderView | None:
        """Return the open order, or the newest there was."""
        newest = self.orders[0] if self.orders else None
        return next((one for one in self.orders if one.is_open), newest)

    @property
    def earlier(self) -> list[OrderView]:
        """Return the others."""
        return [one for one in self.orders if one is not self.current]

    @property
    def has_paid(self) -> bool:
        """Tell whether one of this semester that was given back is paid for: the next one is."""
        key = plan_of(self.plan).key if self.plan else None
        paid = (one for one in self.orders if one.state in GIVEN_BACK and one.order.prepaid)
        return any(one.plan.key == key for one in paid)

    def plan_to_order(self) -> SmsPlan:
        """Return the plan an order would be of. Raises InputError: why none can be placed."""
        if self.plan is None or self.obstacle is Obstacle.NOT_OFFERED:
            raise InputError("not_offered", "items")
        return self.plan


def service_of(
    session: Session, guardian: Guardian, child: BoundChild, now: datetime
) -> ChildService:
    """Return how the service stands for a guardian's child; only reads."""
    today = school_day_of(now)
    plan = plan_of_day(session, today)
    listed = orders_of_guardian(session, guardian.id, child.student_id)
    offers = _offers(session, plan, child, now) if plan else {}
    return ChildService(
        child=child,
        plan=plan,
        orders=views_of(session, listed),
        obstacle=_obstacle(session, guardian, child, plan, listed, offers, now),
        offers=offers,
    )


def view_of(session: Session, listed: Listed) -> OrderView:
    """Return one order with all that is shown of it."""
    return views_of(session, [listed])[0]


def views_of(session: Session, listed: Sequence[Listed]) -> list[OrderView]:
    """Return orders with all that is shown of them."""
    accounts = accounts_for(session, [one.order for one in listed])
    return [
        OrderView(
            order=one.order,
            plan=plan_of(one.plan),
            account=accounts[one.order.id],
            steps=steps_of(session, one.order.id),
        )
        for one in listed
    ]


@dataclass(frozen=True, slots=True)
class Ordered:
    """Which news of a child a guardian's orders carry, and which wait for the school.

    `can_order`: there is a plan to order from.
    """

    in_force: frozenset[EventKind]
    waiting: frozenset[EventKind]
    can_order: bool


def ordered_of(session: Session, guardian_id: UUID, student_id: UUID, now: datetime) -> Ordered:
    """Return what is ordered of a child; only reads."""
    orders = [one.order for one in orders_of_guardian(session, guardian_id, student_id)]
    return Ordered(
        _kinds(one for one in orders if _is_in_force(one, now)),
        _kinds(one for one in orders if one.state == OrderState.REQUESTED),
        plan_of_day(session, school_day_of(now)) is not None,
    )


def in_force_of(listed: Sequence[Listed], now: datetime) -> frozenset[UUID]:
    """Return the children of whom texts are sent by orders in force. Pure."""
    return frozenset(one.student.id for one in listed if _is_in_force(one.order, now))


def _kinds(orders: Iterable[SmsOrder]) -> frozenset[EventKind]:
    return frozenset(kind for one in orders for kind in PAID[Items(one.items)])


def _is_in_force(order: SmsOrder, now: datetime) -> bool:
    # What was cancelled sends on until its day.
    ends = order.cancel_effective_from
    is_ending = order.state == OrderState.CANCELLED and ends is not None and now < ends
    return is_ending or order.state in IN_FORCE


def _offers(
    session: Session, plan: SmsPlan, child: BoundChild, now: datetime
) -> dict[Items, Offer]:
    place = (child.school_code, child.grade)
    found = {items: late_offer(session, plan_of(plan), place, items, now) for items in Items}
    return {items: offer for items, offer in found.items() if offer is not None}


def _obstacle(
    session: Session,
    guardian: Guardian,
    child: BoundChild,
    plan: SmsPlan | None,
    listed: Sequence[Listed],
    offers: Mapping[Items, Offer],
    now: datetime,
) -> Obstacle | None:
    if plan is None:
        return Obstacle.NOT_OFFERED
    # In a break it is the next semester's: this one's offer says nothing of it.
    day = max(school_day_of(now), plan.first_day)
    if Channel.SMS not in choosable(session, {child.school_code}, day):
        return Obstacle.NOT_OFFERED
    if any(one.plan.id == plan.id and one.order.ended_at is None for one in listed):
        return Obstacle.ORDERED
    if not offers:
        return Obstacle.TOO_LATE
    return None if guardian.phone_sealed and guardian.phone_is_verified else Obstacle.PHONE
