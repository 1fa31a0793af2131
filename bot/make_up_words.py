"""補登 小明 07:50 忘帶卡: what a guardian's line says. Nothing here raises or asks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import TypeVar

from bot.day_words import CLOCK, SPAN, in_24_hours, read_clock, read_gone_days
from bot.leave_words import find_child, folded, in_source
from core.kinds import Direction, MakeUpReason

T = TypeVar("T")
DIRECTIONS = {Direction.OUT: ("離校", "放學"), Direction.IN: ("到校", "上學")}
REASONS = {
    MakeUpReason.READER: ("刷卡機",),
    MakeUpReason.LOST: ("遺失", "不見", "掉了", "弄丟"),
    MakeUpReason.FAULTY: ("故障", "壞"),
    MakeUpReason.FORGOTTEN: ("忘", "沒帶卡", "沒刷", "補刷"),
}
# What the buttons of a make-up type into the chat.
TYPED = ("補登申請", "到校", "離校", "忘帶卡", "卡片遺失", "卡片故障", "刷卡機故障")
# 7點50分, 0750 and 7:50 are one time of day; a date has other marks.
HOURS = re.compile(r"(?<![0-9])([0-9]{1,2})點(?:([0-9]{1,2})分?|(半))?")
JOINED = re.compile(r"(?<![0-9:/])([0-2][0-9])([0-5][0-9])(?![0-9:/年月])")
# All ways to write a day or a time of it.
TIMES = (SPAN, HOURS, JOINED, CLOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeUpWords:
    """What was understood; None is not said. `child` is a place in the names that were given."""

    child: int | None
    day: date | None
    clock: time | None
    direction: Direction | None
    reason: MakeUpReason | None
    is_unclear: bool


def read_make_up(text: str, names: Sequence[Sequence[str]], today: date) -> MakeUpWords:
    """Return what a text says; an only child need not be named."""
    plain = in_24_hours(HOURS.sub(_clock_of, folded(in_source(text, TYPED))))
    days = read_gone_days(plain, today)
    clock, rest = read_clock(JOINED.sub(r"\1:\2", days.rest))
    child, rest = find_child(rest, names)
    return MakeUpWords(
        child=child,
        day=days.first,
        clock=clock,
        direction=_first(DIRECTIONS, rest),
        reason=_first(REASONS, rest),
        is_unclear=days.is_unclear or days.first != days.last,
    )


def with_more(known: MakeUpWords, more: MakeUpWords) -> MakeUpWords | None:
    """Return what is known after somebody said more, None where it says nothing of a make-up."""
    is_child = known.child is None and more.child is not None
    if not (is_child or more.day or more.is_unclear or more.clock or more.direction or more.reason):
        return None
    return MakeUpWords(
        child=known.child if more.child is None else more.child,
        day=more.day or known.day,
        clock=more.clock or known.clock,
        direction=more.direction or known.direction,
        reason=more.reason or known.reason,
        is_unclear=more.is_unclear,
    )


def _clock_of(found: "re.Match[str]") -> str:
    minute = "30" if found[3] else (found[2] or "0").zfill(2)
    return f" {found[1]}:{minute} "


def _first(words: Mapping[T, tuple[str, ...]], text: str) -> T | None:
    return next((one for one, known in words.items() if any(w in text for w in known)), None)
