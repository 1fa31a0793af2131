"""An order's life: no path to a wrong state, and nothing counts before its day."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.clock import TAIPEI
from core.errors import InputError
from core.orders.plans import Items, effect_of
from core.orders.states import (
    ENDS,
    GIVEN_BACK,
    Done,
    Order,
    OrderState,
    Step,
    approve,
    approve_cancel,
    ask_cancel,
    expire,
    keep,
    leave,
    send_back,
    withdraw,
)
from tests.orders.test_fees import PLAN

# Every step there is, and where it may be taken.
EDGES = {
    Step.APPROVE: ({OrderState.REQUESTED}, OrderState.ACTIVE),
    Step.RETURN: ({OrderState.REQUESTED}, OrderState.RETURNED),
    Step.WITHDRAW: ({OrderState.REQUESTED}, OrderState.WITHDRAWN),
    Step.ASK_CANCEL: ({OrderState.ACTIVE}, OrderState.CANCELLING),
    Step.KEEP: ({OrderState.CANCELLING}, OrderState.ACTIVE),
    Step.APPROVE_CANCEL: ({OrderState.CANCELLING}, OrderState.CANCELLED),
}


def ask(items: Items, by: str, at: datetime) -> Order:
    """A new order, to be looked at by the school."""
    return Order(items, OrderState.REQUESTED, (Done(Step.ASK, by, at),))


def is_sending(order: Order, at: datetime) -> bool:
    """Whether texts of the ordered items go at that moment, as the rules have it."""
    if order.sends_from is None or order.sends_until is None:
        return False
    return order.sends_from <= at < order.sends_until


def at(month: int, day: int, hour: int, minute: int, year: int = 2025) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=TAIPEI)


@pytest.mark.parametrize(
    ("approved", "counts"),
    [
        (at(10, 6, 23, 59), at(10, 7, 0, 30)),
        (at(10, 7, 0, 5), at(10, 8, 0, 30)),
        (at(10, 7, 0, 29), at(10, 8, 0, 30)),
        (at(10, 7, 0, 31), at(10, 8, 0, 30)),
        (at(10, 31, 12, 0), at(11, 1, 0, 30)),
        (at(12, 31, 23, 59), at(1, 1, 0, 30, 2026)),
        (at(2, 28, 9, 0, 2028), at(2, 29, 0, 30, 2028)),
    ],
)
def test_approval_counts_from_half_past_midnight_of_the_next_day(
    approved: datetime, counts: datetime
) -> None:
    order = ask(Items.BOTH, "guardian:m", at(9, 10, 8, 0))
    assert effect_of(approved) == counts
    if approved < PLAN.ends_at:
        order = approve(order, PLAN, "staff:o", approved)
        assert not is_sending(order, counts - timedelta(seconds=1))
        assert is_sending(order, counts)


def test_order_approved_before_the_service_begins_with_it() -> None:
    order = approve(
        ask(Items.ARRIVAL, "guardian:m", at(9, 1, 8, 0)), PLAN, "staff:o", at(9, 2, 9, 0)
    )
    assert order.sends_from == at(9, 8, 0, 0)


def test_order_that_would_never_send_is_not_approved() -> None:
    order = ask(Items.ARRIVAL, "guardian:m", at(9, 1, 8, 0))
    with pytest.raises(InputError, match="too_late"):
        approve(order, PLAN, "staff:o", at(1, 23, 12, 0, 2026))


def test_withdrawn_cancellation_leaves_the_dates_as_they_were() -> None:
    order = approve(ask(Items.BOTH, "guardian:m", at(9, 9, 8, 0)), PLAN, "staff:o", at(9, 10, 9, 0))
    back = keep(ask_cancel(order, "guardian:m", at(10, 1, 8, 0)), "guardian:m", at(10, 2, 8, 0))
    assert (back.state, back.sends_from, back.sends_until) == (
        OrderState.ACTIVE,
        order.sends_from,
        order.sends_until,
    )


def test_cancelled_order_sends_until_the_next_day() -> None:
    order = approve(ask(Items.BOTH, "guardian:m", at(9, 9, 8, 0)), PLAN, "staff:o", at(9, 10, 9, 0))
    over = approve_cancel(
        ask_cancel(order, "guardian:m", at(10, 1, 8, 0)), "staff:o", at(10, 3, 15, 0)
    )
    assert is_sending(over, at(10, 3, 16, 0))
    assert is_sending(over, at(10, 4, 0, 29))
    assert not is_sending(over, at(10, 4, 0, 30))


def test_order_of_somebody_who_has_gone_sends_nothing_from_that_moment() -> None:
    asked = ask(Items.BOTH, "guardian:m", at(9, 9, 8, 0))
    order = approve(asked, PLAN, "staff:o", at(9, 10, 9, 0))
    gone = leave(order, at(10, 3, 15, 0))
    assert gone.state is OrderState.CANCELLED
    assert is_sending(gone, at(10, 3, 14, 59)) and not is_sending(gone, at(10, 3, 15, 0))
    assert leave(asked, at(10, 3, 15, 0)).state is OrderState.RETURNED
    with pytest.raises(InputError, match="wrong_state"):
        leave(gone, at(10, 3, 15, 1))


def test_return_says_why() -> None:
    order = ask(Items.BOTH, "guardian:m", at(9, 9, 8, 0))
    with pytest.raises(InputError, match="empty"):
        send_back(order, "staff:o", at(9, 10, 8, 0), " ")
    assert send_back(order, "staff:o", at(9, 10, 8, 0), "沒有付款").history[-1].reason == "沒有付款"


class Life(RuleBasedStateMachine):
    """Everybody presses everything, in any order, over the whole semester and beyond."""

    def __init__(self) -> None:
        super().__init__()
        self.now = at(8, 30, 8, 0)
        self.order: Order = ask(Items.BOTH, "guardian:m", self.now)
        self.sends_from: datetime | None = None

    @initialize(items=st.sampled_from(Items))
    def begin(self, items: Items) -> None:
        self.order = ask(items, "guardian:m", self.now)

    @rule(minutes=st.integers(1, 60 * 24 * 30))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(step=st.sampled_from(list(EDGES)))
    def press(self, step: Step) -> None:
        before = self.order
        allowed, after = EDGES[step]
        try:
            self.order = self._taken(step)
        except InputError as error:
            assert self.order == before
            too_late = step is Step.APPROVE and effect_of(self.now) >= PLAN.ends_at
            assert before.state not in allowed or (error.code == "too_late" and too_late)
            return
        assert before.state in allowed
        assert self.order.state is after
        assert self.order.history[:-1] == before.history
        assert (self.order.history[-1].step, self.order.history[-1].at) == (step, self.now)
        if step is Step.APPROVE:
            self.sends_from = self.order.sends_from

    def _taken(self, step: Step) -> Order:
        match step:
            case Step.APPROVE:
                return approve(self.order, PLAN, "staff:o", self.now)
            case Step.RETURN:
                return send_back(self.order, "staff:o", self.now, "沒有付款")
            case Step.WITHDRAW:
                return withdraw(self.order, "guardian:m", self.now)
            case Step.ASK_CANCEL:
                return ask_cancel(self.order, "guardian:m", self.now)
            case Step.KEEP:
                return keep(self.order, "guardian:m", self.now)
        return approve_cancel(self.order, "staff:o", self.now)

    @rule()
    def tick(self) -> None:
        before = self.order
        self.order = expire(before, PLAN, self.now)
        if before.state in ENDS or self.now < PLAN.ends_at:
            assert self.order == before
        else:
            assert self.order.state in ENDS

    @invariant()
    def nothing_is_sent_outside_its_time(self) -> None:
        assert self.order.sends_from == self.sends_from
        for moment in (PLAN.begins_at - timedelta(minutes=1), PLAN.ends_at, self.now):
            if is_sending(self.order, moment):
                assert PLAN.begins_at <= moment < PLAN.ends_at
                assert self.order.state not in {OrderState.REQUESTED, *GIVEN_BACK}

    @invariant()
    def days_begin_half_past_midnight(self) -> None:
        for moment in (self.order.sends_from, self.order.sends_until):
            if moment not in (None, PLAN.begins_at, PLAN.ends_at):
                assert moment is not None
                local = moment.astimezone(TAIPEI)
                assert (local.hour, local.minute) == (0, 30)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)


def test_what_nobody_looked_at_goes_back_when_the_semester_is_over() -> None:
    order = ask(Items.BOTH, "guardian:m", at(9, 9, 8, 0))
    assert expire(order, PLAN, PLAN.ends_at).state is OrderState.RETURNED
    assert date(2026, 1, 24) == PLAN.ends_at.astimezone(TAIPEI).date()
