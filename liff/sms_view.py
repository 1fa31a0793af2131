"""An order of the SMS service as its page shows it: mark, steps, sentences, money, who and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.crypto import Vault
from core.languages.dates import parted, plain_moment
from core.languages.speech import N_, _
from core.orders.fees import is_unpaid
from core.orders.paying import PHONE
from core.orders.standing import OrderView
from core.orders.states import OrderState, Step
from core.orders.tables import SmsOrderStep
from core.orders.words import (
    ITEM_WORDS,
    STEP_WORDS,
    MoneyLine,
    begins_later,
    money_lines,
    order_lines,
    semester_words,
    span_words,
    state_words,
    who_words,
)
from core.people.contacts import ContactSlot, masked

# The drawing beside an order, on the pages of guardians and of staff.
MARKS = {
    OrderState.REQUESTED: "held",
    OrderState.ACTIVE: "arrived",
    OrderState.CANCELLING: "held",
    OrderState.CANCELLED: "off",
    OrderState.RETURNED: "no-tap",
    OrderState.WITHDRAWN: "off",
    OrderState.EXPIRED: "off",
}
PAYMENT = N_("繳費")
WAY = (N_("申請"), PAYMENT, N_("學校審核"), N_("隔天生效"))
DONE, NOW, AHEAD = "done", "now", ""
# What these came to stands in the table, with the number of the receipt.
OF_MONEY = frozenset({Step.PAY, Step.SETTLE})


@dataclass(frozen=True, slots=True)
class LogLine:
    """A step that was made: what, and when by whom."""

    what: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCard:
    """An order, ready to be shown."""

    id: UUID
    semester: str
    title: str
    items: str
    phone: str
    span: str
    mark: str
    word: str
    stepper: Sequence[tuple[str, str]]
    lines: Sequence[str]
    money: Sequence[MoneyLine]
    log: Sequence[LogLine]
    can_withdraw: bool
    can_cancel: bool
    can_keep: bool


def card_of(vault: Vault, view: OrderView, own: str, now: datetime) -> OrderCard:
    """Return the card of an order; `own` is the reader as records name them."""
    state, items = view.state, _(ITEM_WORDS[view.items])
    sealed = view.order.phone_sealed
    phone = masked(ContactSlot.PHONE, vault.open(sealed, PHONE)) if sealed else ""
    return OrderCard(
        id=view.order.id,
        semester=semester_words(view.plan),
        title=_("{items}簡訊", items=items),
        items=items,
        phone=phone,
        span=span_words(*view.sends) if view.sends else "",
        mark="not-yet" if begins_later(view, now) else MARKS[state],
        word=state_words(view, now),
        stepper=_stepper(view, now),
        lines=order_lines(view, now),
        money=money_lines(view) if view.has_money else (),
        log=_log(view, own),
        can_withdraw=state is OrderState.REQUESTED,
        can_cancel=state is OrderState.ACTIVE,
        can_keep=state is OrderState.CANCELLING,
    )


def _stepper(view: OrderView, now: datetime) -> list[tuple[str, str]]:
    """Return how far an order is that does not send yet; nothing for one that does, or is over."""
    order = view.order
    lacks = is_unpaid(view.plan, view.items, order.prepaid)
    if begins_later(view, now):
        # Approval waits for no payment.
        looks = (DONE, AHEAD if lacks else DONE, DONE, NOW)
    elif view.state is not OrderState.REQUESTED:
        return []
    else:
        looks = (DONE, NOW, AHEAD, AHEAD) if lacks else (DONE, DONE, NOW, AHEAD)
    way = zip(WAY, looks, strict=True)
    return [(_(word), look) for word, look in way if word != PAYMENT or lacks or order.prepaid]


def _log(view: OrderView, own: str) -> list[LogLine]:
    return [
        LogLine(
            _(STEP_WORDS[Step(step.step)]),
            parted(plain_moment(step.at), _who(step, own), _reason(step)),
        )
        for step in view.steps
    ]


def _who(step: SmsOrderStep, own: str) -> str:
    # No school fixes the fees of a semester.
    return _("教育局") if step.step == Step.SETTLE else who_words(step.actor, own)


def _reason(step: SmsOrderStep) -> str:
    return "" if step.step in OF_MONEY else step.reason
