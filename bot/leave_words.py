"""請假 小明 明天 發燒: what a typed leave says. Nothing here raises, and nothing here files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.commands import FOLDS
from bot.day_words import plain, read_days, read_part
from core.attendance.tables import LeaveReason
from core.kinds import DayPart

# What may stand before or around the facts, longest first.
COMMANDS = ("取消請假", "我要請假", "請假")
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
    days = read_days(_folded(text), today)
    part, rest = read_part(days.rest)
    for command in COMMANDS:
        rest = rest.replace(command, " ")
    child, rest = _child(rest, names)
    return LeaveWords(
        child=child,
        first=days.first,
        last=days.last,
        part=part,
        reason=read_reason(rest),
        is_unclear=days.is_unclear,
    )


def read_reason(text: str) -> LeaveReason | None:
    """Return the kind of reason a text gives, OTHER for words of its own, None for none."""
    for reason, words in REASONS.items():
        if any(word in text for word in words.split()):
            return reason
    return LeaveReason.OTHER if any(sign.isalpha() for sign in text) else None


def _folded(text: str) -> str:
    return plain(text).translate(FOLDS)


def _child(text: str, names: Sequence[Sequence[str]]) -> tuple[int | None, str]:
    folded, found = text.casefold(), set()
    known = [(_folded(name).casefold(), place) for place, own in enumerate(names) for name in own]
    # The longer name first: 明 is part of 小明, and 小明 of 王小明.
    for name, place in sorted(known, key=lambda one: -len(one[0])):
        if name and name in folded:
            found.add(place)
            folded = folded.replace(name, " ")
    only = found.pop() if len(found) == 1 else None
    return (0 if len(names) == 1 else only), folded
