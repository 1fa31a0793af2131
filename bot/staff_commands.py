"""What staff type: a verb, and what it is about. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.sentences import FOLDS
from core.people.staff import CASHIERS, RUNNERS
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
    LOOK_UP = "查"
    SEND = "發送"
    ROSTER = "名冊"
    INVITE = "邀請"
    REVOKE = "撤銷"
    AUDIT = "稽核"
    CODES = "綁定碼"
    QUEUE = "審核"
    OPEN = "開放"
    SEAL = "封存"
    UNBIND = "解除綁定"
    STATUS = "服務狀態"
    HELP = "說明"


@dataclass(frozen=True, slots=True)
class StaffAsk:
    """A verb and the words after it, half width; `typed` is the word that stood for the verb."""

    verb: StaffVerb
    words: str = ""
    typed: str = field(default="", compare=False)


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
        StaffVerb.QUEUE,
        StaffVerb.SEND,
        StaffVerb.ROSTER,
        StaffVerb.INVITE,
        StaffVerb.REVOKE,
        StaffVerb.AUDIT,
    }
)
# About one child, who stands first by its number.
ABOUT_CHILD = frozenset(
    {
        StaffVerb.MAKE_UP,
        StaffVerb.MAKE_UP_UNDO,
        StaffVerb.LEAVE,
        StaffVerb.LEAVE_DROP,
        StaffVerb.LOOK_UP,
        StaffVerb.OPEN,
        StaffVerb.SEAL,
        StaffVerb.UNBIND,
    }
)
# What a role may ask for, in the order in which it is told.
OF_CLASS = (
    StaffVerb.TODAY,
    StaffVerb.MISSING,
    StaffVerb.MAKE_UP,
    StaffVerb.MAKE_UP_UNDO,
    StaffVerb.LEAVE,
    StaffVerb.LEAVE_DROP,
    StaffVerb.LOOK_UP,
    StaffVerb.SEND,
    StaffVerb.QUEUE,
    StaffVerb.CODES,
)
OF_BINDING = (StaffVerb.OPEN, StaffVerb.SEAL, StaffVerb.UNBIND)
OF_CLOSING = (StaffVerb.CLOSE, StaffVerb.REOPEN)
OF_MANAGING = (StaffVerb.ROSTER, StaffVerb.INVITE, StaffVerb.REVOKE, StaffVerb.AUDIT)
OF_BUREAU = (*OF_CLOSING, StaffVerb.SEND, StaffVerb.INVITE, StaffVerb.REVOKE, StaffVerb.AUDIT)
OF_SCHOOL = (
    StaffVerb.RELEASE,
    StaffVerb.CANCEL,
    *OF_CLOSING,
    StaffVerb.READERS,
    StaffVerb.REPORT,
    *OF_BINDING,
)
OF_ALL = (StaffVerb.STATUS, StaffVerb.HELP)
# A number may name its year of entry, where two children share it: 115:10723456.
NUMBER = re.compile(r"(?:(?P<year>[0-9]{2,3}):)?(?P<number>[0-9A-Z]{1,20})", re.ASCII)
# As the lists of the chat name a child: 603 12, 603班12號.
SEAT = re.compile(
    r"(?P<homeroom>[\w-]{1,10}?)(?:\s*班\s*|\s+)(?P<seat>[0-9]{1,2})\s*號?(?:\s+(?P<rest>.*))?"
)
# No parent writes so of the own child: three digits, or a class's number before 班; and neither
# 安親班 12 月 nor the date 115 11 24.
PLAIN_SEAT = re.compile(
    r"(?:[0-9]{3}\s*班?\s*|\w*[0-9一二三四五六七八九年][\w-]*班\s*)(?<=[班\s])[0-9]{1,2}"
    r"(?:\s*號)?(?!\s*[月日天點]|\s+[0-9]{1,2}(?:\s|$))(?:\s.*)?"
)
# As a teacher asks a colleague.
WHO_IS_MISSING = (
    *("誰還沒到", "誰沒到", "誰還沒來", "誰沒來", "誰還沒刷", "誰沒刷"),
    *("還有誰沒到", "還有誰沒來", "還有誰沒刷", "有誰沒到", "有誰沒來", "有誰沒刷"),
    *("未到名單", "未到校名單", "缺席名單", "點名"),
)
WHO_IS_ON_LEAVE = ("誰請假", "有誰請假", "請假名單")
# 今天誰沒來, 我們班有誰請假: the list is of today, and of the own class where there is one.
BEFORE_WHO = re.compile("^(?:今天|班上|我們班|我班)+(?=有?誰|.{0,3}名單)")
# 603 12 請假: the child first, as one writes on a list.
SEAT_FIRST = re.compile(
    r"^(?P<seat>[0-9]{3}\s*班?\s*[0-9]{1,2}(?:\s*號|(?=\s)))\s*"
    r"(?P<verb>取消請假|更正補登|請假|補登|查)(?P<rest>.*)"
)
WHO_IS = frozenset((*WHO_IS_MISSING, *WHO_IS_ON_LEAVE))
OTHER_WORDS = {
    "今天": StaffVerb.TODAY,
    "今日名單": StaffVerb.TODAY,
    "公告": StaffVerb.SEND,
    "發公告": StaffVerb.SEND,
    "查詢": StaffVerb.LOOK_UP,
    "更多": StaffVerb.HELP,
    "校務說明": StaffVerb.HELP,
    "校務補登": StaffVerb.MAKE_UP,
    **dict.fromkeys(WHO_IS_MISSING, StaffVerb.MISSING),
    **dict.fromkeys(WHO_IS_ON_LEAVE, StaffVerb.TODAY),
}
# Nobody types these for the own child.
PLAINLY_STAFF = frozenset({"今日名單", "校務說明", "校務補登"})
# Guardians type it too, for what they are to read.
NOTICES_WORD = "公告"
# A class as rosters write it: 603, 2A, 六年三班, 高一忠, 忠班; 今天上班 and 今天一起走 are none.
HAN, NAMES = "一二三四五六七八九", "忠孝仁愛信義和平甲乙丙丁戊己庚辛"
CLASS = (
    rf"|[0-9A-Z].{{0,12}}|[{HAN}]?[{NAMES}]\s*班|[高國]中?[{HAN}]\s*\w\s*班?"
    rf"|(?:[高國]中?)?[{HAN}]年\s*(?:\w{{1,2}}\s*班|[{HAN}{NAMES}])"
)
# What may follow; most words stand alone: 未到校 and 放行嗎 are none of these.
SHAPES = {
    StaffVerb.TODAY: re.compile(CLASS),
    StaffVerb.MISSING: re.compile(r"|[0-9]{1,2}(?:\s*年級)?"),
    StaffVerb.CODES: re.compile(CLASS),
    StaffVerb.QUEUE: re.compile(r"|(?:簡訊|註銷|補登|綁定|停課)(?:申請)?"),
    StaffVerb.REVOKE: re.compile(CLASS),
    **dict.fromkeys(
        ABOUT_CHILD | {StaffVerb.CLOSE, StaffVerb.SEND, StaffVerb.INVITE}, re.compile(r".*")
    ),
}
ALONE = re.compile("")
# 下週, 11/24, 07:50 begin with a digit or stand for a day; a number has four signs of its own kind.
SHORTEST_NUMBER = 4


@dataclass(frozen=True, slots=True)
class NumberWords:
    """A student number as typed; `year` is the school year of entry."""

    number: str
    year: int | None


@dataclass(frozen=True, slots=True)
class SeatWords:
    """A class and a seat as typed, and the words after them."""

    homeroom: str
    seat: int
    rest: str


def allowed(roles: Sequence[Staff]) -> list[StaffVerb]:
    """Return what somebody with these roles may ask for; the data asked for has its own check."""
    held = {StaffRole(role.role) for role in roles}
    verbs: list[StaffVerb] = []
    if held & {StaffRole.HOMEROOM_TEACHER, *RUNNERS}:
        verbs += OF_CLASS
    if held & RUNNERS:
        verbs += OF_SCHOOL
    if StaffRole.SCHOOL_ADMIN in held:
        verbs += OF_MANAGING
    if StaffRole.BUREAU_ADMIN in held:
        verbs += [verb for verb in OF_BUREAU if verb not in verbs]
    if held & CASHIERS and StaffVerb.QUEUE not in verbs:
        verbs.append(StaffVerb.QUEUE)
    return [*verbs, *OF_ALL] if held else []


def read_staff(text: str) -> StaffAsk | None:
    """Return what staff may mean by a text, or None."""
    line = " ".join(unicodedata.normalize("NFKC", text).split()).removeprefix("/").strip()
    line = SEAT_FIRST.sub(r"\g<verb> \g<seat>\g<rest>", BEFORE_WHO.sub("", line), count=1)
    folded = line.translate(FOLDS)
    words = {verb.value: verb for verb in StaffVerb} | OTHER_WORDS
    for word in sorted(words, key=len, reverse=True):
        rest = line[len(word) :].strip()
        rest = rest.strip("?卡到呢 ") if word in WHO_IS else rest
        shape = SHAPES.get(words[word], ALONE)
        if folded.startswith(word) and shape.fullmatch(rest.upper()):
            return StaffAsk(words[word], rest, word)
    return None


def begins_allowed(text: str, roles: Sequence[Staff]) -> bool:
    """Tell whether a text begins with a word only staff say, and these roles may.

    What follows may be nothing we understand; that is no matter of rights.
    """
    line = unicodedata.normalize("NFKC", text).strip().removeprefix("/").strip().translate(FOLDS)
    return any(line.startswith(verb.value) for verb in STAFF_ONLY.intersection(allowed(roles)))


def names_number(ask: StaffAsk) -> bool:
    """Tell whether a child's number stands first, as no parent would write it."""
    first = ask.words.split(" ")[0].upper() if ask.words else ""
    found = NUMBER.fullmatch(first)
    return bool(found and len(found["number"]) >= SHORTEST_NUMBER)


def names_seat(ask: StaffAsk) -> bool:
    """Tell whether a class and a seat stand first, as hardly a parent would write them."""
    return PLAIN_SEAT.fullmatch(ask.words) is not None


def read_seat(words: str) -> SeatWords | None:
    """Return the class and seat that may stand first; whether there is one, is not known here."""
    found = SEAT.fullmatch(words)
    if found is None:
        return None
    return SeatWords(found["homeroom"].upper(), int(found["seat"]), found["rest"] or "")


def read_number(words: str) -> tuple[NumberWords | None, str]:
    """Return the student number that stands first, and the words after it."""
    first, _, rest = words.partition(" ")
    found = NUMBER.fullmatch(first.upper())
    if found is None:
        return None, rest
    return NumberWords(found["number"], int(found["year"]) if found["year"] else None), rest
