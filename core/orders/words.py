"""What guardians read of orders, the same on the pages and in the chat."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import school_day_of
from core.languages.dates import long_date, short_date
from core.languages.speech import N_, _
from core.orders.fees import is_unpaid
from core.orders.late import Offer
from core.orders.plans import Bearer, Items, Plan, Rounding
from core.orders.standing import OrderView
from core.orders.states import SYSTEM, OrderState, Step

ITEM_WORDS = {
    Items.ARRIVAL: N_("到校"),
    Items.DEPARTURE: N_("離校"),
    Items.BOTH: N_("到校和離校"),
}
CHOICE_WORDS = {
    Items.ARRIVAL: N_("僅到校"),
    Items.DEPARTURE: N_("僅離校"),
    Items.BOTH: N_("到校和離校"),
}
STATE_WORDS = {
    OrderState.REQUESTED: N_("申請審核中"),
    OrderState.ACTIVE: N_("生效"),
    OrderState.CANCELLING: N_("註銷審核中"),
    OrderState.CANCELLED: N_("已註銷"),
    OrderState.RETURNED: N_("退回"),
    OrderState.WITHDRAWN: N_("已撤回"),
    OrderState.EXPIRED: N_("期滿"),
}
# To a step that does not fit the state, or not any more: what is so, and what can be done.
ALREADY = {
    OrderState.REQUESTED: N_("學校還在審核這筆申請；不想訂了，可以撤回。"),
    OrderState.ACTIVE: N_("這筆簡訊已經生效；不想收了，可以申請註銷。"),
    OrderState.CANCELLING: N_("已送出註銷申請，學校審核中，不用再送一次。"),
    OrderState.CANCELLED: N_("這筆簡訊已經註銷，不用再送一次。"),
    OrderState.RETURNED: N_("學校已退回這筆申請；還要訂的話，可以再申請。"),
    OrderState.WITHDRAWN: N_("這筆申請已經撤回，不用再送一次。"),
    OrderState.EXPIRED: N_("服務期間已結束，不會再發送，不用註銷。"),
}
STEP_WORDS = {
    Step.ASK: N_("已送出申請"),
    Step.APPROVE: N_("核准"),
    Step.RETURN: N_("退回申請"),
    Step.WITHDRAW: N_("撤回申請"),
    Step.ASK_CANCEL: N_("申請註銷"),
    Step.KEEP: N_("取消註銷"),
    Step.APPROVE_CANCEL: N_("核准註銷"),
    Step.EXPIRE: N_("期滿"),
    Step.NUMBER: N_("更改手機"),
    Step.PAY: N_("繳費"),
    Step.SETTLE: N_("結算"),
}
BEARER_WORDS = {
    Bearer.SCHOOL: N_("費用如果超過先繳的金額，由學校負擔，不用再補。"),
    Bearer.GUARDIAN: N_("費用如果超過先繳的金額，學期結束後再補繳。"),
}
ROUNDED = {
    Rounding.PER_ORDER: N_("{n} × 0.75，小數進位到整數"),
    Rounding.PER_ITEM: N_("{n} × 0.75，到校、離校各自進位到整數"),
}
# An order ends at midnight with its plan, or half an hour later: the day before was its last.
A_MOMENT = timedelta(minutes=30, seconds=1)
CHANGE = N_("學校審核前可以撤回；要修改，就撤回後再申請一次。")
REFUND = N_("退費請洽學校出納組。")
PAID_BEFORE = N_("已繳的費用，再申請時會轉過去；不再申請，退費請洽學校出納組。")
SHARED = N_(
    "這支手機已經申請過這個孩子的簡訊（紙本回條，或另一位家長），不用再申請。要更改，請洽學校。"
)
WITHDRAWAL = N_("撤回後學校不再審核，不會發送，也不收費；要訂的話，可以再申請。")
REVIEWED = N_("需經學校老師審核，審核後隔日生效；生效前仍會發送並計費。")


def semester_words(plan: Plan) -> str:
    """Return 115 學年度第 1 學期."""
    return _("{year} 學年度第 {term} 學期", year=plan.school_year, term=plan.term)


def money(amount: int) -> str:
    """Return 68 元."""
    return _("{amount} 元", amount=amount)


def paid_words(prepaid: int) -> str:
    """Return what is noted as paid for a request."""
    return _("已繳 {amount}，等學校審核。", amount=money(prepaid))


def price_words(plan: Plan) -> str:
    """Return what the three choices cost: 僅到校 68 元／僅離校 68 元／到校和離校 136 元。"""
    prices = {f"{items}": plan.prices[items] for items in Items}
    return _("僅到校 {arrival} 元／僅離校 {departure} 元／到校和離校 {both} 元。", **prices)


def working(plan: Plan, successes: int) -> str:
    """Return how a fee was reckoned."""
    return _(ROUNDED[plan.rounding], n=successes)


def who_words(actor: str, own: str) -> str:
    """Return who made a step, as the guardian whose actor is `own` may read it."""
    if actor == own:
        return _("您")
    return _("系統") if actor == SYSTEM else _("學校")


def span_words(sends_from: datetime, sends_until: datetime) -> str:
    """Return the first and the last day on which texts go: 2026/11/24（二）–2027/01/20（三）."""
    last = school_day_of(sends_until - A_MOMENT)
    return f"{long_date(school_day_of(sends_from))}–{long_date(last)}"


def late_words(offer: Offer) -> str:
    """Return from when an order approved today would send, and for how many days."""
    slots = {"first_day": short_date(offer.first_day), "days": offer.days}
    if not offer.is_late:
        return _("{first_day}起發送，共 {days} 個上課日。", **slots)
    return _("學校今天核准的話，{first_day}起發送，剩 {days} 個上課日。", **slots)


def begins_later(view: OrderView, now: datetime) -> bool:
    """Tell whether an order is approved but does not send yet."""
    begins = view.order.effective_from
    return view.state is OrderState.ACTIVE and begins is not None and now < begins


def state_words(view: OrderView, now: datetime) -> str:
    """Return where an order stands; 生效 from its first day on."""
    return _("已核准") if begins_later(view, now) else _(STATE_WORDS[view.state])


def order_lines(view: OrderView, now: datetime) -> list[str]:
    """Return what an order waits for or comes to, and the days on which it sends."""
    return [line for line in (*_standing(view, now), _period(view)) if line]


def _standing(view: OrderView, now: datetime) -> tuple[str, ...]:
    order, state = view.order, view.state
    match state:
        case OrderState.REQUESTED:
            return _to_pay(view), _age(order.asked_at, now), _(CHANGE)
        case OrderState.ACTIVE:
            return _begins(order.effective_from, now), _unpaid(view)
        case OrderState.CANCELLING:
            asked_at = order.cancel_asked_at or order.asked_at
            return _(REVIEWED), _age(asked_at, now)
        case OrderState.CANCELLED:
            return _ends(order.cancel_effective_from), _refund(view)
        case OrderState.RETURNED:
            return _returned(view), _paid_before(view, now)
        case OrderState.WITHDRAWN:
            return _("申請已撤回，不會發送，也不收費。"), _paid_before(view, now)
        case OrderState.EXPIRED:
            return _("服務期間已結束。"), _refund(view)


def _to_pay(view: OrderView) -> str:
    if view.order.prepaid:
        return paid_words(view.order.prepaid)
    if not is_unpaid(view.plan, view.items, 0):
        return ""
    price = money(view.plan.prices[view.items])
    return _("請到學校出納組繳 {amount}，學校審核後隔日生效。", amount=price)


def _unpaid(view: OrderView) -> str:
    # A school may approve before it has the money.
    if not is_unpaid(view.plan, view.items, view.order.prepaid):
        return ""
    price = money(view.plan.prices[view.items])
    return _("還沒繳費，請到學校出納組繳 {amount}。", amount=price)


def _age(since: datetime, now: datetime) -> str:
    days = (school_day_of(now) - school_day_of(since)).days
    return _("已等 {n} 天。", n=days) if days > 0 else ""


def _begins(at: datetime | None, now: datetime) -> str:
    if at is None or at <= now:
        return _("只計成功則數，每則 0.75 元。")
    return _("{day}起發送。", day=short_date(school_day_of(at)))


def _ends(at: datetime | None) -> str:
    return _("{day}起不再發送。", day=short_date(school_day_of(at))) if at else ""


def _returned(view: OrderView) -> str:
    if not view.order.reason:
        return _("學期結束前沒有核准，沒有發送，也不收費。")
    return _("學校退回了申請，原因：{reason}", reason=view.order.reason)


def _paid_before(view: OrderView, now: datetime) -> str:
    # Of this semester nobody orders any more once it is over.
    return _refund(view, PAID_BEFORE if now < view.plan.ends_at else REFUND)


def _refund(view: OrderView, said: str = REFUND) -> str:
    return _(said) if view.order.prepaid else ""


def _period(view: OrderView) -> str:
    span = view.sends
    return _("發送期間 {span}", span=span_words(*span)) if span else ""


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """A line of the money table: what, how it came about, and the figure."""

    label: str
    small: str
    value: str


def money_lines(view: OrderView) -> list[MoneyLine]:
    """Return what was sent and what it costs; the last line is what is settled in the end."""
    order, account = view.order, view.account
    receipt = _("收據 {number}", number=order.receipt_number) if order.receipt_number else ""
    return [
        MoneyLine(_("成功"), "", _texts(account.ok)),
        MoneyLine(_("失敗"), _("不收費"), _texts(account.failed)),
        MoneyLine(_("等待回報"), "", _texts(account.pending)),
        MoneyLine(
            _("費用") if view.order.settled_at else _("目前費用"),
            working(view.plan, account.ok),
            money(account.fee),
        ),
        MoneyLine(_("已收"), receipt, money(account.prepaid)),
        _last_line(view),
    ]


def _last_line(view: OrderView) -> MoneyLine:
    account = view.account
    if not account.shortfall:
        when = _("註銷或學期結束後") if view.is_open else ""
        return MoneyLine(_("可退"), when, money(account.refund))
    if account.due:
        return MoneyLine(_("應補繳"), _("學期結束後"), money(account.due))
    return MoneyLine(_("不足"), _("由學校負擔"), money(account.shortfall))


def _texts(count: int) -> str:
    return _("{n} 則", n=count)
