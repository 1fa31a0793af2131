"""Plans: what the SMS service is in one semester. Every figure is data; none follows from another.

Source: the city's brochure and order slip of 114-1, and where they contradict each other: the
slip's end lies before its start, and 91 billing days are fewer than the days on which is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from core.clock import TAIPEI, at_taipei
from core.errors import InputError

# After the nightly renewal of the city's register.
EFFECT_FROM = time(0, 30)


class Items(StrEnum):
    """What an order is for."""

    ARRIVAL = "arrival"
    DEPARTURE = "departure"
    BOTH = "both"


class Rounding(StrEnum):
    """What is rounded up to a whole dollar: an order's sum, or each item's."""

    PER_ORDER = "per_order"
    PER_ITEM = "per_item"


class Bearer(StrEnum):
    """Who pays what the deposit does not cover."""

    SCHOOL = "school"
    GUARDIAN = "guardian"


PRICES: Mapping[Items, int] = MappingProxyType(
    {Items.ARRIVAL: 68, Items.DEPARTURE: 68, Items.BOTH: 136}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The service of a semester such as (114, 1); Taipei dates, whole dollars.

    Texts go from `first_day` to `send_until`, both included; `last_day` ends the service period on
    paper. `billing_days` is what the deposit was reckoned for. Raises InputError with the field:
    "order" for dates that run backwards, "amount" for a figure below zero, "missing" for a price.
    """

    school_year: int
    term: int
    name: str
    first_day: date
    last_day: date
    send_until: date
    billing_days: int
    prices: Mapping[Items, int] = field(default_factory=lambda: PRICES)
    rounding: Rounding = Rounding.PER_ORDER
    shortfall_by: Bearer = Bearer.SCHOOL

    def __post_init__(self) -> None:
        """Refuse what cannot be a plan."""
        if self.first_day >= self.last_day:
            raise InputError("order", "last_day")
        if not self.first_day <= self.send_until <= self.last_day:
            raise InputError("order", "send_until")
        if self.billing_days < 0:
            raise InputError("amount", "billing_days")
        if set(self.prices) != set(Items):
            raise InputError("missing", "prices")
        if min(self.prices.values()) < 0:
            raise InputError("amount", "prices")

    @property
    def key(self) -> tuple[int, int]:
        """Return the semester: ROC school year and term."""
        return self.school_year, self.term

    @property
    def begins_at(self) -> datetime:
        """Return the first moment at which a text may go."""
        return at_taipei(self.first_day, time())

    @property
    def ends_at(self) -> datetime:
        """Return the moment from which none may go any more."""
        return at_taipei(self.send_until + timedelta(days=1), time())


def effect_of(approved_at: datetime) -> datetime:
    """Return from when an approval counts: 00:30 on the next Taipei date, whatever the hour."""
    day = approved_at.astimezone(TAIPEI).date()
    return at_taipei(day + timedelta(days=1), EFFECT_FROM)
