"""Fees: three quarters of a dollar for each text that arrived, rounded up, in whole numbers.

Only successes count. No-shows and urgent texts are free and never among them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.kinds import EventKind
from core.orders.plans import Bearer, Items, Plan, Rounding

PAID: Mapping[Items, tuple[EventKind, ...]] = {
    Items.ARRIVAL: (EventKind.ARRIVAL,),
    Items.DEPARTURE: (EventKind.DEPARTURE,),
    Items.BOTH: (EventKind.ARRIVAL, EventKind.DEPARTURE),
}


@dataclass(frozen=True, slots=True)
class Account:
    """An order's money in whole dollars.

    `shortfall` is what the deposit does not cover, whoever bears it; `due` what is asked of the
    guardian beyond it.
    """

    fee: int
    prepaid: int
    shortfall: int
    refund: int
    due: int


def fee_for(successes: int) -> int:
    """Return the fee of so many texts that arrived, at 0.75 each. Raises ValueError below zero."""
    if successes < 0:
        raise ValueError("fewer than none")
    return (3 * successes + 3) // 4


def fee_of(plan: Plan, items: Items, successes: Mapping[EventKind, int]) -> int:
    """Return an order's fee; what it was not ordered for costs nothing."""
    counts = [successes.get(kind, 0) for kind in PAID[items]]
    if plan.rounding is Rounding.PER_ITEM:
        return sum(fee_for(count) for count in counts)
    return fee_for(sum(counts))


def account_of(
    plan: Plan, items: Items, successes: Mapping[EventKind, int], prepaid: int
) -> Account:
    """Return how an order stands: deposit against fee. Nothing is charged by itself."""
    fee = fee_of(plan, items, successes)
    shortfall = max(0, fee - prepaid)
    due = shortfall if plan.shortfall_by is Bearer.GUARDIAN else 0
    return Account(fee, prepaid, shortfall, max(0, prepaid - fee), due)


def is_unpaid(plan: Plan, items: Items, prepaid: int) -> bool:
    """Tell whether an order wants to be paid for first, and nothing is noted as paid."""
    return not prepaid and plan.prices[items] > 0


def most_for(plan: Plan, items: Items, days_left: int) -> int:
    """Return the most an order can come to in so many school days, a text a day and item."""
    return fee_of(plan, items, dict.fromkeys(PAID[items], days_left))
