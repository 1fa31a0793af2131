"""訂購簡訊 小明 離校: what a typed line says of the SMS service. Nothing here raises, or writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from bot.leave_words import find_child, folded, in_source
from core.orders.plans import Items


class Wish(Enum):
    """What somebody wants of the service."""

    LOOK = auto()
    ORDER = auto()
    CANCEL = auto()


# 取消註銷 wants nothing ended: what stands, with its button, is the answer.
NO_CANCEL = ("取消註銷", "不註銷", "不要註銷")
CANCELS = ("註銷", "撤回", "退訂", "停止", "取消")
ORDERS = ("訂購", "訂閱", "申請", "開啟")
BOTH = ("到離校", "都要", "全部", "兩個")
# What the buttons type into the chat.
TYPED = ("簡訊", "訂購簡訊", "註銷簡訊", "到校", "離校", "訂閱", "退訂")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsWords:
    """What was understood. `child` is a place in the names that were given, None is not said."""

    child: int | None
    wish: Wish
    items: Items | None


def read_sms(text: str, names: Sequence[Sequence[str]]) -> SmsWords:
    """Return what a text says; an only child need not be named."""
    child, rest = find_child(folded(in_source(text, TYPED)), names)
    return SmsWords(child=child, wish=_wish(rest), items=_items(rest))


def _wish(text: str) -> Wish:
    if any(word in text for word in NO_CANCEL):
        return Wish.LOOK
    if any(word in text for word in CANCELS):
        return Wish.CANCEL
    return Wish.ORDER if any(word in text for word in ORDERS) else Wish.LOOK


def _items(text: str) -> Items | None:
    # Texts of 未到校 are free and not among what is ordered.
    plain = text.replace("未到校", " ")
    arrival, departure = "到校" in plain, "離校" in plain
    if any(word in plain for word in BOTH) or (arrival and departure):
        return Items.BOTH
    if arrival or departure:
        return Items.ARRIVAL if arrival else Items.DEPARTURE
    return None
