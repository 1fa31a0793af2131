"""A semester's plan, Mei with a verified number and Ming, and an officer who says yes."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlmodel import Session

from core.clock import TAIPEI, school_day_of
from core.db import transaction
from core.house import House
from core.orders.placing import NewOrder, place_order
from core.orders.plan_book import record_plan
from core.orders.plans import Items, Plan
from core.orders.tables import Purpose, SmsOrder, SmsText, TextState
from core.people.contacts import Contact, ContactSlot, write_contact
from core.people.tables import Student
from tests.factories import LONG_AGO, make_binding, make_guardian, make_school, make_student

LIFF = "1234567890-abcdefgh"
OFFICER = "staff:officer"
NUMBER = "0912000123"
PLAN = Plan(
    school_year=115,
    term=1,
    name="115 學年度第 1 學期到離校簡訊服務",
    first_day=date(2026, 9, 7),
    last_day=date(2027, 1, 20),
    send_until=date(2027, 1, 20),
    billing_days=91,
)


def at(month: int, day: int, hour: int = 9, minute: int = 0, year: int = 2026) -> datetime:
    """A Taipei moment of the school year."""
    return datetime(year, month, day, hour, minute, tzinfo=TAIPEI)


@dataclass(slots=True)
class Shop:
    """What the tests of orders do again and again."""

    house: House
    mei: UUID
    ming: UUID
    plan: UUID
    texts: int = field(default=0)

    def does(self, act: Callable[..., Any], *args: Any, **facts: Any) -> Any:
        """Do something in a transaction of its own."""
        with transaction(self.house.engine) as session:
            return act(session, *args, **facts)

    def wish(self, **changed: Any) -> NewOrder:
        """What Mei asks for, or some of it changed."""
        asked = NewOrder(
            plan_id=self.plan,
            student_id=self.ming,
            items=Items.BOTH,
            guardian_id=self.mei,
            has_consented=True,
        )
        return replace(asked, **changed)

    def order(self, now: datetime, **changed: Any) -> UUID:
        """Put an order before the school."""
        by = f"guardian:{self.mei}"
        wish = self.wish(**changed)
        row: SmsOrder = self.does(place_order, self.house.vault, wish, by=by, now=now)
        return row.id

    def row(self, order_id: UUID) -> SmsOrder:
        """The order as it stands."""
        row: SmsOrder = self.does(lambda session: session.get_one(SmsOrder, order_id))
        return row

    def add_texts(
        self, order_id: UUID, state: TextState, count: int = 1, kind: str = "arrival"
    ) -> list[UUID]:
        """Texts that went by the order, in this state."""
        with transaction(self.house.engine) as session:
            now = self.house.clock.now()
            made = [paid_text(order_id, now, state, kind) for _ in range(count)]
            session.add_all(made)
            return [one.id for one in made]


def open_shop(session: Session, house: House) -> Shop:
    """Fill an empty database."""
    make_school(session)
    mei = make_guardian(session, house)
    phone = Contact(ContactSlot.PHONE, NUMBER, is_verified=True)
    write_contact(session, house.vault, mei.id, phone, LONG_AGO)
    make_binding(session, mei, make_student(session, house))
    ming = session.scalars(select(Student)).one()
    plan = record_plan(session, PLAN, by="operator", now=LONG_AGO)
    return Shop(house, mei.id, ming.id, plan.id)


def paid_text(
    order_id: UUID, now: datetime, state: TextState = TextState.DELIVERED, kind: str = "arrival"
) -> SmsText:
    """A text that went by the order, in this state."""
    return SmsText(
        order_id=order_id,
        purpose=Purpose.PAID,
        kind=kind,
        school_code="353607",
        school_day=school_day_of(now),
        client_id=uuid4().hex,
        provider="sandbox",
        state=state,
        created_at=now,
        changed_at=now,
    )
