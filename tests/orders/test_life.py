"""An order's life in the database: whatever is pressed, row and rules agree."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlmodel import Session

from core.clock import TAIPEI
from core.errors import InputError
from core.kinds import EventKind
from core.orders.ledger import order_of, steps_of
from core.orders.paying import paying_orders
from core.orders.placing import place_order
from core.orders.service import (
    approve,
    approve_cancel,
    ask_cancel,
    expire,
    keep,
    return_order,
    withdraw,
)
from core.orders.states import ENDS, OrderState
from core.orders.tables import SmsOrder
from tests.orders.shop import LIFF, OFFICER, PLAN, Shop, at
from tests.orders.test_states import is_sending

STEPS: dict[Any, tuple[OrderState, OrderState]] = {
    approve: (OrderState.REQUESTED, OrderState.ACTIVE),
    return_order: (OrderState.REQUESTED, OrderState.RETURNED),
    withdraw: (OrderState.REQUESTED, OrderState.WITHDRAWN),
    ask_cancel: (OrderState.ACTIVE, OrderState.CANCELLING),
    keep: (OrderState.CANCELLING, OrderState.ACTIVE),
    approve_cancel: (OrderState.CANCELLING, OrderState.CANCELLED),
}
# Around the moments at which something could count a day too early or too late.
CLOCKS = ((23, 59), (0, 5), (0, 29), (0, 31), (12, 0))


class Life(RuleBasedStateMachine):
    """Everybody presses everything, in one transaction that is rolled back at the end."""

    shop: Shop

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(self.shop.house.engine, expire_on_commit=False)
        self.now = at(9, 30, 12)
        self.order_id = self._placed()
        self.steps = 1

    def teardown(self) -> None:
        self.session.rollback()
        self.session.close()

    def _placed(self) -> Any:
        wish = self.shop.wish()
        return place_order(
            self.session, self.shop.house.vault, wish, by="guardian:m", now=self.now
        ).id

    @rule(days=st.sampled_from((1, 2, 31, 60)), clock=st.sampled_from(CLOCKS))
    def wait(self, days: int, clock: tuple[int, int]) -> None:
        day = (self.now.astimezone(TAIPEI) + timedelta(days=days)).date()
        self.now = datetime(day.year, day.month, day.day, *clock, tzinfo=TAIPEI)

    @rule(step=st.sampled_from(list(STEPS)))
    def press(self, step: Any) -> None:
        before, (start, end) = self._row().model_dump(), STEPS[step]
        said = {"reason": "資料不清楚"} if step is return_order else {}
        told = {} if step is withdraw else {"liff_id": LIFF}
        facts = {**said, **told, "order_id": self.order_id, "by": OFFICER, "now": self.now}
        try:
            step(self.session, **facts)
        except InputError as error:
            assert self._row().model_dump() == before
            assert error.code == "wrong_state" if before["state"] != start else "too_late"
            return
        self.steps += 1
        assert (before["state"], self._row().state) == (start, end)

    @rule()
    def tick(self) -> None:
        was_open = self._row().ended_at is None
        expire(self.session, LIFF, self.order_id, self.now)
        is_over = self.now >= PLAN.ends_at
        assert (self._row().state in ENDS) >= (is_over or not was_open)
        self.steps += was_open and is_over

    @rule()
    def order_again(self) -> None:
        """One order at a time; whoever is sent back or done may ask anew."""
        try:
            with self.session.begin_nested():
                again = self._placed()
        except InputError as error:
            assert error.code in {"ordered", "too_late"}
            assert (error.code == "ordered") <= (self._row().ended_at is None)
            return
        self.order_id, self.steps = again, 1

    @invariant()
    def every_step_is_written_down(self) -> None:
        steps = steps_of(self.session, self.order_id)
        assert [one.number for one in steps] == list(range(1, self.steps + 1))

    @invariant()
    def who_is_sent_to_is_who_the_rules_say(self) -> None:
        row, moment = self._row(), self.now
        found = paying_orders(self.session, [row.student_id], EventKind.ARRIVAL, moment)
        sending = [one.order_id for one in found.get(row.student_id, ())]
        assert (row.id in sending) == is_sending(order_of(row, PLAN), moment)
        assert len(sending) <= 1

    @invariant()
    def what_was_approved_counts_from_half_past_midnight(self) -> None:
        for moment in (self._row().effective_from, self._row().cancel_effective_from):
            if moment not in (None, PLAN.begins_at, PLAN.ends_at):
                assert moment is not None
                local = moment.astimezone(TAIPEI)
                assert (local.hour, local.minute) == (0, 30)

    def _row(self) -> SmsOrder:
        return self.session.get_one(SmsOrder, self.order_id)


@pytest.mark.timeout(300)
def test_no_path_leads_to_a_wrong_state(shop: Shop) -> None:
    class OfShop(Life):
        pass

    OfShop.shop = shop
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        OfShop,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
