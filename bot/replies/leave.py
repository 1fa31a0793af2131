"""請假 with a guardian: who, when, sure, done, and what can't be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.answer import Json
from bot.details import LeaveDetail
from bot.leave_words import LeaveWords
from bot.replies.confirm import ask_back, press, tell
from bot.replies.pages import Pages
from bot.replies.speech import offer, offer_acts, say, show, type_in
from core.attendance.leaves import AHEAD, GUARDIAN_SPAN, REASON_WORDS
from core.attendance.tables import LeaveReason
from core.kinds import DayPart
from core.languages.dates import span_of
from core.languages.speech import N_, _
from core.notices.flex import (
    INK2,
    box,
    bubble,
    buttons,
    call_school,
    quiet,
    row,
    text,
)
from core.notices.wording import LOCK_SCREEN_NAME, PART_WORDS, shown_number
from core.people.bindings import BoundChild

NONE_OPEN = N_("目前沒有可以取消的請假。")
DROPPED = N_("已取消，當天照常通知。")
UNCLEAR = N_("看不懂日期。請寫一天或一段日期，例如 11/24 或 11/24–11/26。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A leave as far as it was said. What is None was not."""

    child: BoundChild
    first: date | None = None
    last: date | None = None
    part: DayPart | None = None
    reason: LeaveReason | None = None

    def typed(self, *more: str) -> str:
        """Return the command that says the same, and more."""
        return " ".join(
            (_("請假"), self.child.given_name, *details_of(self), *(_(word) for word in more))
        )


def of_nobody(said: LeaveWords) -> str:
    """Return the command that says the same of no child yet."""
    return " ".join((_("請假"), *details_of(said)))


def details_of(draft: Draft | LeaveWords) -> list[str]:
    """Return the words for what is known besides the child."""
    words = []
    if draft.first and draft.last:
        end = f"–{_plain_day(draft.last)}" if draft.last != draft.first else ""
        words.append(f"{_plain_day(draft.first)}{end}")
    words += [_(PART_WORDS[draft.part])] if draft.part else []
    return words + ([_(REASON_WORDS[draft.reason])] if draft.reason else [])


def span_words(first: date, last: date, part: DayPart) -> str:
    """Return 11/24（二）全天 or 11/24（二）–11/26（四）全天."""
    return _("{days}{part}", days=span_of(first, last), part=_(PART_WORDS[part]))


def which_child(drafts: Sequence[Draft]) -> list[Json]:
    """Ask for which child, keeping what was said."""
    acts = [type_in(one.child.given_name, one.typed()) for one in drafts]
    return [offer_acts({"type": "text", "text": _("替哪位孩子請假？")}, acts)]


def which_day(
    draft: Draft, picker: str, today: date, pages: Pages, *, is_unclear: bool
) -> list[Json]:
    """Ask for the day; `picker` is the data that comes back with a picked date."""
    question = _("替{child}請假，哪一天？", child=draft.child.given_name)
    contents = [
        text(_(UNCLEAR) if is_unclear else question, weight="bold"),
        text(_("也可以一次打完，例如：請假 明天 上午 病假"), size="sm", color=INK2, margin="sm"),
        buttons(quiet(_("用網頁填寫"), pages.new_leave(draft.child.binding_id))),
    ]
    pick = {
        "type": "datetimepicker",
        "label": _("選日期"),
        "data": picker,
        "mode": "date",
        "initial": f"{today + timedelta(days=1)}",
        "min": f"{today}",
        "max": f"{today + AHEAD}",
    }
    acts = [type_in(_(word), draft.typed(word)) for word in (N_("今天"), N_("明天"))]
    return [offer_acts(show(_("請選擇請假的日期"), bubble(contents)), [*acts, pick])]


def is_it_right(child: BoundChild, leave: LeaveDetail, send: str, drop: str) -> list[Json]:
    """Ask once before a leave is sent."""
    slots = {"child": child.given_name, "when": span_words(leave.first, leave.last, leave.part)}
    message = ask_back(
        _("請確認{child}的請假", child=child.given_name[:LOCK_SCREEN_NAME]),
        _question(leave.reason, slots),
        (_("送出"), send),
        (_("返回"), drop),
        [_("事由只有學校看得到。")],
    )
    return [offer_acts(message, _changes(child, leave))]


def _question(reason: LeaveReason, slots: Mapping[str, str]) -> str:
    if reason is LeaveReason.OTHER:
        return _("替{child}請假：{when}。要送出嗎？", **slots)
    word = _(REASON_WORDS[reason])
    return _("替{child}請假：{when}，{reason}。要送出嗎？", reason=word, **slots)


def _changes(child: BoundChild, leave: LeaveDetail) -> list[Json]:
    """Return quick replies that say the same leave with one thing changed."""
    base = Draft(child=child, first=leave.first, last=leave.last)
    part = PART_WORDS[leave.part]
    reason = [] if leave.reason is LeaveReason.OTHER else [REASON_WORDS[leave.reason]]
    parts = [word for word in PART_WORDS.values() if word != part]
    reasons = [word for word in ("病假", "事假") if word not in reason]
    return [
        *(type_in(_(word), base.typed(word, *reason)) for word in parts),
        *(type_in(_(word), base.typed(part, word)) for word in reasons),
    ]


def sent(child: BoundChild, leave: LeaveDetail, drop: str, pages: Pages) -> list[Json]:
    """Say that the leave is filed and what follows from it."""
    slots = {"child": child.given_name, "when": span_words(leave.first, leave.last, leave.part)}
    told = _("其他已綁定的家長會收到通知，學校的名單上也看得到。")
    if leave.part is not DayPart.AFTERNOON:
        quietly = N_(
            "請假期間不會發「尚無刷卡紀錄」。其他已綁定的家長會收到通知，學校的名單上也看得到。"
        )
        told = _(quietly)
    message = tell(
        _("{child}的請假已登記", child=child.given_name[:LOCK_SCREEN_NAME]),
        _("已登記{child}請假：{when}。", **slots),
        told,
        acts=[quiet(_("看請假"), pages.leaves), press(_("取消請假"), drop)],
    )
    return [offer(message, "今天", "本週")]


def open_ones(rows: Sequence[tuple[BoundChild, str, str]], pages: Pages) -> list[Json]:
    """List the leaves that can be withdrawn: child, extent, data of the button."""
    lines = [
        row(
            [
                box(
                    [text(child.given_name, weight="bold"), text(when, size="sm", color=INK2)],
                    flex=3,
                ),
                press(_("取消請假"), data, flex=2),
            ],
            spacing="sm",
            margin="lg",
        )
        for child, when, data in rows
    ]
    contents = [
        text(_("要取消哪一筆？"), weight="bold"),
        *lines,
        buttons(quiet(_("看請假"), pages.leaves)),
    ]
    return [show(_("可以取消的請假"), bubble(contents), "今天", "請假")]


def none_open(pages: Pages, note: str) -> list[Json]:
    """Say that there is nothing to withdraw; `note` says why something seen can't be."""
    notes = [_(note)] if note else []
    message = tell(_(NONE_OPEN), _(NONE_OPEN), *notes, acts=[quiet(_("看請假"), pages.leaves)])
    return [offer(message, "今天", "請假")]


def drop_it(child: BoundChild, when: str, sure: str, keep: str, *, has_begun: bool) -> list[Json]:
    """Ask once before a leave is withdrawn."""
    question = _("要取消{child} {when}的請假嗎？", child=child.given_name, when=when)
    small = [_("已經過的日子不變。")] if has_begun else []
    alt = _("要取消{child}的請假嗎", child=child.given_name[:LOCK_SCREEN_NAME])
    return [ask_back(alt, question, (_("取消請假"), sure), (_("保留"), keep), small)]


def dropped() -> list[Json]:
    """Say that a leave is withdrawn."""
    return [say(_(DROPPED), "今天", "請假")]


def done_already() -> list[Json]:
    """Say that a button has done its work."""
    return [say(_("這件事已經處理好了，不需要再按。"), "今天", "請假")]


def too_late(child: BoundChild, closes_at: str) -> list[Json]:
    """Say until when today's leave is taken, and whom to call."""
    phone = shown_number(child.school_phone)
    if phone:
        said = _("今天的請假受理到 {time}，請直接聯絡學校：{phone}", time=closes_at, phone=phone)
    else:
        said = _("今天的請假受理到 {time}，請直接聯絡學校。", time=closes_at)
    return _refused(said, child)


def past(child: BoundChild) -> list[Json]:
    """Say that the day is over."""
    return _refused(_("日期已經過了，請洽導師補辦。"), child)


def no_school() -> list[Json]:
    """Say that nobody has to come that day."""
    return [say(_("這一天不上課，不用請假。"), "請假", "本週")]


def overlap(pages: Pages) -> list[Json]:
    """Say that there is a leave already."""
    said = _("這一天已經請假了。")
    return [offer(tell(said, said, acts=[quiet(_("看請假"), pages.leaves)]), "取消請假", "今天")]


def too_long() -> list[Json]:
    """Say how long a leave may be."""
    return [say(_("一次最多 {n} 天，更長的請假請洽導師。", n=GUARDIAN_SPAN), "請假")]


def too_far() -> list[Json]:
    """Say how far ahead a leave may lie."""
    return [say(_("最多提前 {n} 天請假。", n=AHEAD.days), "請假")]


def wrong_order() -> list[Json]:
    """Say that the span runs backwards."""
    return [say(_("結束的日期早於開始的日期，請重新輸入。"), "請假")]


def _refused(sentence: str, child: BoundChild) -> list[Json]:
    return [offer(tell(_("請假沒有登記"), sentence, acts=call_school(child.school_phone)), "今天")]


def _plain_day(day: date) -> str:
    return f"{day.month}/{day.day}"
