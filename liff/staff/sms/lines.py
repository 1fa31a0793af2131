"""Orders ready to be read: words, marks, how long somebody waits. Pure but for opened names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.clock import school_day_of
from core.crypto import Vault
from core.languages.dates import long_day_and_clock, span_of
from core.notices.staff_words import class_words
from core.orders.accounts import OrderAccount
from core.orders.listing import Listed
from core.orders.plan_book import plan_of
from core.orders.plans import Bearer, Items, effect_of
from core.orders.states import OrderState, Step
from core.orders.tables import Origin, SmsOrder, SmsOrderStep, SmsPlan
from core.people.guardians import guardian_name
from core.people.names import masked_name
from core.people.tables import Student

ITEM_WORDS = {Items.ARRIVAL: "到校", Items.DEPARTURE: "離校", Items.BOTH: "到校和離校"}
ORIGIN_WORDS = {Origin.GUARDIAN: "家長", Origin.SLIP: "學校", Origin.FILE: "學校"}
STEP_WORDS = {
    Step.ASK: "申請",
    Step.APPROVE: "核准",
    Step.RETURN: "退回",
    Step.WITHDRAW: "撤回申請",
    Step.ASK_CANCEL: "申請註銷",
    Step.KEEP: "取消註銷，維持生效",
    Step.APPROVE_CANCEL: "核准註銷",
    Step.EXPIRE: "期滿",
    Step.NUMBER: "更改手機",
    Step.PAY: "登記繳費",
    Step.SETTLE: "結算",
}
# From then on the age of a wait is amber.
LONG_WAIT = timedelta(days=2)
AN_HOUR = timedelta(hours=1)

Figure = tuple[str, str, str, bool]


@dataclass(frozen=True, slots=True)
class Wait:
    """How long somebody waits, in words; "" in the first hour."""

    words: str
    is_long: bool


def wait_of(order: SmsOrder, now: datetime) -> Wait:
    """Return how long the school has to look at an order, or nothing where it has not."""
    if order.state == OrderState.REQUESTED:
        since = order.asked_at
    elif order.state == OrderState.CANCELLING and order.cancel_asked_at:
        since = order.cancel_asked_at
    else:
        return Wait("", is_long=False)
    wait = now - since
    if wait.days:
        return Wait(f"等了 {wait.days} 天", wait >= LONG_WAIT)
    return Wait(f"{wait // AN_HOUR} 小時" if wait >= AN_HOUR else "", is_long=False)


def applicant_of(vault: Vault, one: Listed) -> str:
    """Return 家長 王○華, or 學校 for what came on paper."""
    if one.guardian is None or one.guardian.erased_at is not None:
        return ORIGIN_WORDS[Origin(one.order.origin)]
    return f"家長 {masked_name(guardian_name(vault, one.guardian))}"


def place_of(student: Student) -> str:
    """Return 603 班 12."""
    return f"{class_words(student.homeroom)} {student.seat_number:02d}"


def what_of(order: SmsOrder) -> str:
    """Return 到校和離校."""
    return ITEM_WORDS[Items(order.items)]


def paid_of(one: Listed) -> str:
    """Return 已繳 136 元（收據 A-0123）, or that nothing is noted yet, or asked for."""
    if not one.order.prepaid:
        return "還沒有登記繳費" if one.is_unpaid else "不用先繳費"
    return f"已繳 {one.order.prepaid} 元（收據 {one.order.receipt_number}）"


def period_of(order: SmsOrder, plan: SmsPlan) -> str:
    """Return the days on which it sends, as far as they are known."""
    if order.effective_from is None:
        return f"{span_of(plan.first_day, plan.send_until)}（核准後隔天起）"
    last = plan.send_until
    if order.cancel_effective_from is not None:
        last = school_day_of(order.cancel_effective_from) - timedelta(days=1)
    first = school_day_of(order.effective_from)
    return span_of(first, last) if first <= last else "註銷前沒有發送的日子"


def effect_words(order: SmsOrder, plan: SmsPlan, now: datetime) -> str:
    """Return from when an approval given now would count."""
    if order.state == OrderState.CANCELLING:
        until_then = "核准前，家長可以取消註銷。" if order.guardian_id else ""
        return f"核准後，{long_day_and_clock(effect_of(now))} 起不再發送。{until_then}"
    starts = effect_from(plan, now)
    if starts >= plan_of(plan).ends_at:
        return "服務期間已沒有可以發送的日子，請退回。"
    return f"核准後，{long_day_and_clock(starts)} 起生效。"


def effect_from(plan: SmsPlan, now: datetime) -> datetime:
    """Return from when an approval given now would let an order send."""
    return max(effect_of(now), plan_of(plan).begins_at)


def sent_of(account: OrderAccount) -> str:
    """Return what an order came to so far, in one line."""
    end = f"可退 {account.refund} 元" if account.refund or not account.shortfall else ""
    lacks = f"不足 {account.shortfall} 元" if account.shortfall else ""
    return (
        f"已送 {account.ok} 則，費用 {account.fee} 元，已收 {account.prepaid} 元，{end or lacks}。"
    )


def figures_of(account: OrderAccount, plan: SmsPlan) -> list[Figure]:
    """Return an order's money, line by line."""
    return [
        ("成功", f"{account.ok} 則", f"到校 {account.arrivals}・離校 {account.departures}", False),
        ("失敗（不收費）", f"{account.failed} 則", "", False),
        ("等待回報", f"{account.pending} 則", "", False),
        ("目前費用", f"{account.fee} 元", "", False),
        ("已收", f"{account.prepaid} 元", "", False),
        *balance_of(account.refund, account.shortfall, plan),
    ]


def balance_of(refund: int, shortfall: int, plan: SmsPlan) -> list[Figure]:
    """Return what goes back, and what is missing and whose it is."""
    lines = [("可退", f"{refund} 元", "", True)]
    if shortfall:
        bearer = "由學校吸收" if plan.shortfall_by == Bearer.SCHOOL else "請家長補繳"
        lines.append(("不足", f"{shortfall} 元", bearer, True))
    return lines


def working_of(plan: SmsPlan) -> str:
    """Return how the fee comes about."""
    each = "每筆訂購合計後" if plan.rounding == "per_order" else "到校、離校分別"
    return f"費用＝成功則數 × 0.75 元，{each}進位到整數。回報可能較晚到，結算前會再變動。"


def steps_words(steps: Sequence[SmsOrderStep], who: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return word, moment and person of each step; `who` names the actors."""
    lines = []
    for one in steps:
        word = STEP_WORDS[Step(one.step)]
        if one.step == Step.PAY:
            amount, _, receipt = one.reason.partition(" ")
            word = f"{word}：{amount} 元{f'（收據 {receipt}）' if receipt else ''}"
        elif one.reason:
            word = f"{word}：{one.reason}"
        lines.append((word, long_day_and_clock(one.at), who[one.actor]))
    return lines


@dataclass(frozen=True, slots=True)
class Card:
    """An order or a cancellation that waits, ready to be read."""

    order_id: UUID
    name: str
    place: str
    applicant: str
    what: str
    figures: str
    effect: str
    wait: Wait
    is_cancellation: bool


def card_of(vault: Vault, one: Listed, account: OrderAccount, now: datetime) -> Card:
    """Return what a reviewer reads of it."""
    order = one.order
    is_cancellation = order.state == OrderState.CANCELLING
    return Card(
        order.id,
        one.student.name,
        f"{place_of(one.student)} 號",
        applicant_of(vault, one),
        f"{'註銷' if is_cancellation else '訂購'}{what_of(order)}簡訊",
        sent_of(account) if is_cancellation else f"{paid_of(one)}。",
        effect_words(order, one.plan, now),
        wait_of(order, now),
        is_cancellation,
    )
