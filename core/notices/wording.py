"""Sentences of every notice, zh-TW. What stands on a lock screen is `alt_text`, never more."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise

from core.clock import TAIPEI, taipei_clock
from core.kinds import DayPart, EventKind, NoticeKind
from core.notices.phrases import ALT_TEXTS, LINES, ON_DEMAND

WEEKDAYS = "一二三四五六日"
PART_WORDS = {DayPart.WHOLE: "全天", DayPart.MORNING: "上午", DayPart.AFTERNOON: "下午"}
LOCK_SCREEN_NAME = 10
SLOT = re.compile(r"(\{\w+\})")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFacts:
    """What a notice may say to a guardian. `school` is the short name; moments are aware, any zone.

    `link` is the LIFF address the notice opens: the child's page, the account page for links, ""
    for closures. A correction quotes `notice_time`; staff saw the child (`is_teacher`, at
    `recorded`), or a leave explains it (`is_excused`), or else it passed the gate. A make-up tap
    has `recorded`, and `reason` in the school's words. `now` is the record as it stands after one
    is undone. `part` is 全天, 上午, 下午 or what follows the first day of a span. `who` withdrew a
    leave. `source` announced a closure at `source_time`.
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
    is_make_up: bool = False
    is_teacher: bool = False
    is_excused: bool = False
    recorded: datetime | None = None
    reason: str = ""
    now: str = ""
    part: str = ""
    who: str = ""
    source: str = ""
    source_time: datetime | None = None

    @property
    def leave_link(self) -> str:
        """Return the leave page of the child whose page `link` is."""
        return self.link.replace("/children/", "/leaves?child=")

    @property
    def is_first_seen_leaving(self) -> bool:
        """Tell whether a way out is all that is known of the child's day."""
        return self.departed_at is not None and self.arrived_at is None


BOX_WORDS = {
    EventKind.ARRIVAL: "到校",
    EventKind.DEPARTURE: "離校",
    EventKind.NO_SHOW: "未到校",
}


def alt_text(kind: NoticeKind, facts: NoticeFacts) -> str:
    """Return the lock-screen text: at most 30 characters."""
    slots = _slots(kind, facts) | {"child": facts.child[:LOCK_SCREEN_NAME].rstrip()}
    return fill(ALT_TEXTS[_variant(kind, facts)], slots)


def lines(kind: NoticeKind, facts: NoticeFacts) -> list[str]:
    """Return the body as sentences, one a line. Raises KeyError when a needed fact is missing."""
    slots = _slots(kind, facts)
    return [first_known(wordings, slots) for wordings in LINES[_variant(kind, facts)]]


def on_demand_line(kinds: Collection[NoticeKind], until: date) -> str:
    """Return what a guardian is told while these kinds wait to be asked for, "" for none.

    `until` is the last date it is so.
    """
    if not kinds:
        return ""
    key = NoticeKind.ARRIVAL if NoticeKind.ARRIVAL in kinds else NoticeKind.DEPARTURE
    return fill(ON_DEMAND[key], {"until": short_date(until)})


def first_known(wordings: tuple[str, ...], slots: dict[str, str]) -> str:
    """Fill the first wording whose slots are all known, or else the last.

    Raises KeyError when the last one lacks a slot too.
    """
    for wording in wordings[:-1]:
        if all(name[1:-1] in slots for name in SLOT.findall(wording)):
            return fill(wording, slots)
    return fill(wordings[-1], slots)


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


def is_han(character: str) -> bool:
    """Tell whether a half space parts this character from a Latin one."""
    return _script(character) == "han"


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


def short_moment(moment: datetime) -> str:
    """Return a Taipei date and time as chat quotes them: 11/23 20:05."""
    local = moment.astimezone(TAIPEI)
    return f"{local.month}/{local.day} {local:%H:%M}"


def place_line(facts: NoticeFacts) -> str:
    """Return the small print: 榕光國小・正門・11/20（五）."""
    return "・".join(
        part for part in (facts.school, facts.gate, short_date(facts.school_day)) if part
    )


def _variant(kind: NoticeKind, facts: NoticeFacts) -> str:
    if kind in (NoticeKind.ARRIVAL, NoticeKind.DEPARTURE) and facts.is_make_up:
        return "makeup"
    if kind is NoticeKind.ARRIVAL and facts.occurrence > 1:
        return "again_in"
    if kind is NoticeKind.NO_SHOW and facts.is_teacher:
        return "no_show_teacher"
    return _corrected_by(facts) if kind is NoticeKind.CORRECTION else kind.value


def _corrected_by(facts: NoticeFacts) -> str:
    if facts.is_teacher:
        return "fixed_teacher"
    if facts.is_excused:
        return "fixed_leave"
    if facts.is_first_seen_leaving:
        return "fixed_left"
    return "fixed_earlier" if facts.is_earlier else "fixed_later"


def _word(kind: NoticeKind, facts: NoticeFacts) -> str:
    if kind is NoticeKind.DEPARTURE or facts.is_first_seen_leaving:
        return "離校"
    return "再次到校" if facts.occurrence > 1 else "到校"


def _slots(kind: NoticeKind, facts: NoticeFacts) -> dict[str, str]:
    known = {
        "kind": _word(kind, facts),
        "child": facts.child,
        "school": facts.school,
        "school_phone": shown_number(facts.school_phone),
        "date": short_date(facts.school_day),
        "time": _clock(facts.at),
        "cutoff": f"{facts.cutoff:%H:%M}" if facts.cutoff else "",
        "heartbeat": _clock(facts.heartbeat),
        "notice_time": _clock(facts.notice_time),
        "recorded": _clock(facts.recorded),
        "boxes": "、".join(facts.boxes),
        "start": facts.start,
        "member": facts.member,
        "hotline": shown_number(facts.hotline),
        "reason": facts.reason,
        "now": facts.now,
        "part": facts.part,
        "who": facts.who,
        "source": facts.source,
        "source_time": short_moment(facts.source_time) if facts.source_time else "",
    }
    return {name: value for name, value in known.items() if value}


def _clock(moment: datetime | None) -> str:
    return taipei_clock(moment) if moment else ""
