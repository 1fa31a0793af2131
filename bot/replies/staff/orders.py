"""審核 簡訊: SMS orders and cancellations, one at a time, and what an answer led to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.answer import Json
from bot.replies.confirm import ask_back, press, sure
from bot.replies.speech import offer, say, show
from bot.replies.staff.words import QUEUED, full_child_words, plainly
from core.clock import school_day_of
from core.notices.flex import (
    INK2,
    NO_TAP,
    TEAL,
    bubble,
    button,
    buttons,
    flex_message,
    postback,
    quiet,
    row,
    strip_of,
    text,
)
from core.notices.wording import short_date
from core.orders.plans import Items
from core.orders.states import Step
from core.people.tables import Student

# From then on the age of a wait is shown in amber.
LONG_WAIT = 2
ITEMS = {Items.ARRIVAL: "到校", Items.DEPARTURE: "離校", Items.BOTH: "到校＋離校"}
# The guardian reads it as it stands; longer words belong on the page.
REASONS = {
    "unpaid": "還沒有繳費",
    "amount": "繳費金額和項目不符",
    "slip": "項目和紙本回條不同",
    "phone": "請確認手機號碼",
    "ask": "請洽學校",
}
NOTHING = "沒有待審的簡訊申請。"
REFUSALS = {
    "closed": lambda: plainly("這個學期已結算，不能再更改。"),
    "too_late": lambda: plainly("服務期間已沒有可以發送的日子，不能核准。請退回。", "審核"),
}
# What somebody did before.
GIVEN: dict[Step | None, str] = {
    Step.APPROVE: "核准",
    Step.RETURN: "退回",
    Step.APPROVE_CANCEL: "核准註銷",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingOrder:
    """An order, or the wish to end one, with the data of its buttons; `days` is how long it waits.

    `figures` is what was paid, or what it came to; `back` and `after` are "" where there is none.
    """

    child: str
    what: str
    figures: str
    effect: str
    days: int
    is_cancellation: bool
    yes: str
    back: str
    after: str


def nothing() -> list[Json]:
    """Say that no order waits."""
    return plainly(NOTHING, "審核")


def card(one: WaitingOrder, page: str) -> Json:
    """Return an order as it is looked at."""
    waited = []
    if one.days:
        color = NO_TAP.strong if one.days >= LONG_WAIT else INK2
        waited = [text(f"等了 {one.days} 天", size="sm", color=color, margin="sm")]
    yes = sure("核准註銷" if one.is_cancellation else "核准", one.yes, flex=2)
    acts = [press("退回", one.back, flex=1)] if one.back else []
    after = [press("下一筆", one.after)] if one.after else []
    contents = [
        text(one.child, weight="bold"),
        text(one.what, margin="sm"),
        text(one.figures, size="sm", margin="sm"),
        text(one.effect, size="sm", color=INK2, margin="sm"),
        *waited,
        buttons(row([*acts, yes], spacing="sm"), *after, quiet("看全部", page)),
    ]
    title = "註銷待審" if one.is_cancellation else "簡訊待審"
    return bubble(contents, strip=strip_of(TEAL, title))


def next_one(one: WaitingOrder, page: str) -> list[Json]:
    """Return the one that is next."""
    return [offer(flex_message("待審的簡訊", card(one, page)), "審核", "說明")]


def still_unpaid(student: Student, yes: str, back: str) -> list[Json]:
    """Ask once before an order counts that nobody has paid."""
    question = f"{full_child_words(student)}還沒有登記繳費，仍要核准？"
    small = ["家長會看到還沒繳費，請到出納組繳費。"]
    return [ask_back("請確認核准", question, ("仍要核准", yes), ("返回", back), small)]


def approved(student: Student, effect: datetime, now: datetime) -> list[Json]:
    """Say that it is approved, and from when."""
    return [say(f"{full_child_words(student)}：已核准，{_moment(effect, now)}起生效。")]


def cancelled(student: Student, effect: datetime, now: datetime) -> list[Json]:
    """Say that it ends, and when."""
    return [say(f"{full_child_words(student)}：已核准註銷，{_moment(effect, now)}起不再發送。")]


def why(student: Student, what: str, data: Mapping[str, str], back: str) -> list[Json]:
    """Ask for the reason; the guardian reads it as it stands."""
    acts = [button(postback(REASONS[key], sealed)) for key, sealed in data.items()]
    contents = [
        text(f"{full_child_words(student)} {what}：退回原因？", weight="bold"),
        text(
            "家長會看到您選的原因；要寫別的原因，請到網頁退回。", size="sm", color=INK2, margin="sm"
        ),
        buttons(*acts),
        row([press("返回", back, flex=1)], margin="sm"),
    ]
    return [show("請選退回的原因", bubble(contents))]


def returned(student: Student, *, is_told: bool) -> list[Json]:
    """Say that it went back; a slip's sender has no LINE to hear of it."""
    told = QUEUED if is_told else "紙本回條的家長，請學校另外通知。"
    return [say(f"{full_child_words(student)}：已退回。{told}")]


def unpaid(count: int, page: str) -> list[Json]:
    """Tell the cashier how many orders have no payment noted."""
    fact = f"還沒登記繳費的簡訊訂購：{count} 筆" if count else "沒有等候登記繳費的簡訊訂購。"
    contents = [text(fact, weight="bold"), buttons(quiet("看訂購名單", page))]
    return [show(fact, bubble(contents), "說明")]


def counted(waits: Sequence[tuple[bool, int]]) -> list[str]:
    """Return 簡訊 6（最久 3 天） and 註銷 2, of what is a cancellation and its days."""
    parts = []
    for word, wanted in (("簡訊", False), ("註銷", True)):
        days = [one for is_cancellation, one in waits if is_cancellation is wanted]
        if days:
            longest = f"（最久 {max(days)} 天）" if max(days) else ""
            parts.append(f"{word} {len(days)}{longest}")
    return parts


def _moment(effect: datetime, now: datetime) -> str:
    day = school_day_of(effect)
    is_tomorrow = day == school_day_of(now) + timedelta(days=1)
    return "明天 00:30 " if is_tomorrow else short_date(day)
