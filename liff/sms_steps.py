"""Steps a guardian takes of an order of texts: each asked once before, and taken once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.db import snapshot, transaction
from core.errors import InputError
from core.languages.speech import N_, _
from core.orders.listing import Listed, own_order
from core.orders.plans import Items
from core.orders.service import ask_cancel, keep, withdraw
from core.orders.states import OrderState
from core.orders.tables import SmsOrder
from core.orders.words import ALREADY, ITEM_WORDS, WITHDRAWAL
from core.people.doors import for_guardian
from core.people.names import given_name
from liff.guard import linked
from liff.visit import Visit, current_visit


@dataclass(frozen=True, slots=True)
class _End:
    """How an order of that state can be ended, and what is said before it is."""

    state: OrderState
    title: str
    question: str
    lines: tuple[str, ...]


_WITHDRAWAL = _End(
    OrderState.REQUESTED,
    N_("撤回申請"),
    N_("確定撤回{child}的{items}簡訊申請？"),
    (WITHDRAWAL,),
)
_CANCELLATION = _End(
    OrderState.ACTIVE,
    N_("註銷簡訊"),
    N_("確定註銷{child}的{items}簡訊？"),
    (
        N_("需經學校老師審核，審核後隔日生效。"),
        N_("生效前仍會發送並計費。LINE 和 e-mail 通知不受影響。退費請洽學校出納組。"),
    ),
)


@linked
def ask_withdraw_sms(order_id: UUID) -> ResponseReturnValue:
    """Ask once before a request is taken back."""
    return _ask_end(order_id, _WITHDRAWAL)


@linked
def withdraw_sms(order_id: UUID) -> ResponseReturnValue:
    """Take a request back, while the school has not looked at it."""
    return _step(order_id, withdraw, "withdrawn")


@linked
def ask_cancel_sms(order_id: UUID) -> ResponseReturnValue:
    """Ask once before the end of an order is asked for."""
    return _ask_end(order_id, _CANCELLATION)


@linked
def cancel_sms(order_id: UUID) -> ResponseReturnValue:
    """Ask the school for the end of an order."""
    return _step(order_id, partial(ask_cancel, liff_id=_liff_id()), "cancelling")


@linked
def keep_sms(order_id: UUID) -> ResponseReturnValue:
    """Take the wish to end an order back, while the school has not looked at it."""
    return _step(order_id, partial(keep, liff_id=_liff_id()), "kept")


def address_of(database: Session, visit: Visit, listed: Listed) -> str:
    """Return the page on which an order stands."""
    return url_for("liff.show_sms", child=child_of(database, visit, listed))


def child_of(database: Session, visit: Visit, listed: Listed) -> UUID | None:
    """Return the binding of an order's child, None where it ended."""
    children = for_guardian(database, visit.get_guardian().id).children()
    found = (one.binding_id for one in children if one.student_id == listed.student.id)
    return next(found, None)


def _ask_end(order_id: UUID, asked: _End) -> ResponseReturnValue:
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        listed = own_order(database, order_id, visit.get_guardian().id)
        back = address_of(database, visit, listed)
    state, child = OrderState(listed.order.state), given_name(listed.student.name)
    return render_template(
        "sms_cancel.html",
        title=_(asked.title),
        question=_(asked.question, child=child, items=_(ITEM_WORDS[Items(listed.order.items)])),
        lines=[_(line) for line in asked.lines],
        can_end=state is asked.state,
        already=_(ALREADY[state]),
        back=back,
    )


def _liff_id() -> str:
    return current_visit().house.settings.liff_id


def _step(order_id: UUID, act: Callable[..., SmsOrder], note: str) -> ResponseReturnValue:
    visit = current_visit()
    guardian_id = visit.get_guardian().id
    try:
        with transaction(visit.house.engine) as database:
            own_order(database, order_id, guardian_id)
            by = f"guardian:{guardian_id}"
            act(database, order_id=order_id, by=by, now=visit.now)
    except InputError:
        note = ""
    visit.house.notices_due.set()
    with snapshot(visit.house.engine) as database:
        listed = own_order(database, order_id, guardian_id)
        child = child_of(database, visit, listed)
    # Refused: the note is the state that stood in the way.
    return redirect(url_for("liff.show_sms", child=child, note=note or listed.order.state), 303)
