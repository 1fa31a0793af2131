"""What texts cost, in whole dollars."""

import math
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.kinds import EventKind
from core.orders.fees import account_of, fee_for, fee_of, most_for
from core.orders.plans import Bearer, Items, Plan, Rounding

PLAN = Plan(
    school_year=114,
    term=1,
    name="114 學年度第 1 學期到離校簡訊服務",
    first_day=date(2025, 9, 8),
    last_day=date(2026, 1, 23),
    send_until=date(2026, 1, 23),
    billing_days=91,
)
BOTH = {EventKind.ARRIVAL: 91, EventKind.DEPARTURE: 91}


@pytest.mark.parametrize(
    ("successes", "fee"),
    [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3), (90, 68), (91, 69)]
    + [(94, 71), (99, 75), (182, 137), (188, 141)],
)
def test_fee_table(successes: int, fee: int) -> None:
    assert fee_for(successes) == fee


@given(st.integers(0, 100_000))
def test_fee_is_three_quarters_rounded_up(successes: int) -> None:
    assert fee_for(successes) == math.ceil(Fraction(3, 4) * successes)


def test_less_than_nothing_has_no_fee() -> None:
    with pytest.raises(ValueError, match="none"):
        fee_for(-1)


def test_order_is_rounded_once_unless_the_plan_says_item_by_item() -> None:
    assert fee_of(PLAN, Items.BOTH, BOTH) == 137
    assert fee_of(replace(PLAN, rounding=Rounding.PER_ITEM), Items.BOTH, BOTH) == 138


@pytest.mark.parametrize(("items", "fee"), [(Items.ARRIVAL, 69), (Items.DEPARTURE, 69)])
def test_only_what_was_ordered_costs(items: Items, fee: int) -> None:
    assert fee_of(PLAN, items, BOTH | {EventKind.NO_SHOW: 50}) == fee


@pytest.mark.parametrize(
    ("successes", "refund", "shortfall"), [(90, 0, 0), (88, 2, 0), (91, 0, 1), (99, 0, 7)]
)
def test_deposit_against_fee(successes: int, refund: int, shortfall: int) -> None:
    account = account_of(PLAN, Items.ARRIVAL, {EventKind.ARRIVAL: successes}, 68)
    assert (account.refund, account.shortfall, account.due) == (refund, shortfall, 0)


def test_guardian_owes_a_shortfall_only_where_the_plan_says_so() -> None:
    plan = replace(PLAN, shortfall_by=Bearer.GUARDIAN)
    assert account_of(plan, Items.BOTH, BOTH, 136).due == 1


def test_late_order_says_the_most_it_can_come_to() -> None:
    assert (most_for(PLAN, Items.ARRIVAL, 40), most_for(PLAN, Items.BOTH, 40)) == (30, 60)


@pytest.mark.parametrize(
    "change",
    [
        # As the slip has it: the year of the end is wrong.
        {"last_day": date(2025, 1, 23)},
        {"last_day": date(2025, 9, 8)},
        {"send_until": date(2026, 1, 24)},
        {"send_until": date(2025, 9, 7)},
        {"billing_days": -1},
        {"prices": {Items.ARRIVAL: 68}},
        {"prices": {Items.ARRIVAL: 68, Items.DEPARTURE: -1, Items.BOTH: 136}},
    ],
)
def test_what_cannot_be_a_plan_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError):
        replace(PLAN, **change)  # type: ignore[arg-type]
