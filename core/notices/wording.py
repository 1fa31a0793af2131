"""Sentences of every notice, zh-TW. What stands on a lock screen is `alt_text`, never more."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise

from core.clock import taipei_clock
from core.kinds import EventKind, NoticeKind

WEEKDAYS = "一二三四五六日"
LOCK_SCREEN_NAME = 10
SLOT = re.compile(r"(\{\w+\})")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFacts:
    """What a notice may say. `school` is the short name; moments are aware, any zone.

    `link` is the LIFF address the notice opens: the child's page, or the account page for links.
    """

    child: str
    school: str
    school_phone: str
    school_day: date
    link: str
    gate: str = ""
    at: datetime | None = None
    arrived_at: datetime | None = None
    departed_at: datetime | None = None
    cutoff: time | None = None
    heartbeat: datetime | None = None
    notice_time: datetime | None = None
    is_earlier: bool = False
    occurrence: int = 1
    boxes: tuple[str, ...] = ()
    start: str = ""
    member: str = ""
    hotline: str = ""

    @property
    def is_first_seen_leaving(self) -> bool:
        """Tell whether a way out is all that is known of the child's day."""
        return self.departed_at is not None and self.arrived_at is None


BOX_WORDS = {
    EventKind.ARRIVAL: "到校",
    EventKind.DEPARTURE: "離校",
    EventKind.NO_SHOW: "未到校",
}

# Left of ∥ in the wording book: given name, time, word; no school, class or cause.
ALT_TEXTS = {
    "arrival": "{child} {time} 到校",
    "again_in": "{child} {time} 再次到校",
    "departure": "{child} {time} 離校",
    "no_show": "{child}截至 {cutoff} 尚無刷卡紀錄",
    "fixed_earlier": "{child}已於 {time} 到校",
    "fixed_later": "{child}已於 {time} 到校",
    "fixed_left": "{child} {time} 離校",
    "bound": "已完成{child}的綁定",
    "bound_other": "{child}有新的家長綁定",
    "link_new": "已連結台北通",
    "link_old": "這個 LINE 帳號的連結已變更",
}

# Each line is a list of wordings: the first one whose facts are all known is used.
LINES: dict[str, tuple[tuple[str, ...], ...]] = {
    "arrival": (("{child}",), ("到校 {time}",), ("{school}",)),
    "again_in": (("{child}",), ("再次到校 {time}",), ("{school}",)),
    "departure": (("{child}",), ("離校 {time}",), ("{school}",)),
    "no_show": (
        ("截至 {cutoff}，還沒有{child}的到校刷卡紀錄。",),
        (
            "校門刷卡機正常（{heartbeat} 有連線）；忘了帶卡或沒感應到，也會這樣。",
            "忘了帶卡或沒感應到，也會這樣。",
        ),
        ("不確定孩子在哪裡，請聯絡學校：{school_phone}", "不確定孩子在哪裡，請聯絡學校。"),
    ),
    "fixed_earlier": (
        ("{child}已於 {time} 到校，請放心。",),
        ("刷卡資料較晚傳到，{notice_time} 的「尚無刷卡紀錄」請不用理會。",),
    ),
    "fixed_later": (
        ("{child}已於 {time} 到校。",),
        ("{notice_time} 的「尚無刷卡紀錄」已更新。",),
    ),
    "fixed_left": (
        ("{child}已於 {time} 離校。",),
        ("{notice_time} 的「尚無刷卡紀錄」已更新。",),
    ),
    "bound": (
        ("已完成與{child}的綁定，{start}起開始通知。", "已完成與{child}的綁定，現在開始通知。"),
        ("已勾選：{boxes}", "還沒勾選任何通知。"),
    ),
    "bound_other": (
        ("{date}{time}，另一位家長完成與{child}的綁定。",),
        ("若您不知情，請聯絡學校：{school_phone}", "若您不知情，請聯絡學校。"),
    ),
    "link_new": (
        ("這個 LINE 帳號已連結台北通會員{member}，通知會送到這裡。",),
        ("若不是您本人操作，請按「解除連結」。",),
    ),
    "link_old": (
        ("{date}{time}，台北通會員{member}改用另一個 LINE 帳號，這裡不會再收到通知。",),
        ("若不是您本人操作，請撥 {hotline}。",),
    ),
}


def alt_text(kind: NoticeKind, facts: NoticeFacts) -> str:
    """Return the lock-screen text: at most 30 characters."""
    slots = _slots(facts) | {"child": facts.child[:LOCK_SCREEN_NAME].rstrip()}
    return fill(ALT_TEXTS[_variant(kind, facts)], slots)


def lines(kind: NoticeKind, facts: NoticeFacts) -> list[str]:
    """Return the body as sentences, one a line. Raises KeyError when a needed fact is missing."""
    slots = _slots(facts)
    return [_first_known(wordings, slots) for wordings in LINES[_variant(kind, facts)]]


def fill(template: str, slots: dict[str, str]) -> str:
    """Put values into `{slots}`, with a half space where their Latin edge meets a Han character.

    還沒有{child}的 gives 還沒有小明的 and 還沒有 Anna 的.
    """
    pieces = [piece for piece in SLOT.split(template) if piece]
    values = [slots[piece[1:-1]] if SLOT.fullmatch(piece) else piece for piece in pieces]
    kept = [value for value in values if value]
    if not kept:
        return ""
    return kept[0] + "".join(_joined(left, right) for left, right in pairwise(kept))


def _joined(left: str, right: str) -> str:
    edges = {_script(left[-1]), _script(right[0])}
    return f" {right}" if edges == {"han", "latin"} else right


def _script(character: str) -> str:
    if not character.isalnum():
        return "other"
    return "han" if unicodedata.east_asian_width(character) in "WF" else "latin"


def shown_number(number: str) -> str:
    """Return a telephone number as chat shows it: no line breaks inside; not for tel:."""
    return number.replace("-", "\N{NON-BREAKING HYPHEN}")


def short_date(day: date) -> str:
    """Return a date as chat shows it: 11/20（五）."""
    return f"{day.month}/{day.day}（{WEEKDAYS[day.weekday()]}）"


def place_line(facts: NoticeFacts) -> str:
    """Return the small print: 榕光國小・正門・11/20（五）."""
    return "・".join(
        part for part in (facts.school, facts.gate, short_date(facts.school_day)) if part
    )


def _variant(kind: NoticeKind, facts: NoticeFacts) -> str:
    if kind is NoticeKind.ARRIVAL and facts.occurrence > 1:
        return "again_in"
    if kind is NoticeKind.CORRECTION and facts.is_first_seen_leaving:
        return "fixed_left"
    if kind is NoticeKind.CORRECTION:
        return "fixed_earlier" if facts.is_earlier else "fixed_later"
    return kind.value


def _slots(facts: NoticeFacts) -> dict[str, str]:
    known = {
        "child": facts.child,
        "school": facts.school,
        "school_phone": shown_number(facts.school_phone),
        "date": short_date(facts.school_day),
        "time": taipei_clock(facts.at) if facts.at else "",
        "cutoff": f"{facts.cutoff:%H:%M}" if facts.cutoff else "",
        "heartbeat": taipei_clock(facts.heartbeat) if facts.heartbeat else "",
        "notice_time": taipei_clock(facts.notice_time) if facts.notice_time else "",
        "boxes": "、".join(facts.boxes),
        "start": facts.start,
        "member": facts.member,
        "hotline": shown_number(facts.hotline),
    }
    return {name: value for name, value in known.items() if value}


def _first_known(wordings: tuple[str, ...], slots: dict[str, str]) -> str:
    for wording in wordings[:-1]:
        if all(name[1:-1] in slots for name in SLOT.findall(wording)):
            return fill(wording, slots)
    return fill(wordings[-1], slots)
