"""Mei, whose number is proved, Ming, and a text message firm of the sandbox."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import col, select

from core.calendar.channels import Offer, set_offers
from core.calendar.scopes import CITY
from core.calendar.semesters import Semester
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.house import House
from core.kinds import Channel, EventKind, NoticeKind, OfferState
from core.notices.fan_out import CORRECTED
from core.notices.happenings import Happening
from core.notices.recipients import place_of_texts
from core.orders.placing import NewOrder, place_order
from core.orders.plan_book import find_plan, record_plan
from core.orders.plans import Items
from core.orders.service import approve
from core.orders.tables import Origin, SmsOrder, SmsText
from core.people.contacts import Contact, ContactSlot, write_contact
from core.texting.paid import text_happenings
from core.texting.sender import TextMessenger
from tests.conftest import FixedClock
from tests.factories import make_binding, make_guardian, make_school, make_student
from tests.mailing.conftest import ON_LINE, Family, correct, miss, rows, tick
from tests.orders.shop import LIFF, OFFICER, PLAN, at
from tests.post.conftest import post_process, sandbox
from tests.post.sandbox import settings_for
from tests.sandbox.client import SandboxClient

__all__ = ["correct", "miss", "post_process", "rows", "sandbox"]
NUMBER = "0900000101"
NO_SHOWS = frozenset({(Channel.SMS, EventKind.NO_SHOW)})
Send = Callable[[], int]


@pytest.fixture
def town(house: House, sandbox: SandboxClient) -> House:
    """The house, its texts going to the sandbox; SMS is offered."""
    town = replace(house, settings=settings_for(sandbox, liff_id="liff-1"))
    offer(town, OfferState.OFFERED)
    return town


@pytest.fixture
def family(town: House) -> Family:
    """Mei ticked no-shows for LINE and SMS, and proved her number."""
    with transaction(town.engine) as session:
        make_school(session)
        student, guardian = make_student(session, town), make_guardian(session, town)
        binding = make_binding(session, guardian, student)
        family = Family(student.id, guardian.id, binding.id)
    prove(town, family)
    tick(town, family, ON_LINE | NO_SHOWS)
    return family


@pytest.fixture
def send(town: House) -> Send:
    """Send what is due, as a worker that has just started."""
    return lambda: TextMessenger(town).drain()


def offer(house: House, state: OfferState) -> None:
    """Say how SMS stands this semester."""
    with transaction(house.engine) as session:
        wanted = {Channel.SMS: Offer(state)}
        now = house.clock.now()
        set_offers(session, CITY, Semester(115, 1), wanted, by="staff:x", now=now)


def prove(house: House, family: Family, *, is_verified: bool = True) -> None:
    """Prove Mei's number, or only write it."""
    with transaction(house.engine) as session:
        contact = Contact(ContactSlot.PHONE, NUMBER, is_verified)
        write_contact(session, house.vault, family.guardian_id, contact, house.clock.now())


def subscribe(house: House, family: Family, items: Items = Items.BOTH, slip: str = "") -> SmsOrder:
    """Have an order approved a week ago: Mei's own, or a paper slip with another number."""
    with transaction(house.engine) as session:
        plan = find_plan(session, *PLAN.key) or record_plan(
            session, PLAN, by="operator", now=at(9, 1)
        )
        wish = NewOrder(
            plan_id=plan.id,
            student_id=family.student_id,
            items=items,
            guardian_id=None if slip else family.guardian_id,
            has_consented=True,
            **({"phone": slip, "origin": Origin.SLIP} if slip else {}),
        )
        order = place_order(session, house.vault, wish, by="guardian:mei", now=at(11, 16))
        return approve(session, LIFF, order.id, by=OFFICER, now=at(11, 16))


def pass_gate(
    house: House,
    family: Family,
    kind: NoticeKind = NoticeKind.ARRIVAL,
    corrected: bool = False,
    **more: object,
) -> None:
    """Ming passes the gate; what a correction said of it is not said again."""
    now, tap_id = house.clock.now(), uuid4()
    facts: dict[str, object] = {
        "student_id": family.student_id,
        "school_day": school_day_of(now),
        "kind": kind,
        "occurrence": 1,
        "number": 1,
        "at": now,
        "tap_id": tap_id,
        "gate": "正門",
        "arrived_at": now,
        "departed_at": None,
    }
    one = Happening(**(facts | more))  # type: ignore[arg-type]
    place = place_of_texts(family.guardian_id)
    with transaction(house.engine) as session:
        text_happenings(session, [one], {(tap_id, place): CORRECTED} if corrected else {}, now)


def ends(house: House) -> list[tuple[str, str, str | None]]:
    """Kind, state and outcome of every text's notice."""
    return [(row.kind, row.state, row.outcome) for row in rows(house, Channel.SMS)]


def counted(house: House) -> list[tuple[str, str, str]]:
    """Kind, purpose and state of every text that counts, oldest first."""
    with snapshot(house.engine) as session:
        texts = session.exec(select(SmsText).order_by(col(SmsText.created_at), col(SmsText.id)))
        return [(row.kind, row.purpose, row.state) for row in texts]


def later(house: House, **span: float) -> None:
    """Let time pass."""
    assert isinstance(house.clock, FixedClock)
    house.clock.move_to(house.clock.now() + timedelta(**span))
