"""Whom the story of a child's day names as the reader of a notice."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import update

from core.db import transaction
from core.house import House
from core.kinds import Channel, NoticeState
from core.notices.tables import Notice
from core.orders.placing import NewOrder, place_order
from core.orders.plan_book import record_plan
from core.orders.plans import Items
from core.orders.tables import Origin
from core.people.tables import Subscription
from tests.delivery.held_up import to_a_delegate
from tests.orders.shop import OFFICER, PLAN
from tests.watch.conftest import Ming
from tests.watch.test_story import has, story

Go = Callable[..., Any]


def untick_of_whom_a_delegate_hears(house: House) -> dict[str, Any]:
    """Let Mei hear nothing herself; what she missed goes to a delegate of hers."""
    with transaction(house.engine) as session:
        session.execute(update(Subscription).values(is_on=False, changed_at=house.clock.now()))
    return to_a_delegate(house)


def test_delegate_is_not_taken_for_the_guardian(house: House, ming: Ming, go: Go) -> None:
    theirs = untick_of_whom_a_delegate_hears(house)
    go(seconds=30)
    ming.tap()
    lines = story(house, ming)
    delegate, mei = str(theirs["delegate_id"])[:8], str(ming.guardian_id)[:8]
    assert has(lines, f"arrival 1 to delegate {delegate} of guardian {mei} by line")
    assert has(lines, f"arrival 1 not told to guardian {mei}: box not ticked")


def test_text_of_a_paper_slip_goes_to_its_orders_number(house: House, ming: Ming) -> None:
    order_id = ordered_by_slip(house, ming)
    ming.tap()
    with transaction(house.engine) as session:
        theirs = {"guardian_id": None, "line_user_id": None, "order_id": order_id}
        session.execute(update(Notice).values(channel=Channel.SMS, **theirs))
    lines = story(house, ming)
    assert has(lines, f"arrival 1 to the number of order {str(order_id)[:8]} by sms")


def ordered_by_slip(house: House, ming: Ming) -> UUID:
    """Return an order of Ming's that nobody made in LINE."""
    with transaction(house.engine) as session:
        plan = record_plan(session, PLAN, by="operator", now=house.clock.now())
        wish = NewOrder(
            plan_id=plan.id,
            student_id=ming.student_id,
            items=Items.BOTH,
            has_consented=True,
            origin=Origin.SLIP,
            phone="0933000111",
        )
        return place_order(session, house.vault, wish, by=OFFICER, now=house.clock.now()).id


def test_guardian_who_stopped_all_is_not_said_to_have_unticked(house: House, ming: Ming) -> None:
    ming.tap()
    ming.end(NoticeState.CANCELLED, outcome="not_wanted", first_tried_at=None)
    assert has(story(house, ming), "or the guardian stopped all notices, before it went")
