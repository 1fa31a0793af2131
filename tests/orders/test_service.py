"""Orders on record: placed, approved, returned, ended, paid."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import Session

from core.audit import AuditEntry
from core.errors import AccessError, InputError
from core.kinds import EventKind
from core.orders import states
from core.orders.leaving import end_open_orders
from core.orders.ledger import hold_order, steps_of, take_step
from core.orders.listing import own_order, waiting_orders
from core.orders.numbers import follow_number
from core.orders.paying import paying_orders, phone_of
from core.orders.plans import Items, Plan
from core.orders.service import (
    approve,
    approve_cancel,
    ask_cancel,
    keep,
    mark_paid,
    return_order,
    withdraw,
)
from core.orders.states import Order, OrderState
from core.orders.tables import Origin
from core.people.bindings import unbind_child
from core.people.contacts import Contact, ContactSlot, write_contact
from core.people.tables import Binding, EnrollmentStatus, Guardian, Student
from tests.factories import HUA, make_guardian
from tests.orders.shop import LIFF, NUMBER, OFFICER, Shop, at

PHONES = ("0933000111", "0933000222")
SLIP: dict[str, Any] = {
    "guardian_id": None,
    "origin": Origin.SLIP,
    "has_consented": False,
}


def approved(shop: Shop, now: datetime, **changed: Any) -> UUID:
    """An order the officer said yes to at that moment."""
    order_id = shop.order(now, **changed)
    shop.does(approve, LIFF, order_id, by=OFFICER, now=now)
    return order_id


def senders(shop: Shop, moment: datetime, kind: EventKind = EventKind.ARRIVAL) -> list[UUID]:
    """The orders by which news of Ming goes out at that moment."""
    found = shop.does(paying_orders, [shop.ming], kind, moment)
    return [one.order_id for one in found.get(shop.ming, ())]


@pytest.mark.parametrize(
    ("pressed", "counts"),
    [
        (at(10, 6, 23, 59), at(10, 7, 0, 30)),
        (at(10, 7, 0, 5), at(10, 8, 0, 30)),
        (at(10, 7, 0, 29), at(10, 8, 0, 30)),
        (at(10, 7, 0, 31), at(10, 8, 0, 30)),
        (at(10, 31, 12), at(11, 1, 0, 30)),
        (at(12, 31, 23, 59), at(1, 1, 0, 30, 2027)),
    ],
)
def test_order_and_its_end_count_from_half_past_midnight_of_the_next_day(
    shop: Shop, pressed: datetime, counts: datetime
) -> None:
    order_id = approved(shop, pressed)
    assert senders(shop, counts - timedelta(seconds=1)) == []
    assert senders(shop, counts) == [order_id]
    shop.does(ask_cancel, LIFF, order_id, by="guardian:m", now=counts)
    ended = counts + timedelta(days=1, hours=23)
    shop.does(approve_cancel, LIFF, order_id, by=OFFICER, now=ended)
    stops = shop.row(order_id).cancel_effective_from
    assert stops == at(*ended_day(ended), 0, 30, year=ended.year)
    assert senders(shop, stops - timedelta(seconds=1)) == [order_id]
    assert senders(shop, stops) == []


def ended_day(moment: datetime) -> tuple[int, int]:
    following = moment + timedelta(days=1)
    return following.month, following.day


def test_withdrawn_request_leaves_the_queue_and_makes_room_for_another(shop: Shop) -> None:
    order_id, mei = shop.order(at(10, 5)), f"guardian:{shop.mei}"
    shop.does(mark_paid, order_id, 136, "A-0123", by=OFFICER, now=at(10, 5))
    shop.does(withdraw, order_id, by=mei, now=at(10, 6, 10))
    row = shop.row(order_id)
    assert (row.state, row.ended_at) == (OrderState.WITHDRAWN, at(10, 6, 10))
    last = shop.does(steps_of, order_id)[-1]
    assert (last.step, last.actor, last.at) == ("withdraw", mei, at(10, 6, 10))
    assert shop.does(waiting_orders, "353607") == []
    again = shop.row(shop.order(at(10, 7), items=Items.ARRIVAL))
    # What was paid goes on with it.
    assert (again.prepaid, again.receipt_number) == (136, "A-0123")
    assert shop.row(order_id).prepaid == 0
    assert [one.order.id for one in shop.does(waiting_orders, "353607")] == [again.id]


@pytest.mark.parametrize("way", [(approve,), (approve, ask_cancel)])
def test_only_what_waits_for_the_school_can_be_withdrawn(shop: Shop, way: tuple[Any, ...]) -> None:
    order_id = shop.order(at(10, 5))
    for act in way:
        shop.does(act, LIFF, order_id, by=OFFICER, now=at(10, 6))
    before = shop.row(order_id).model_dump()
    with pytest.raises(InputError, match="wrong_state"):
        shop.does(withdraw, order_id, by="guardian:m", now=at(10, 7))
    assert shop.row(order_id).model_dump() == before


def test_semester_ends_an_order_with_its_last_day(shop: Shop) -> None:
    order_id = approved(shop, at(10, 6))
    assert senders(shop, at(1, 20, 23, 59, 2027)) == [order_id]
    assert senders(shop, at(1, 21, 0, 0, 2027)) == []


@pytest.mark.parametrize(
    ("items", "kinds"),
    [
        (Items.ARRIVAL, {EventKind.ARRIVAL}),
        (Items.DEPARTURE, {EventKind.DEPARTURE}),
        (Items.BOTH, {EventKind.ARRIVAL, EventKind.DEPARTURE}),
    ],
)
def test_only_what_was_ordered_is_sent(shop: Shop, items: Items, kinds: set[EventKind]) -> None:
    approved(shop, at(10, 6), items=items)
    assert {kind for kind in EventKind if senders(shop, at(10, 8), kind)} == kinds


def prove(shop: Shop, number: str) -> None:
    """Mei types the code that went to the number."""
    phone = Contact(ContactSlot.PHONE, number, is_verified=True)
    shop.does(write_contact, shop.house.vault, shop.mei, phone, at(10, 7))
    shop.does(follow_number, shop.house.vault, shop.mei, at(10, 7))


def number_of(shop: Shop, order_id: UUID) -> str:
    return phone_of(shop.house.vault, shop.row(order_id).phone_sealed or "")


def test_orders_follow_the_number_their_guardian_proves(shop: Shop) -> None:
    ended = shop.order(at(10, 5))
    shop.does(withdraw, ended, by="guardian:m", now=at(10, 5))
    order_id = approved(shop, at(10, 6))
    slip = approved(shop, at(10, 6), **SLIP, phone=PHONES[0])
    for _ in range(2):
        prove(shop, PHONES[1])
    numbers = [number_of(shop, one) for one in (ended, order_id, slip)]
    assert numbers == [NUMBER, PHONES[1], PHONES[0]]
    assert [one.step for one in shop.does(steps_of, order_id)] == ["ask", "approve", "number"]


def test_order_that_is_cancelled_follows_while_it_sends(shop: Shop) -> None:
    order_id = approved(shop, at(10, 5))
    shop.does(ask_cancel, LIFF, order_id, by="guardian:m", now=at(10, 6))
    shop.does(approve_cancel, LIFF, order_id, by=OFFICER, now=at(10, 7))
    anew = shop.order(at(10, 7))
    prove(shop, PHONES[1])
    assert {number_of(shop, one) for one in (order_id, anew)} == {PHONES[1]}


def test_number_that_has_a_slip_is_not_told_everything_twice(shop: Shop) -> None:
    order_id = approved(shop, at(10, 6))
    approved(shop, at(10, 6), **SLIP, phone=PHONES[0])
    prove(shop, PHONES[0])
    assert number_of(shop, order_id) == NUMBER


def test_order_keeps_the_number_of_the_moment_it_was_asked_for(shop: Shop) -> None:
    order_id = approved(shop, at(10, 6))
    found = shop.does(paying_orders, [shop.ming], EventKind.ARRIVAL, at(10, 8))[shop.ming][0]
    assert phone_of(shop.house.vault, found.phone_sealed) == NUMBER
    assert (found.order_id, found.guardian_id) == (order_id, shop.mei)


def test_nothing_goes_to_a_guardian_who_is_not_bound_any_more(shop: Shop) -> None:
    approved(shop, at(10, 6))
    binding = shop.does(lambda session: session.scalars(select(Binding)).one())
    shop.does(unbind_child, guardian_id=shop.mei, binding_id=binding.id, now=at(10, 7))
    assert senders(shop, at(10, 8)) == []


def test_nothing_goes_to_a_guardian_who_stopped_the_service(shop: Shop) -> None:
    approved(shop, at(10, 6))
    guardian = shop.does(lambda session: session.get_one(Guardian, shop.mei))
    guardian.stopped_at = at(10, 7)
    shop.does(lambda session: session.merge(guardian))
    assert senders(shop, at(10, 8)) == []


def test_paper_slip_sends_to_its_number_and_needs_nobody_in_line(shop: Shop) -> None:
    order_id = approved(shop, at(10, 6), phone="0933-000-111", **SLIP)
    found = shop.does(paying_orders, [shop.ming], EventKind.ARRIVAL, at(10, 8))[shop.ming][0]
    assert (found.order_id, found.guardian_id) == (order_id, None)
    assert phone_of(shop.house.vault, found.phone_sealed) == "0933000111"


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"has_consented": False}, "consent", "consent"),
        ({"phone": "02-2300-0001", **SLIP}, "phone", "phone"),
        ({**SLIP}, "no_phone", "phone"),
        ({"phone": "0933000111", "prepaid": 136, **SLIP}, "empty", "receipt"),
    ],
)
def test_what_an_order_lacks_is_named(
    shop: Shop, changed: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(InputError) as refused:
        shop.order(at(10, 6), **changed)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_order_before_the_service_begins_needs_no_late_consent(shop: Shop) -> None:
    order_id = shop.order(at(9, 5), has_consented=False)
    assert shop.row(order_id).consented_at is None


def test_number_that_is_not_verified_can_not_be_ordered_for(shop: Shop) -> None:
    guardian = shop.does(lambda session: session.get_one(Guardian, shop.mei))
    guardian.phone_is_verified = False
    shop.does(lambda session: session.merge(guardian))
    with pytest.raises(InputError, match="no_phone"):
        shop.order(at(10, 6))


def test_child_who_left_school_can_not_be_ordered_for(shop: Shop) -> None:
    child = shop.does(lambda session: session.get_one(Student, shop.ming))
    child.status = EnrollmentStatus.TRANSFERRED
    shop.does(lambda session: session.merge(child))
    with pytest.raises(InputError, match="not_enrolled"):
        shop.order(at(10, 6))


def test_day_before_the_last_is_the_last_to_order(shop: Shop) -> None:
    with pytest.raises(InputError, match="too_late"):
        shop.order(at(1, 20, year=2027))
    assert shop.order(at(1, 19, year=2027))


def test_second_order_for_the_same_child_and_reader_is_refused(shop: Shop) -> None:
    shop.order(at(10, 6))
    with pytest.raises(InputError, match="ordered"):
        shop.order(at(10, 7), items=Items.ARRIVAL)
    with pytest.raises(InputError, match="ordered"):
        shop.order(at(10, 7), phone=NUMBER, **SLIP)


def test_returned_order_makes_room_for_a_better_one(shop: Shop) -> None:
    order_id = shop.order(at(10, 6))
    row = shop.does(return_order, LIFF, order_id, " 請改電話 ", by=OFFICER, now=at(10, 7))
    assert (row.state, row.reason, row.ended_at) == (OrderState.RETURNED, "請改電話", at(10, 7))
    assert shop.order(at(10, 8)) != order_id


def test_payment_of_a_returned_order_counts_for_the_one_that_follows(shop: Shop) -> None:
    returned = shop.order(at(10, 6))
    shop.does(mark_paid, returned, 136, "A-0123", by="staff:c", now=at(10, 6))
    shop.does(return_order, LIFF, returned, "請改項目", by=OFFICER, now=at(10, 7))
    order_id = shop.order(at(10, 8), items=Items.ARRIVAL)
    row, old = shop.row(order_id), shop.row(returned)
    assert (row.prepaid, row.receipt_number, row.paid_by) == (136, "A-0123", "staff:c")
    assert (old.prepaid, old.receipt_number, old.paid_at) == (0, None, None)


def test_receipt_of_a_returned_slip_is_not_money_twice(shop: Shop) -> None:
    paid = {**SLIP, "prepaid": 68, "receipt": "A-1"}
    returned = shop.order(at(10, 6), **paid, phone=PHONES[0])
    shop.does(return_order, LIFF, returned, "請確認手機號碼", by=OFFICER, now=at(10, 7))
    order_id = shop.order(at(10, 8), **paid, phone=PHONES[1])
    assert (shop.row(order_id).prepaid, shop.row(returned).prepaid) == (68, 0)
    assert shop.does(steps_of, returned)[-1].reason == "0"


@pytest.mark.parametrize("typed", ["Ａ－１", " A-1　"])
def test_receipt_is_the_same_however_it_is_typed(shop: Shop, typed: str) -> None:
    returned = shop.order(at(10, 6), **SLIP, phone=PHONES[0], prepaid=68, receipt="A-1")
    shop.does(return_order, LIFF, returned, "請確認手機號碼", by=OFFICER, now=at(10, 7))
    row = shop.row(shop.order(at(10, 8), **SLIP, phone=PHONES[1], prepaid=68, receipt=typed))
    assert (row.prepaid, row.receipt_number) == (68, "A-1")
    assert shop.row(returned).prepaid == 0


def test_one_receipt_may_pay_for_two_readers(shop: Shop) -> None:
    orders = [
        shop.order(at(10, 6), **SLIP, phone=phone, prepaid=68, receipt="A-1") for phone in PHONES
    ]
    assert [shop.row(one).prepaid for one in orders] == [68, 68]


def test_cancellation_taken_back_leaves_every_date(shop: Shop) -> None:
    order_id = approved(shop, at(10, 6))
    before = shop.row(order_id)
    shop.does(ask_cancel, LIFF, order_id, by="guardian:m", now=at(10, 8))
    assert shop.row(order_id).state == OrderState.CANCELLING
    shop.does(keep, LIFF, order_id, by="guardian:m", now=at(10, 9))
    assert shop.row(order_id).model_dump() == before.model_dump()


def test_cashier_may_correct_a_payment_and_both_stay_on_record(shop: Shop) -> None:
    order_id = shop.order(at(10, 6))
    shop.does(mark_paid, order_id, 68, "A-0123", by="staff:c", now=at(10, 7))
    row = shop.does(mark_paid, order_id, 136, "A-0124", by="staff:c", now=at(10, 8))
    assert (row.prepaid, row.receipt_number, row.paid_at) == (136, "A-0124", at(10, 8))
    said = [one.reason for one in shop.does(steps_of, order_id) if one.step == "pay"]
    assert said == ["68 A-0123", "136 A-0124"]


@pytest.mark.parametrize(
    ("amount", "receipt", "field"),
    [(-1, "A", "amount"), (10_000, "A", "amount"), (1, " ", "receipt"), (1, "9" * 21, "receipt")],
)
def test_payment_that_can_not_be_is_refused(
    shop: Shop, amount: int, receipt: str, field: str
) -> None:
    order_id = shop.order(at(10, 6))
    with pytest.raises(InputError) as refused:
        shop.does(mark_paid, order_id, amount, receipt, by="staff:c", now=at(10, 7))
    assert refused.value.field == field


def test_every_step_says_who_and_when_and_is_in_the_audit(shop: Shop) -> None:
    order_id = approved(shop, at(10, 6))
    shop.does(ask_cancel, LIFF, order_id, by="guardian:m", now=at(10, 8))
    steps = [(one.number, one.step, one.actor) for one in shop.does(steps_of, order_id)]
    guardian = f"guardian:{shop.mei}"
    assert steps == [(1, "ask", guardian), (2, "approve", OFFICER), (3, "ask_cancel", "guardian:m")]
    actions = shop.does(
        lambda session: session.scalars(
            select(AuditEntry.action).where(AuditEntry.action.like("sms_order.%"))  # type: ignore[attr-defined]
        ).all()
    )
    assert sorted(actions) == ["sms_order.approve", "sms_order.ask", "sms_order.ask_cancel"]


def test_another_guardians_order_is_not_there(shop: Shop) -> None:
    order_id = shop.order(at(10, 6))
    hua = shop.does(make_guardian, shop.house, HUA, name="華大明")
    assert shop.does(own_order, order_id, shop.mei).order.id == order_id
    with pytest.raises(AccessError):
        shop.does(own_order, order_id, hua.id)


def test_row_holds_the_dates_the_step_decided_on(shop: Shop) -> None:
    order_id, begins = shop.order(at(10, 6)), at(10, 20, 0, 30)

    def approve_later(order: Order, plan: Plan) -> Order:
        return replace(states.approve(order, plan, OFFICER, at(10, 7)), sends_from=begins)

    def act(session: Session) -> None:
        row, plan = hold_order(session, order_id)
        also = {"approved_at": at(10, 7), "approved_by": OFFICER}
        take_step(session, row, plan, approve_later, **also)

    shop.does(act)
    row = shop.row(order_id)
    assert (row.effective_from, row.cancel_effective_from) == (begins, None)


def test_open_orders_of_somebody_who_has_gone_end_at_once(shop: Shop) -> None:
    active = approved(shop, at(10, 6))
    shop.does(end_open_orders, shop.mei, at(10, 9, 15))
    row = shop.row(active)
    assert (row.state, row.cancel_effective_from, row.ended_at) == (
        OrderState.CANCELLED,
        at(10, 9, 15),
        at(10, 9, 15),
    )
    assert [one.step for one in shop.does(steps_of, active)][-1] == "expire"
    assert senders(shop, at(10, 9, 16)) == []
