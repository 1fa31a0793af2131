"""What staff type: a verb, and what it is about. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.commands import FOLDS
from core.people.staff import RUNNERS
from core.people.tables import Staff, StaffRole


class StaffVerb(StrEnum):
    """What staff can ask for; the value is the word they type."""

    TODAY = "今日"
    MISSING = "未到"
    MAKE_UP = "補登"
    MAKE_UP_UNDO = "更正補登"
    LEAVE = "請假"
    LEAVE_DROP = "取消請假"
    RELEASE = "放行"
    CANCEL = "取消"
    CLOSE = "停課"
    REOPEN = "復原停課"
    READERS = "刷卡機"
    REPORT = "報表"
    STATUS = "服務狀態"
    HELP = "說明"


@dataclass(frozen=True, slots=True)
class StaffAsk:
    """A verb and the words after it, half width."""

    verb: StaffVerb
    words: str = ""


# Only staff say these, whatever follows.
STAFF_ONLY = frozenset(
    {
        StaffVerb.MISSING,
        StaffVerb.MAKE_UP_UNDO,
        StaffVerb.RELEASE,
        StaffVerb.CANCEL,
        StaffVerb.CLOSE,
        StaffVerb.REOPEN,
        StaffVerb.READERS,
        StaffVerb.REPORT,
    }
)
# About one child, who stands first by its number.
ABOUT_CHILD = frozenset(
    {StaffVerb.MAKE_UP, StaffVerb.MAKE_UP_UNDO, StaffVerb.LEAVE, StaffVerb.LEAVE_DROP}
)
# What a role may ask for, in the order in which it is told.
OF_CLASS = (
    StaffVerb.TODAY,
    StaffVerb.MISSING,
    StaffVerb.MAKE_UP,
    StaffVerb.MAKE_UP_UNDO,
    StaffVerb.LEAVE,
    StaffVerb.LEAVE_DROP,
)
OF_CLOSING = (StaffVerb.CLOSE, StaffVerb.REOPEN)
OF_SCHOOL = (StaffVerb.RELEASE, StaffVerb.CANCEL, *OF_CLOSING, StaffVerb.READERS, StaffVerb.REPORT)
OF_ALL = (StaffVerb.STATUS, StaffVerb.HELP)
# A number may name its year of entry, where two children share it: 115:10723456.
NUMBER = re.compile(r"(?:(?P<year>[0-9]{2,3}):)?(?P<number>[0-9A-Z]{1,20})", re.ASCII)
OTHER_WORDS = {"今天": StaffVerb.TODAY, "今日名單": StaffVerb.TODAY, "更多": StaffVerb.HELP}
# What may follow; most words stand alone: 未到校 and 放行嗎 are none of these.
SHAPES = {
    StaffVerb.TODAY: re.compile(r"|[0-9A-Z].{0,12}"),
    StaffVerb.MISSING: re.compile(r"|[0-9]{1,2}(?:\s*年級)?"),
    **dict.fromkeys(ABOUT_CHILD | {StaffVerb.CLOSE}, re.compile(r".*")),
}
ALONE = re.compile("")
# 下週, 11/24, 07:50 begin with a digit or stand for a day; a number has four signs of its own kind.
SHORTEST_NUMBER = 4


@dataclass(frozen=True, slots=True)
class NumberWords:
    """A student number as typed; `year` is the school year of entry."""

    number: str
    year: int | None


def allowed(roles: Sequence[Staff]) -> list[StaffVerb]:
    """Return what somebody with these roles may ask for; the data asked for has its own check."""
    held = {StaffRole(role.role) for role in roles}
    verbs: list[StaffVerb] = []
    if held & {StaffRole.HOMEROOM_TEACHER, *RUNNERS}:
        verbs += OF_CLASS
    if held & RUNNERS:
        verbs += OF_SCHOOL
    elif StaffRole.BUREAU_ADMIN in held:
        verbs += OF_CLOSING
    return [*verbs, *OF_ALL] if held else []


def read_staff(text: str) -> StaffAsk | None:
    """Return what staff may mean by a text, or None."""
    line = " ".join(unicodedata.normalize("NFKC", text).split()).removeprefix("/").strip()
    folded = line.translate(FOLDS)
    words = {verb.value: verb for verb in StaffVerb} | OTHER_WORDS
    for word in sorted(words, key=len, reverse=True):
        rest = line[len(word) :].strip()
        shape = SHAPES.get(words[word], ALONE)
        if folded.startswith(word) and shape.fullmatch(rest.upper()):
            return StaffAsk(words[word], rest)
    return None


def names_number(ask: StaffAsk) -> bool:
    """Tell whether a child's number stands first, as no parent would write it."""
    first = ask.words.split(" ")[0].upper() if ask.words else ""
    found = NUMBER.fullmatch(first)
    return bool(found and len(found["number"]) >= SHORTEST_NUMBER)


def read_number(words: str) -> tuple[NumberWords | None, str]:
    """Return the student number that stands first, and the words after it."""
    first, _, rest = words.partition(" ")
    found = NUMBER.fullmatch(first.upper())
    if found is None:
        return None, rest
    return NumberWords(found["number"], int(found["year"]) if found["year"] else None), rest
