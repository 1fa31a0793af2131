"""Money from texts: only those delivered cost, and receipts in any order come to the same."""

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.calendar.channels import Offer, set_offers
from core.calendar.scopes import CITY
from core.calendar.semesters import Semester
from core.kinds import Channel, EventKind, OfferState
from core.orders.accounts import account_for
from core.orders.late import late_offer
from core.orders.plans import Items
from core.orders.standing import ChildService, Obstacle, service_of
from core.orders.tables import SmsText, TextState
from core.orders.texts import move_text
from core.people.bindings import children_of
from core.people.tables import Guardian
from tests.factories import LONG_AGO
from tests.orders.shop import PLAN, Shop, at, paid_text

RECEIPTS = (TextState.UNKNOWN, TextState.SENT, TextState.DELIVERED, TextState.FAILED)


@pytest.mark.parametrize(
    ("delivered", "fee"),
    [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3), (90, 68), (91, 69), (94, 71), (99, 75)]
    + [(182, 137), (188, 141)],
)
def test_fee_of_an_order_by_what_arrived(shop: Shop, delivered: int, fee: int) -> None:
    order_id = shop.order(at(10, 6))
    half = delivered // 2
    shop.add_texts(order_id, TextState.DELIVERED, half, EventKind.DEPARTURE)
    shop.add_texts(order_id, TextState.DELIVERED, delivered - half)
    for state in (TextState.FAILED, TextState.EXPIRED, TextState.SENT, TextState.CANCELLED):
        shop.add_texts(order_id, state)
    account = shop.does(account_for, shop.row(order_id))
    assert (account.ok, account.failed, account.pending, account.fee) == (delivered, 2, 1, fee)


def test_receipts_in_every_order_and_twice_come_to_the_same(shop: Shop) -> None:
    order_id = shop.order(at(10, 6))
    for come in permutations(RECEIPTS[:3] * 2, 4):
        (text,) = shop.add_texts(order_id, TextState.QUEUED)
        for state in (*come, *RECEIPTS[:3]):
            shop.does(move_text, text, state, LONG_AGO)
    account = shop.does(account_for, shop.row(order_id))
    assert (account.failed, account.pending) == (0, 0)
    count = len(list(permutations(RECEIPTS[:3] * 2, 4)))
    assert account.fee == (3 * count + 3) // 4


def test_part_that_failed_outweighs_one_that_arrived_whichever_came_first(shop: Shop) -> None:
    order_id = shop.order(at(10, 6))
    for come in permutations(RECEIPTS):
        (text,) = shop.add_texts(order_id, TextState.QUEUED)
        for state in come:
            shop.does(move_text, text, state, LONG_AGO)
        row = shop.does(lambda session, one: session.get_one(SmsText, one), text)
        assert row.state == TextState.FAILED
    assert shop.does(account_for, shop.row(order_id)).fee == 0


def test_what_has_left_us_can_not_be_cancelled(shop: Shop) -> None:
    order_id = shop.order(at(10, 6))
    queued, sent = (
        shop.add_texts(order_id, state)[0] for state in (TextState.QUEUED, TextState.SENT)
    )
    assert shop.does(move_text, queued, TextState.CANCELLED, LONG_AGO)
    assert not shop.does(move_text, sent, TextState.CANCELLED, LONG_AGO)
    assert not shop.does(move_text, queued, TextState.SENT, LONG_AGO)


@pytest.mark.parametrize(
    "wrong",
    [{"purpose": "no_show"}, {"purpose": "advert"}, {"kind": "announcement"}, {"state": "read"}],
)
def test_database_takes_no_text_for_another_purpose(shop: Shop, wrong: dict[str, Any]) -> None:
    order_id = shop.order(at(10, 6))
    text = paid_text(order_id, LONG_AGO)
    for name, value in wrong.items():
        setattr(text, name, value)
    with pytest.raises(IntegrityError):
        shop.does(lambda session: session.add(text))


def test_free_text_names_no_order(shop: Shop) -> None:
    order_id = shop.order(at(10, 6))
    text = paid_text(order_id, LONG_AGO)
    text.purpose, text.kind, text.order_id = "no_show", "no_show", None
    shop.does(lambda session: session.add(text))
    assert shop.does(account_for, shop.row(order_id)).ok == 0


def test_late_order_says_first_day_days_left_and_the_most(shop: Shop) -> None:
    offer = shop.does(late_offer, PLAN, ("353607", 6), Items.BOTH, at(1, 13, year=2027))
    # 1/14 to 1/20 has a weekend in it.
    assert (offer.first_day, offer.days, offer.most) == (at(1, 14, year=2027).date(), 5, 8)
    assert offer.is_late


def test_early_order_is_not_late_and_starts_with_the_service(shop: Shop) -> None:
    offer = shop.does(late_offer, PLAN, ("353607", 6), Items.ARRIVAL, at(9, 1))
    assert (offer.first_day, offer.is_late) == (PLAN.first_day, False)


@pytest.mark.parametrize(
    ("semester", "obstacle"),
    [(Semester(115, 1), None), (Semester(114, 2), Obstacle.NOT_OFFERED)],
)
def test_what_the_plans_own_semester_offers_is_asked(
    shop: Shop, semester: Semester, obstacle: Obstacle | None
) -> None:
    offered, now = {Channel.SMS: Offer(OfferState.OFFERED)}, at(7, 20)
    shop.does(set_offers, CITY, semester, offered, by="staff:x", now=now)

    def stands(session: Session) -> ChildService:
        guardian = session.get_one(Guardian, shop.mei)
        (child,) = children_of(session, shop.mei)
        return service_of(session, guardian, child, now)

    assert shop.does(stands).obstacle is obstacle


@pytest.mark.parametrize("day", [20, 21])
def test_nothing_is_offered_when_no_day_is_left(shop: Shop, day: int) -> None:
    now = at(1, day, year=2027)
    assert shop.does(late_offer, PLAN, ("353607", 6), Items.ARRIVAL, now) is None
