"""A school's orders of the SMS service: a semester, and children who ordered."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Session, select

from core.clock import school_day_of
from core.db import snapshot, transaction
from core.house import House
from core.orders.placing import NewOrder, place_order
from core.orders.plan_book import record_plan
from core.orders.plans import Items
from core.orders.service import approve, ask_cancel
from core.orders.tables import Origin, Purpose, SmsOrder, SmsText, TextState
from core.people.contacts import Contact, ContactSlot, write_contact
from core.people.tables import School
from tests.factories import LONG_AGO, make_school, make_student
from tests.orders.shop import PLAN

NUMBER = "0912000123"


@dataclass(slots=True)
class Shop:
    """What tests do with orders again and again."""

    house: House
    plan_id: UUID

    def child(
        self, number: str, name: str = "王小明", homeroom: str = "603", school: str = "353607"
    ) -> UUID:
        """A child of the school."""
        with transaction(self.house.engine) as session:
            if session.get(School, school) is None:
                make_school(session, school, short_name="槐香國小", district="大安區")
            child = make_student(session, self.house, name=name, number=number, school_code=school)
            child.homeroom = homeroom
            return child.id

    def slip(self, student_id: UUID, at: datetime | None = None, phone: str = NUMBER) -> UUID:
        """An order from a slip, asked for at that moment."""
        wish = NewOrder(
            plan_id=self.plan_id,
            student_id=student_id,
            items=Items.BOTH,
            phone=phone,
            origin=Origin.SLIP,
        )
        return self._place(wish, "staff:somebody", at)

    def order(self, guardian_id: UUID, student_id: UUID, at: datetime | None = None) -> UUID:
        """A guardian's own order to a verified number."""
        contact = Contact(ContactSlot.PHONE, NUMBER, is_verified=True)
        with transaction(self.house.engine) as session:
            write_contact(session, self.house.vault, guardian_id, contact, LONG_AGO)
        wish = NewOrder(
            plan_id=self.plan_id,
            student_id=student_id,
            items=Items.BOTH,
            guardian_id=guardian_id,
            has_consented=True,
        )
        return self._place(wish, f"guardian:{guardian_id}", at)

    def approve(self, order_id: UUID, at: datetime) -> None:
        """The school says yes."""
        with transaction(self.house.engine) as session:
            approve(session, "liff", order_id, by="staff:somebody", now=at)

    def ask_cancel(self, order_id: UUID, at: datetime) -> None:
        """Somebody wants the end."""
        with transaction(self.house.engine) as session:
            ask_cancel(session, "liff", order_id, by="staff:somebody", now=at)

    def send(self, order_id: UUID, state: TextState, count: int, kind: str = "arrival") -> None:
        """Texts of an order, as they came out."""
        with transaction(self.house.engine) as session:
            session.add_all(
                self.text(Purpose.PAID, kind, state, order_id=order_id) for _ in range(count)
            )

    def text(
        self, purpose: Purpose, kind: str, state: TextState, order_id: UUID | None = None
    ) -> SmsText:
        """One text of the school's."""
        now = self.house.clock.now()
        return SmsText(
            order_id=order_id,
            purpose=purpose,
            kind=kind,
            school_code="353607",
            school_day=school_day_of(now),
            client_id=uuid4().hex,
            provider="sandbox",
            state=state,
            created_at=now,
            changed_at=now,
        )

    def row(self, order_id: UUID) -> SmsOrder:
        """An order as it stands."""
        with snapshot(self.house.engine) as session:
            return session.exec(select(SmsOrder).where(SmsOrder.id == order_id)).one()

    def only(self) -> SmsOrder:
        """The one order there is."""
        with snapshot(self.house.engine) as session:
            return session.exec(select(SmsOrder)).one()

    def states(self) -> set[str]:
        """Where all orders stand."""
        with snapshot(self.house.engine) as session:
            return set(session.exec(select(SmsOrder.state)).all())

    def _place(self, wish: NewOrder, by: str, at: datetime | None) -> UUID:
        now = at or self.house.clock.now()
        with transaction(self.house.engine) as session:
            return place_order(session, self.house.vault, wish, by=by, now=now).id


def open_shop(session: Session, house: House) -> Shop:
    """Put the semester on record."""
    return Shop(house, record_plan(session, PLAN, by="operator", now=LONG_AGO).id)
