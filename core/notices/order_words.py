"""What notices say of a paid SMS order: its days and its money."""

from dataclasses import dataclass
from datetime import date

from core.languages import dates
from core.languages.speech import N_, _

ARRIVAL, DEPARTURE, BOTH = N_("到校"), N_("離校"), N_("到校和離校")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """An order as a notice quotes it. Days are Taipei dates, money whole dollars.

    `items` is one of the words above. It sends from `first_day` to `last_day`, and not from
    `effective` on. `ok` texts arrived. `is_lapsed`: the semester ended before the school said yes.
    """

    items: str
    first_day: date
    last_day: date
    effective: date | None = None
    ok: int = 0
    fee: int = 0
    prepaid: int = 0
    refund: int = 0
    due: int = 0
    is_lapsed: bool = False


def order_slots(order: OrderFacts | None) -> dict[str, str]:
    """Return the slots of an order's sentences; what is 0 to be given or asked for has none."""
    if order is None:
        return {}
    return {
        "items": _(order.items),
        "first_day": dates.short_date(order.first_day),
        "last_day": dates.short_date(order.last_day),
        "effective": dates.short_date(order.effective) if order.effective else "",
        "n": dates.number(order.ok),
        "fee": dates.number(order.fee),
        "prepaid": dates.number(order.prepaid),
        "refund": dates.number(order.refund) if order.refund else "",
        "due": dates.number(order.due) if order.due else "",
    }
