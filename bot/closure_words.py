"""停課 11/24 全天 臺北市政府 11/23 20:05 公布: what a typed closure says. Nothing here raises."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from bot.day_words import DAY, plain, read_clock, read_days, read_part
from core.clock import at_taipei
from core.kinds import DayPart, Level

WHOLE_CITY = ("全市", "臺北市", "台北市")
OWN_SCHOOL = ("學校", "全校", "本校")
DISTRICT = re.compile(r"[\u4e00-\u9fff]{2}區")
GRADE = re.compile(r"([0-9]{1,2}|[一二三四五六七八九])年級")
# Who announced it stands before the date and time of the announcement.
ANNOUNCED = re.compile(rf"(?P<day>{DAY})?\s*(?P<clock>[0-9]{{1,2}}:[0-9]{{2}})\s*(?:公布|發布)?")
SCOPES = "・,、"
DIGITS = "一二三四五六七八九"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureWords:
    """What was understood; None or "" is not said.

    `is_city` and `is_school` name the widest and the own scope; `left` are words that name a scope
    only for those who know the schools, or who announced it. `is_unclear`: not one day is named.
    """

    day: date | None
    part: DayPart | None
    is_city: bool
    is_school: bool
    district: str | None
    level: str | None
    grade: int | None
    left: tuple[str, ...]
    source_at: datetime | None
    is_unclear: bool


def read_closure(text: str, today: date) -> ClosureWords:
    """Return what a text says, as seen from `today`."""
    said = plain(text)
    announced = ANNOUNCED.search(said)
    source_at = _moment(announced, today) if announced else None
    if announced:
        said = f"{said[: announced.start()]} {said[announced.end() :]}"
    days = read_days(said, today)
    part, rest = read_part(days.rest)
    named = [word for token in rest.split() for word in re.split(f"[{SCOPES}]", token) if word]
    return ClosureWords(
        day=days.first if days.first == days.last else None,
        part=part,
        is_city=any(word in WHOLE_CITY for word in named),
        is_school=any(word in OWN_SCHOOL for word in named),
        district=next((word for word in named if DISTRICT.fullmatch(word)), None),
        level=next((word for word in named if word in list(Level)), None),
        grade=next((_grade(word) for word in named if GRADE.fullmatch(word)), None),
        left=tuple(word for word in named if not _is_scope(word)),
        source_at=source_at,
        is_unclear=days.is_unclear or days.first != days.last,
    )


def _moment(found: "re.Match[str]", today: date) -> datetime | None:
    clock, _ = read_clock(found["clock"])
    day = read_days(found["day"] or "今天", today).first
    return at_taipei(day, clock) if clock and day else None


def _is_scope(word: str) -> bool:
    return (
        word in (*WHOLE_CITY, *OWN_SCHOOL, *Level)
        or DISTRICT.fullmatch(word) is not None
        or GRADE.fullmatch(word) is not None
    )


def _grade(word: str) -> int:
    number = word.removesuffix("年級")
    return int(number) if number.isdecimal() else DIGITS.index(number) + 1
