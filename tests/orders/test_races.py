"""Two press at once: one effect, and the other is told so."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, text

from core.db import snapshot, transaction
from core.errors import InputError
from core.house import House
from core.notices.tables import Notice
from core.orders.ledger import steps_of
from core.orders.numbers import follow_number
from core.orders.paying import phone_of
from core.orders.placing import place_order
from core.orders.plan_book import list_plans, record_plan
from core.orders.plans import Plan
from core.orders.service import approve, approve_cancel, ask_cancel, keep, return_order, withdraw
from core.orders.states import OrderState
from core.people.contacts import Contact, ContactSlot, write_contact
from tests.orders.shop import LIFF, NUMBER, OFFICER, PLAN, Shop, at
from tests.waiting import wait_for

NOW = at(10, 7)


def press_both(first: Callable[[], Any], second: Callable[[], Any]) -> list[str]:
    """Do both at one moment; return what became of each."""
    together = Barrier(2)

    def press(act: Callable[[], Any]) -> str:
        together.wait()
        try:
            act()
        except InputError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(press, (first, second)))


def step(shop: Shop, act: Callable[..., Any], *args: Any) -> Callable[[], Any]:
    return lambda: shop.does(act, LIFF, *args, by=OFFICER, now=NOW)


def test_two_officers_approve_once(shop: Shop) -> None:
    order_id = shop.order(at(10, 6))
    both = press_both(step(shop, approve, order_id), step(shop, approve, order_id))
    assert sorted(both) == ["done", "wrong_state"]
    assert [one.step for one in shop.does(steps_of, order_id)] == ["ask", "approve"]
    notices = shop.does(lambda session: session.scalars(select(Notice)).all())
    assert len(notices) == 1


def test_approval_and_return_at_once_leave_one(shop: Shop) -> None:
    order_id = shop.order(at(10, 6))
    both = press_both(
        step(shop, approve, order_id), step(shop, return_order, order_id, "電話不清楚")
    )
    assert sorted(both) == ["done", "wrong_state"]
    expected = OrderState.ACTIVE if both[0] == "done" else OrderState.RETURNED
    assert shop.row(order_id).state == expected


def test_guardian_withdraws_while_the_school_approves(shop: Shop) -> None:
    order_id = shop.order(at(10, 6))
    both = press_both(
        lambda: shop.does(withdraw, order_id, by="guardian:m", now=NOW),
        step(shop, approve, order_id),
    )
    assert sorted(both) == ["done", "wrong_state"]
    row = shop.row(order_id)
    assert row.state == (OrderState.WITHDRAWN if both[0] == "done" else OrderState.ACTIVE)
    assert (row.ended_at is None) == (row.approved_at is not None)


def test_school_ends_while_the_guardian_keeps(shop: Shop) -> None:
    order_id = shop.order(at(10, 6))
    for act in (approve, ask_cancel):
        step(shop, act, order_id)()
    both = press_both(step(shop, approve_cancel, order_id), step(shop, keep, order_id))
    assert sorted(both) == ["done", "wrong_state"]
    row = shop.row(order_id)
    assert (row.state == OrderState.CANCELLED) == (row.cancel_effective_from is not None)


@pytest.mark.parametrize("other", [{}, {"guardian_id": None, "origin": "slip", "phone": "same"}])
def test_two_orders_for_one_reader_at_once_are_one(shop: Shop, other: dict[str, Any]) -> None:
    if other:
        other = {**other, "phone": "0912000123"}
    both = press_both(lambda: shop.order(NOW), lambda: shop.order(NOW, **other))
    # The guardian has no order where the slip was quicker.
    refused = "shared" if other and both[1] == "done" else "ordered"
    assert sorted(both) == ["done", refused]


def test_number_proved_while_its_slip_is_typed_stays_the_slips(shop: Shop) -> None:
    order_id = shop.order(at(10, 6))
    phone = Contact(ContactSlot.PHONE, "0933000111", is_verified=True)
    shop.does(write_contact, shop.house.vault, shop.mei, phone, NOW)
    slip = shop.wish(guardian_id=None, origin="slip", phone=phone.address)
    with ThreadPoolExecutor(1) as pool:
        with transaction(shop.house.engine) as session:
            place_order(session, shop.house.vault, slip, by=OFFICER, now=NOW)
            proved = pool.submit(shop.does, follow_number, shop.house.vault, shop.mei, NOW)
            wait_for(lambda: waits_for_a_lock(shop.house), "whoever comes second")
        proved.result()
    assert phone_of(shop.house.vault, shop.row(order_id).phone_sealed or "") == NUMBER


BEGINS, ENDS = date(2027, 2, 15), date(2027, 6, 30)
NEXT = replace(PLAN, term=2, first_day=BEGINS, last_day=ENDS, send_until=ENDS)


@pytest.mark.parametrize("second", [NEXT, replace(NEXT, school_year=116)])
def test_semester_recorded_twice_at_once_is_one(shop: Shop, second: Plan) -> None:
    with ThreadPoolExecutor(1) as pool:
        with transaction(shop.house.engine) as session:
            record_plan(session, NEXT, by=OFFICER, now=NOW)
            other = pool.submit(shop.does, record_plan, second, by="staff:other", now=NOW)
            wait_for(lambda: waits_for_a_lock(shop.house), "whoever comes second")
        refused = other.exception()
    assert str(refused) == ("None" if second == NEXT else "first_day: overlap")
    assert len(shop.does(list_plans)) == 2


def waits_for_a_lock(house: House) -> bool:
    """Whether a second writer waits; SQLite never lets one begin."""
    if house.engine.dialect.name == "sqlite":
        return True
    waiting = text("SELECT 1 FROM pg_locks WHERE NOT granted")
    with snapshot(house.engine) as session:
        return session.scalar(waiting) is not None
