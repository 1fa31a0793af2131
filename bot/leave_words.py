"""請假 小明 明天 發燒: what a typed leave says. Nothing here raises, and nothing here files."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.day_words import plain, read_days, read_part
from bot.sentences import FOLDS
from core.attendance.tables import LeaveReason
from core.kinds import DayPart
from core.languages.language import SOURCE
from core.languages.speech import spoken, translate

# What may stand before or around the facts, longest first.
COMMANDS = ("取消請假", "我要請假", "請假")
# What the buttons of a leave type into the chat.
TYPED = (
    *("請假", "取消請假", "今天", "明天", "全天", "上午", "下午"),
    *("病假", "事假", "喪假", "公假", "其他"),
)
REASONS = {
    LeaveReason.SICK: (
        "病假 發燒 生病 感冒 流感 腸病毒 不舒服 看醫生 看病 住院 門診 回診 咳嗽 頭痛 肚子痛 嘔吐"
    ),
    LeaveReason.PERSONAL: "事假",
    LeaveReason.BEREAVEMENT: "喪假 奔喪",
    LeaveReason.OFFICIAL: "公假",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveWords:
    """What was understood; None is not said. `child` is a place in the names that were given.

    `is_unclear`: days are named that are no one span.
    """

    child: int | None
    first: date | None
    last: date | None
    part: DayPart | None
    reason: LeaveReason | None
    is_unclear: bool


def read_leave(text: str, names: Sequence[Sequence[str]], today: date) -> LeaveWords:
    """Return what a text says; of several children named none is chosen.

    `names` holds what each child may be called. An only child need not be named.
    """
    days = read_days(folded(in_source(text)), today)
    part, rest = read_part(days.rest)
    for command in COMMANDS:
        rest = rest.replace(command, " ")
    child, rest = find_child(rest, names)
    return LeaveWords(
        child=child,
        first=days.first,
        last=days.last,
        part=part,
        reason=read_reason(rest),
        is_unclear=days.is_unclear,
    )


def with_more(known: LeaveWords, more: LeaveWords) -> LeaveWords | None:
    """Return what is known after somebody said more, None where it says nothing of a leave.

    Words of no known meaning are no reason here: they were no answer.
    """
    reason = None if more.reason is LeaveReason.OTHER else more.reason
    is_child = known.child is None and more.child is not None
    if not (is_child or more.first or more.is_unclear or more.part or reason):
        return None
    return LeaveWords(
        child=known.child if more.child is None else more.child,
        first=more.first or known.first,
        last=more.last or known.last,
        part=more.part or known.part,
        reason=reason or known.reason,
        is_unclear=more.is_unclear,
    )


def in_source(text: str, typed: Sequence[str] = TYPED) -> str:
    """Return a text with the words our buttons type in the language spoken, in Chinese."""
    if spoken() is SOURCE:
        return text
    named = {translate(word).casefold(): word for word in typed}
    # The longer first: one may be the beginning of another. Latin words end where letters end.
    longest = "|".join(re.escape(word) for word in sorted(named, key=len, reverse=True))
    edges = longest if spoken().is_han else rf"(?<!\w)(?:{longest})(?!\w)"
    return re.sub(edges, lambda found: f" {named[found[0].casefold()]} ", text, flags=re.IGNORECASE)


def read_reason(text: str) -> LeaveReason | None:
    """Return the kind of reason a text gives, OTHER for words of its own, None for none."""
    for reason, words in REASONS.items():
        if any(word in text for word in words.split()):
            return reason
    return LeaveReason.OTHER if any(sign.isalpha() for sign in text) else None


def folded(text: str) -> str:
    """Return a text half width, in the signs our words are written in."""
    return plain(text).translate(FOLDS)


def find_child(text: str, names: Sequence[Sequence[str]]) -> tuple[int | None, str]:
    """Return the place of the one child a text names, an only child's anyway, and the rest.

    A name that several have names none of them.
    """
    rest, found, known = text.casefold(), set[int](), defaultdict[str, set[int]](set)
    for place, own in enumerate(names):
        for name in own:
            known[folded(name).casefold()].add(place)
    # The longer name first: 明 is part of 小明, and 小明 of 王小明.
    for name in sorted(known, key=len, reverse=True):
        if name and name in rest:
            found |= known[name]
            rest = rest.replace(name, " ")
    only = found.pop() if len(found) == 1 else None
    return (0 if len(names) == 1 else only), rest
