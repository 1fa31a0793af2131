"""審核: what waits, and what an answer led to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.answer import Json
from bot.replies.confirm import press, sure
from bot.replies.speech import offer, say, show
from bot.replies.staff.make_ups import KINDS
from bot.replies.staff.words import QUEUED, full_child_words, plainly
from core.clock import school_day_of, taipei_clock
from core.gate.tables import RequestState
from core.kinds import Direction, MakeUpReason, MakeUpRefusal
from core.notices.flex import (
    INK2,
    NO_TAP,
    TEAL,
    bubble,
    button,
    buttons,
    carousels,
    flex_message,
    postback,
    quiet,
    row,
    strip_of,
    text,
)
from core.notices.wording import MAKE_UP_REASONS, short_date
from core.notices.wording import REFUSALS as WHY_NOT
from core.people.tables import Student

# From then on the age of a wait is shown in amber.
LONG_WAIT = 2
REFUSALS = {
    "on_leave": lambda: plainly("這位學生當天已請假，要先取消請假才能登記。", "審核"),
    "too_old": lambda: plainly("超過 7 天，不能再登記。請按「不登記」。", "審核"),
    "future": lambda: plainly("還沒到這個時間。", "審核"),
}
# What somebody did before.
GIVEN: dict[RequestState | None, str] = {
    RequestState.APPROVED: "登記",
    RequestState.REFUSED: "回覆不登記",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingGuardian:
    """A guardian who waits to be bound, with the data of both buttons; `days` is how long."""

    child: str
    guardian: str
    days: int
    approve: str
    decline: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedTap:
    """A tap a guardian asks for, beside the day's record, with the data of both buttons."""

    child: str
    what: str
    reason: MakeUpReason
    words: str
    record: str
    days: int
    enter: str
    refuse: str


def nothing() -> list[Json]:
    """Say that nothing waits."""
    return plainly("目前沒有待審的申請。")


def none_of(kind: str) -> list[Json]:
    """Say that nothing of one kind waits."""
    return plainly(f"沒有待審的{kind}。", "審核", "說明")


def closures_asked(count: int) -> list[str]:
    """Return how many closures wait for this person, beside the other counts."""
    return [f"停課等您確認 {count} 件（輸入「停課」）"] if count else []


def only_closures(count: int) -> list[Json]:
    """Say that closures alone wait, and how to see them."""
    return [say(f"待審：停課等您確認 {count} 件。請輸入「停課」核對。", "停課", "說明")]


def queue(
    guardians: Sequence[WaitingGuardian],
    taps: Sequence[AskedTap],
    pages: tuple[str, str],
) -> list[Json]:
    """Return the cards; `pages` are those of bindings and of make-ups."""
    cards = [_guardian(one, pages[0]) for one in guardians] + [_tap(one, pages[1]) for one in taps]
    made = [flex_message("待審的申請", one) for one in carousels(cards)]
    return [*made[:-1], offer(made[-1], "審核", "說明")]


def with_counts(counts: Sequence[str], messages: Sequence[Json]) -> list[Json]:
    """Return how many wait, and those that are shown."""
    return [say(f"待審：{'、'.join(counts)}"), *messages]


def entered(student: Student, what: str) -> list[Json]:
    """Say that it is entered."""
    return [say(f"已登記：{full_child_words(student)} {what}（補登）。{QUEUED}")]


def why_not(
    student: Student, what: str, data: Mapping[MakeUpRefusal, str], back: str
) -> list[Json]:
    """Ask for the reason; the guardian reads it as it stands."""
    acts = [button(postback(WHY_NOT[why], sealed)) for why, sealed in data.items()]
    contents = [
        text(f"{full_child_words(student)} {what}：不登記的原因？", weight="bold"),
        text("家長會看到您選的原因。", size="sm", color=INK2, margin="sm"),
        buttons(*acts),
        row([press("返回", back, flex=1)], margin="sm"),
    ]
    return [show("請選不登記的原因", bubble(contents))]


def refused(student: Student, what: str) -> list[Json]:
    """Say that it is not entered."""
    return [say(f"沒有登記：{full_child_words(student)} {what}。{QUEUED}")]


def tap_words(direction: Direction, at: datetime) -> str:
    """Return 11/23（一）到校 07:50."""
    return f"{short_date(school_day_of(at))}{KINDS[direction]} {taipei_clock(at)}"


def _guardian(one: WaitingGuardian, page: str) -> Json:
    acts = row(
        [press("退回", one.decline, flex=1), sure("核准", one.approve, flex=2)], spacing="sm"
    )
    contents = [
        text(one.child, weight="bold"),
        text(f"家長 {one.guardian}", size="sm", color=INK2, margin="sm"),
        *_waited(one.days),
        buttons(acts, quiet("看全部", page)),
    ]
    return bubble(contents, strip=strip_of(TEAL, "綁定待審"))


def _tap(one: AskedTap, page: str) -> Json:
    acts = row([press("不登記", one.refuse, flex=1), sure("登記", one.enter, flex=2)], spacing="sm")
    why = MAKE_UP_REASONS[one.reason]
    contents = [
        text(one.child, weight="bold"),
        text(one.what, margin="sm"),
        text(f"原因：{why}{f'：{one.words}' if one.words else ''}", size="sm", margin="sm"),
        text(f"目前紀錄：{one.record}", size="sm", color=INK2, margin="sm"),
        *_waited(one.days),
        buttons(acts, quiet("看全部", page)),
    ]
    return bubble(contents, strip=strip_of(TEAL, "補登待審"))


def _waited(days: int) -> list[Json]:
    if not days:
        return []
    color = NO_TAP.strong if days >= LONG_WAIT else INK2
    return [text(f"等了 {days} 天", size="sm", color=color, margin="sm")]
