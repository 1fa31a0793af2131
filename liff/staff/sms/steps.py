"""What the school does with an order: each role its own steps, each step once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import request
from sqlmodel import Session

from core.clock import school_day_of
from core.db import snapshot
from core.errors import AccessError, InputError
from core.languages.dates import long_date
from core.orders import service
from core.orders.ledger import own_last_step
from core.orders.listing import Listed, order_of_staff
from core.orders.service import LONGEST_REASON, LONGEST_RECEIPT, MOST_PAID
from core.orders.states import OrderState
from core.people.doors import for_staff
from liff.numbers import typed_number
from liff.staff.sms.access import OrderDesk
from liff.visit import Visit

NOTES = {
    "approve": "已核准，{effect}起生效。",
    "return": "已退回，已排入家長通知。",
    "return_slip": "已退回。紙本回條的家長，請學校另外通知。",
    "approve_cancel": "已核准註銷，明天 00:30 起不再發送。",
    "ask_cancel": "已申請註銷，等候審核。",
    "keep": "已取消註銷，維持生效。",
    "pay": "已儲存繳費。",
    "wrong_state": "已有人處理。",
    "closed": "這個學期已結算，不能再更改。",
    "approve_before": "您已經核准了，不需要再按。",
    "return_before": "您已經退回了，不需要再按。",
    "approve_cancel_before": "您已經核准註銷了，不需要再按。",
    "ask_cancel_before": "您已經申請註銷了，不需要再按。",
    "keep_before": "您已經取消註銷了，不需要再按。",
    "too_late": "服務期間已沒有可以發送的日子，不能核准。請退回。",
}
GOOD = frozenset(NOTES) - {"wrong_state", "closed", "too_late"}
FAULTS = {
    ("reason", "empty"): "請填退回的原因",
    ("reason", "length"): f"原因最多 {LONGEST_REASON} 個字",
    ("reason", "link"): "原因不能有網址或特殊符號",
    ("amount", "amount"): f"金額應是 0–{MOST_PAID} 的整數",
    ("receipt", "empty"): "請填收據號碼",
    ("receipt", "length"): f"收據號碼最多 {LONGEST_RECEIPT} 個字",
}
# What the page on which orders wait can do.
OF_REVIEW = frozenset({"approve", "return", "approve_cancel"})


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may do with an order now."""

    approve: bool
    approve_cancel: bool
    keep: bool
    ask_cancel: bool
    pay: bool


def rights_on(desk: OrderDesk, one: Listed) -> Rights:
    """Return what may be done. A guardian's wish to end is the guardian's to take back."""
    is_open = one.plan.closed_at is None
    reviews, state = desk.reviewer is not None and is_open, one.order.state
    return Rights(
        approve=reviews and state == OrderState.REQUESTED,
        approve_cancel=reviews and state == OrderState.CANCELLING,
        keep=reviews and state == OrderState.CANCELLING and one.order.guardian_id is None,
        ask_cancel=reviews and state == OrderState.ACTIVE,
        pay=desk.cashier is not None and is_open,
    )


def own_order(database: Session, desk: OrderDesk, order_id: UUID) -> Listed:
    """Return an order of this desk's school and scope. Raises AccessError 404."""
    one, _role = order_of_staff(for_staff(database, desk.desk.roles), order_id)
    if one.order.school_code != desk.school.code:
        raise AccessError("no_such_order")
    return one


def said(note: str, effect: datetime, now: datetime) -> str:
    """Return what a step led to, in words; `effect` is from when an approval counts."""
    is_tomorrow = school_day_of(effect) == school_day_of(now) + timedelta(days=1)
    words = "明天 00:30 " if is_tomorrow else long_date(school_day_of(effect))
    return NOTES.get(note, "").format(effect=words)


def take(database: Session, visit: Visit, desk: OrderDesk, one: Listed, answer: str) -> str:
    """Take the step a form asks for, in the caller's transaction; return which note says so.

    Raises AccessError 403 for a step that is not this person's, 404 for none, and InputError as the
    step does, or "unpaid" where an approval wants to be asked for once more.
    """
    if answer not in STEPS:
        raise AccessError("no_such_answer")
    step = STEPS[answer]
    role = desk.require_cashier() if answer == "pay" else desk.require_reviewer()
    if answer == "approve" and one.is_unpaid and "sure" not in request.form:
        raise InputError("unpaid")
    step(database, visit, one, f"staff:{role.id}")
    # A slip has nobody in LINE to tell.
    return "return_slip" if answer == "return" and one.order.guardian_id is None else answer


def why_not(visit: Visit, order_id: UUID, code: str) -> str:
    """Return the note of a refused step; whoever took the last one reads so."""
    if code != "wrong_state":
        return code
    with snapshot(visit.house.engine) as database:
        own = f"{own_last_step(database, order_id, visit.actors)}_before"
    return own if own in NOTES else code


def _approve(database: Session, visit: Visit, one: Listed, by: str) -> None:
    liff_id = visit.house.settings.liff_id
    service.approve(database, liff_id, one.order.id, by=by, now=visit.now)


def _return(database: Session, visit: Visit, one: Listed, by: str) -> None:
    liff_id, reason = visit.house.settings.liff_id, request.form.get("reason", "")
    service.return_order(database, liff_id, one.order.id, reason, by=by, now=visit.now)


def _ask_cancel(database: Session, visit: Visit, one: Listed, by: str) -> None:
    liff_id = visit.house.settings.liff_id
    service.ask_cancel(database, liff_id, one.order.id, by=by, now=visit.now)


def _keep(database: Session, visit: Visit, one: Listed, by: str) -> None:
    if one.order.guardian_id is not None:
        raise AccessError("no_such_answer")
    service.keep(database, visit.house.settings.liff_id, one.order.id, by=by, now=visit.now)


def _approve_cancel(database: Session, visit: Visit, one: Listed, by: str) -> None:
    liff_id = visit.house.settings.liff_id
    service.approve_cancel(database, liff_id, one.order.id, by=by, now=visit.now)


def _pay(database: Session, visit: Visit, one: Listed, by: str) -> None:
    amount = typed_number(request.form.get("amount", ""), MOST_PAID)
    receipt = request.form.get("receipt", "")
    # Below zero is refused like everything that is no number.
    paid = -1 if amount is None else amount
    service.mark_paid(database, one.order.id, paid, receipt, by=by, now=visit.now)


STEPS: Mapping[str, Callable[[Session, Visit, Listed, str], None]] = {
    "approve": _approve,
    "return": _return,
    "ask_cancel": _ask_cancel,
    "keep": _keep,
    "approve_cancel": _approve_cancel,
    "pay": _pay,
}
