"""SMS orders that wait for whoever runs the school, as the chat shows them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bot.answer import Json
from bot.handlers.staff.rights import note_children, require_runner, schools_run
from bot.handlers.turn import Turn
from bot.replies.staff import orders as reply
from bot.replies.staff.orders import ITEMS, WaitingOrder
from bot.replies.staff.words import full_child_words
from core.clock import school_day_of
from core.notices.wording import short_date
from core.orders.accounts import account_for
from core.orders.listing import Listed, waiting_orders
from core.orders.plan_book import plan_of
from core.orders.plans import Items, effect_of
from core.orders.states import OrderState
from core.postback import Action

PAGE = "sms/review"


def waiting(turn: Turn) -> list[Listed]:
    """Return what waits at the schools this person runs, longest first."""
    found = [one for code in schools_run(turn) for one in waiting_orders(turn.session, code)]
    return sorted(found, key=_since)


def first_of(turn: Turn, found: Sequence[Listed], last: UUID | None = None) -> list[Json]:
    """Return the card after the one of `last`, or the first; nothing where none waits."""
    if not found:
        return []
    places = [at for at, one in enumerate(found) if one.order.id == last]
    one = found[(places[0] + 1) % len(found)] if places else found[0]
    note_children(turn, require_runner(turn, one.order.school_code), [one.student.id])
    return reply.next_one(card_of(turn, one, has_next=len(found) > 1), turn.pages.staff(PAGE))


def counts_of(turn: Turn, found: Sequence[Listed]) -> list[str]:
    """Return 簡訊 6（最久 3 天） and 註銷 2."""
    waits = [(one.order.state == OrderState.CANCELLING, _days(turn, one)) for one in found]
    return reply.counted(waits)


def card_of(turn: Turn, one: Listed, *, has_next: bool) -> WaitingOrder:
    """Return an order ready to be looked at, with its buttons."""
    order, detail = one.order, one.order.id.hex
    is_cancellation = order.state == OrderState.CANCELLING
    yes = Action.SMS_REVIEW_END if is_cancellation else Action.SMS_REVIEW_APPROVE
    return WaitingOrder(
        child=full_child_words(one.student),
        what=what_of(one),
        figures=_figures(turn, one),
        effect=_effect(turn, one),
        days=_days(turn, one),
        is_cancellation=is_cancellation,
        yes=turn.seal(yes, detail),
        back="" if is_cancellation else turn.seal(Action.SMS_REVIEW_RETURN, detail),
        after=turn.seal(Action.SMS_REVIEW_NEXT, detail) if has_next else "",
    )


def what_of(one: Listed) -> str:
    """Return 到校＋離校簡訊, or that it is to end."""
    words = f"{ITEMS[Items(one.order.items)]}簡訊"
    return f"註銷{words}" if one.order.state == OrderState.CANCELLING else words


def _figures(turn: Turn, one: Listed) -> str:
    order = one.order
    if order.state != OrderState.CANCELLING:
        paid = f"已繳 {order.prepaid} 元（收據 {order.receipt_number}）"
        lacks = "還沒有登記繳費" if one.is_unpaid else "不用先繳費"
        return paid if order.prepaid else lacks
    account = account_for(turn.session, order)
    return f"已送 {account.ok} 則，費用 {account.fee} 元，可退 {account.refund} 元"


def _effect(turn: Turn, one: Listed) -> str:
    plan, effect = plan_of(one.plan), effect_of(turn.now)
    if one.order.state == OrderState.CANCELLING:
        return f"核准後，{short_date(school_day_of(effect))}起不再發送。"
    starts = max(effect, plan.begins_at)
    if starts >= plan.ends_at:
        return "服務期間已沒有可以發送的日子，請退回。"
    return f"核准後，{short_date(school_day_of(starts))}起生效。"


def _days(turn: Turn, one: Listed) -> int:
    return (turn.now - _since(one)).days


def _since(one: Listed) -> datetime:
    return one.order.cancel_asked_at or one.order.asked_at
