"""The SMS service on the pages: a semester's plan, Mei's number, and what the school does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

from sqlmodel import Session, select

from core.calendar.channels import Offer, set_offers
from core.calendar.scopes import CITY
from core.calendar.semesters import Semester
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.house import House
from core.kinds import Channel, OfferState
from core.orders import service
from core.orders.placing import NewOrder, place_order
from core.orders.plan_book import find_plan, record_plan
from core.orders.plans import Items, Plan
from core.orders.states import OrderState
from core.orders.tables import Origin, Purpose, SmsOrder, SmsText, TextState
from core.people.contacts import Contact, ContactSlot, write_contact
from core.people.tables import Binding
from tests.factories import LONG_AGO
from tests.orders.shop import PLAN

OFFICER = "staff:officer"


class HasBinding(Protocol):
    """Who is bound to a child."""

    @property
    def binding_id(self) -> str:
        """Return the binding's id."""


def open_service(session: Session, house: House, plan: Plan = PLAN) -> None:
    """The bureau offers texts this semester and a plan is on record."""
    wanted = {Channel.SMS: Offer(OfferState.OFFERED)}
    set_offers(session, CITY, Semester(115, 1), wanted, by=OFFICER, now=house.clock.now())
    record_plan(session, plan, by="operator", now=LONG_AGO)


def verify_phone(session: Session, house: House, guardian_id: UUID) -> None:
    """The guardian typed the code that was sent."""
    phone = Contact(ContactSlot.PHONE, "0912000123", is_verified=True)
    write_contact(session, house.vault, guardian_id, phone, LONG_AGO)


def place(session: Session, house: House, binding: Binding, items: Items = Items.BOTH) -> UUID:
    """A guardian orders."""
    plan = find_plan(session, *PLAN.key)
    assert plan is not None
    wish = NewOrder(
        plan_id=plan.id,
        student_id=binding.student_id,
        items=items,
        guardian_id=binding.guardian_id,
        has_consented=True,
    )
    by = f"guardian:{binding.guardian_id}"
    return place_order(session, house.vault, wish, by=by, now=house.clock.now()).id


def place_slip(session: Session, house: House, student_id: UUID, phone: str) -> UUID:
    """The school types in a paper slip."""
    plan = find_plan(session, *PLAN.key)
    assert plan is not None
    wish = NewOrder(
        plan_id=plan.id,
        student_id=student_id,
        items=Items.BOTH,
        phone=phone,
        origin=Origin.SLIP,
    )
    return place_order(session, house.vault, wish, by=OFFICER, now=house.clock.now()).id


def ordered(house: House, family: HasBinding, state: OrderState, items: Items = Items.BOTH) -> str:
    """Mei's order for Ming in a state."""
    with transaction(house.engine) as session:
        binding = session.get_one(Binding, UUID(family.binding_id))
        order_id = place(session, house, binding, items)
    bring_to(house, order_id, state)
    return str(order_id)


def bring_to(house: House, order_id: UUID, state: OrderState) -> None:
    """The school and the guardian do what leads an order to a state."""
    for step in WAYS[state]:
        with transaction(house.engine) as session:
            step(session, order_id, house)


def count_texts(house: House, order_id: UUID, **counts: int) -> None:
    """So many texts of an order stand so; the names are those of TextState."""
    with transaction(house.engine) as session:
        for name, count in counts.items():
            session.add_all(make_texts(house, order_id, TextState(name), count))


def make_texts(house: House, order_id: UUID, state: TextState, count: int) -> list[SmsText]:
    """Arrivals that went by an order."""
    return [_text(house, order_id, state) for _ in range(count)]


def orders_in(house: House) -> list[SmsOrder]:
    """Every order."""
    with snapshot(house.engine) as session:
        return list(session.exec(select(SmsOrder)).all())


def _text(house: House, order_id: UUID, state: TextState) -> SmsText:
    now = house.clock.now()
    return SmsText(
        order_id=order_id,
        purpose=Purpose.PAID,
        kind="arrival",
        school_code="353607",
        school_day=school_day_of(now),
        client_id=uuid4().hex,
        provider="sandbox",
        state=state,
        created_at=now,
        changed_at=now,
    )


def change_prices(session: Session) -> None:
    """The bureau corrects the plan before the first order."""
    prices = dict.fromkeys(Items, 99)
    record_plan(session, replace(PLAN, prices=prices), by="operator", now=LONG_AGO + timedelta(1))


def begin_another_semester(session: Session) -> None:
    """What was ordered so far was of the semester before, and the next one can be ordered from."""
    before = find_plan(session, *PLAN.key)
    assert before is not None
    before.school_year, before.term = 114, 2
    before.first_day = date(2026, 2, 23)
    before.last_day = before.send_until = date(2026, 6, 30)
    session.add(before)
    session.flush()
    record_plan(session, PLAN, by="operator", now=LONG_AGO)


Step = Callable[[Session, UUID, House], Any]


def _pay(session: Session, order_id: UUID, house: House) -> None:
    now = house.clock.now()
    service.mark_paid(session, order_id, 136, "A-0123", by=OFFICER, now=now)


def _approve(session: Session, order_id: UUID, house: House) -> None:
    now = house.clock.now() - timedelta(days=3)
    service.approve(session, _liff(house), order_id, by=OFFICER, now=now)


def _return(session: Session, order_id: UUID, house: House) -> None:
    now, why = house.clock.now(), "手機號碼請再確認"
    service.return_order(session, _liff(house), order_id, why, by=OFFICER, now=now)


def _withdraw(session: Session, order_id: UUID, house: House) -> None:
    by = f"guardian:{session.get_one(SmsOrder, order_id).guardian_id}"
    service.withdraw(session, order_id, by=by, now=house.clock.now())


def _ask_cancel(session: Session, order_id: UUID, house: House) -> None:
    by = f"guardian:{session.get_one(SmsOrder, order_id).guardian_id}"
    service.ask_cancel(session, _liff(house), order_id, by=by, now=house.clock.now())


def _approve_cancel(session: Session, order_id: UUID, house: House) -> None:
    now = house.clock.now()
    service.approve_cancel(session, _liff(house), order_id, by=OFFICER, now=now)


def _expire(session: Session, order_id: UUID, house: House) -> None:
    service.expire(session, _liff(house), order_id, PLAN.ends_at)


def _liff(house: House) -> str:
    return house.settings.liff_id


IN_FORCE: tuple[Step, ...] = (_pay, _approve)
WAYS: dict[OrderState, tuple[Step, ...]] = {
    OrderState.REQUESTED: (),
    OrderState.ACTIVE: IN_FORCE,
    OrderState.CANCELLING: (*IN_FORCE, _ask_cancel),
    OrderState.CANCELLED: (*IN_FORCE, _ask_cancel, _approve_cancel),
    OrderState.RETURNED: (_return,),
    OrderState.WITHDRAWN: (_withdraw,),
    OrderState.EXPIRED: (*IN_FORCE, _expire),
}
