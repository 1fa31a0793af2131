"""停課: how to propose one, the preview, what waits for the second person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.answer import Json
from bot.details import LONGEST_SOURCE, ClosureDetail
from bot.replies.confirm import press, sure, tell
from bot.replies.speech import offer_acts, show, type_in
from bot.replies.staff import words
from core.calendar.closures import GOOD_FOR, ClosureState
from core.calendar.scopes import Coverage
from core.clock import school_day_of
from core.kinds import DayPart
from core.notices.flex import (
    INK2,
    TEAL,
    box,
    bubble,
    buttons,
    quiet,
    row,
    strip_of,
    text,
)
from core.notices.wording import PART_WORDS, short_date, short_moment

STATES = {
    ClosureState.FOUND: "收到的停課消息，尚未採用",
    ClosureState.PROPOSED: "等第二人確認",
    ClosureState.UNDO_PROPOSED: "等第二人確認復原",
}
MOST = 8
MINUTES = int(GOOD_FOR.total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A closure that waits for an answer, and its page. `is_own`: somebody else must answer."""

    summary: str
    state: ClosureState
    page: str
    is_own: bool


def overview(
    waiting: Sequence[Waiting], page: str, now: datetime, *, is_of_bureau: bool
) -> list[Json]:
    """Return what waits for an answer, each with its page, and how to propose another."""
    asked = [_waiting(one) for one in waiting[:MOST]]
    scope = (
        "要寫範圍：全市、行政區、級別或校名。" if is_of_bureau else "只停一個年級時加上：6年級。"
    )
    contents = [
        *asked,
        text("發起停課", weight="bold", **({"margin": "xl"} if asked else {})),
        text(
            "依序寫：日期、全天／上午／下午、依據和公布時間。", size="sm", color=INK2, margin="sm"
        ),
        text(scope, size="sm", color=INK2, margin="sm"),
        text(f"例如：{_sample(now)}", size="sm", color=INK2, margin="sm"),
        buttons(quiet("用網頁填寫", page)),
    ]
    acts = [type_in(f"停課 {day}", f"停課 {day}") for day in ("今天", "明天")]
    alt = "停課等第二人確認" if asked else "停課"
    return [offer_acts(show(alt, bubble(contents)), [*acts, type_in("復原停課", "復原停課")])]


def which_day(now: datetime) -> list[Json]:
    """Ask for one day."""
    acts = [type_in(day, f"停課 {day}") for day in ("今天", "明天")]
    sentence = f"停課要寫一個日期，例如：{_sample(now)}"
    return [offer_acts({"type": "text", "text": sentence}, acts)]


def which_scope() -> list[Json]:
    """Ask whom it is for."""
    return words.plainly("請加上範圍：全市、行政區（中正區）、級別（國小）或校名。", "停課")


def which_source(
    day: date, part: DayPart | None, scope: Sequence[str], now: datetime
) -> list[Json]:
    """Ask who announced it and when, offering the parts of the day on the way."""
    plain = f"{day.month}/{day.day}"
    head = " ".join(["停課", plain, PART_WORDS[part or DayPart.WHOLE], *scope])
    sentence = f"請加上依據和公布時間，例如：\n{head} {_announced(now)}"
    acts = [
        type_in(f"{plain} {word}", " ".join(["停課", plain, word, *scope]))
        for word in PART_WORDS.values()
        if part is None
    ]
    return [offer_acts({"type": "text", "text": sentence}, acts or [type_in("說明", "說明")])]


def no_source(day: date, part: DayPart | None, scope: Sequence[str], now: datetime) -> list[Json]:
    """Say what a source is: 學校 alone names the scope."""
    head = " ".join(["停課", f"{day.month}/{day.day}", PART_WORDS[part or DayPart.WHOLE], *scope])
    sentence = f"依據要寫公布的單位，例如「臺北市政府」「教育局」；只寫「學校」是範圍：\n{head} "
    return words.plainly(f"{sentence}{_announced(now)}", "停課")


def preview(
    closure: ClosureDetail, label: str, coverage: Coverage, send: str, back: str
) -> list[Json]:
    """Return what would be proposed, with its numbers."""
    what = f"{label}，{short_date(closure.day)}{PART_WORDS[closure.part]}"
    contents = [
        text(f"{coverage.schools:,} 校、{coverage.students:,} 人", weight="bold"),
        text(what, margin="sm"),
        text("停發通知，已請假不變。", margin="sm"),
        text(
            f"依據：{closure.source} {short_moment(closure.source_at)} 公布",
            size="sm",
            color=INK2,
            margin="md",
        ),
        buttons(sure("送出，請第二人確認", send), press("返回", back)),
    ]
    strip = strip_of(TEAL, "預覽・尚未送出")
    return [show("停課預覽，尚未送出", bubble(contents, strip=strip))]


def asked() -> list[Json]:
    """Say that the second person is asked."""
    return words.plainly(f"已送出，等第二人確認，{MINUTES} 分鐘內有效。", "停課")


def asked_nobody(page: str, fact: str, next_step: str) -> list[Json]:
    """Say that nobody could be asked, and how there comes to be a second person."""
    small = f"{next_step}{MINUTES} 分鐘內有效，逾時要重新送出。"
    return [tell("沒有第二位可以確認", fact, small, acts=[quiet("看停課", page)])]


def closed(found: Sequence[tuple[str, str]], page: str) -> list[Json]:
    """Return the closures in force, each with the button that undoes it."""
    if not found:
        return words.plainly("目前沒有生效中的停課。", "停課")
    lines = [
        row(
            [text(summary, flex=3), press("復原", data, flex=2)],
            spacing="sm",
            margin="md",
        )
        for summary, data in found[:MOST]
    ]
    contents = [text("生效中的停課", weight="bold"), *lines, buttons(quiet("看全部", page))]
    return [show("生效中的停課", bubble(contents), "停課", "說明")]


def undo_it(day: date, coverage: Coverage, yes: str, back: str) -> list[Json]:
    """Ask once before the undoing is proposed."""
    contents = [
        text(f"復原 {short_date(day)}停課？", weight="bold"),
        text(
            f"{coverage.schools:,} 校恢復通知，已收到停課通知的家長會收到「照常上課」，"
            "當天另有停課的除外。",
            size="sm",
            color=INK2,
            margin="sm",
        ),
        buttons(sure("送出，請第二人確認", yes), press("返回", back)),
    ]
    return [show("請確認復原停課", bubble(contents))]


def too_long() -> list[Json]:
    """Say how long the source may be in chat."""
    return words.plainly(f"依據最多 {LONGEST_SOURCE} 個字，更長的請用網頁填寫。", "停課")


def _waiting(one: Waiting) -> Json:
    labels = ["核對"] if one.state is ClosureState.FOUND else ["確認", "退回"]
    labels = ["看停課"] if one.is_own else labels
    acts = row([quiet(label, one.page) | {"flex": 1} for label in labels], spacing="sm")
    lines = [
        text(one.summary, weight="bold"),
        text(STATES[one.state], size="sm", color=INK2, margin="sm"),
        box([acts], margin="md"),
    ]
    return box(lines, margin="lg")


def _sample(now: datetime) -> str:
    tomorrow = school_day_of(now) + timedelta(days=1)
    return f"停課 {tomorrow.month}/{tomorrow.day} 全天 {_announced(now)}"


def _announced(now: datetime) -> str:
    return f"臺北市政府 {short_moment(now)} 公布"
