"""What a typed text says of days, parts of days and times of day. Nothing here raises."""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from core.clock import TAIPEI, YEARS, at_taipei, school_day_of
from core.kinds import DayPart
from core.notices.wording import WEEKDAYS

RELATIVE = {
    "前天": -2, "昨天": -1, "今天": 0, "今日": 0, "明天": 1, "明日": 1, "後天": 2, "大後天": 3,
}  # fmt: skip
PARTS = {
    DayPart.MORNING: ("上午", "早上"),
    DayPart.AFTERNOON: ("下午",),
    DayPart.WHOLE: ("全天", "整天", "全日"),
}
# Our own bubbles write 11/24（二）, and people copy them.
WEEKDAY_MARK = re.compile(rf"\([{WEEKDAYS}]\)")
WEEK = r"(?:下下|下|上上|(?<![早晚馬上])上|這|本)?個?(?:週|周|星期|禮拜)"
# Which week is not said.
SOME_WEEK = re.compile(rf"(?:週|周|星期|禮拜)[{WEEKDAYS}天]")
# Longer numbers are no part of a date.
NUMBER = r"[0-9]{1,5}"
DAY = (
    r"(?:大後天|前天|昨天|今天|今日|明天|明日|後天"
    rf"|{WEEK}[{WEEKDAYS}天]"
    rf"|(?<![0-9])(?:{NUMBER}-{NUMBER}-{NUMBER}|{NUMBER}(?:/{NUMBER})+"
    rf"|(?:{NUMBER}年)?{NUMBER}月{NUMBER}[日號]?))"
)
# 到 and 至 join two days; alone they may mean anything (到校).
SPAN = re.compile(
    rf"(?P<dash>[-–—~至到]\s*)?(?P<one>{DAY})"
    rf"(?:\s*[-–—~至到]\s*(?P<two>{DAY}|[0-9]{{1,2}}(?![0-9:/月])))?"
)
# 明後天 and 下週一到三 say in one word what two would.
TOGETHER = (
    (re.compile("今[、,和]?明(?:兩天|天)"), "今天到明天"),
    (re.compile("明[、,和]?後(?:兩天|天)"), "明天到後天"),
    (
        re.compile(
            rf"({WEEK}[{WEEKDAYS}天])\s*[-–—~至到]\s*([{WEEKDAYS}])(?=\s|$|[請病事喪公全發])"
        ),
        r"\1到週\2",
    ),
)
# 11/24、25, 11/24-26、28, 週三四: more days than one span names, which are asked for.
ENDS = r"(?=\s|$|[日號、,請病事喪公發])"
LISTED = re.compile(
    rf"{DAY}(?:\s*[-–—~至到]\s*[0-9]{{1,2}})?\s*[、,.和及跟與]\s*[0-9]{{1,2}}{ENDS}"
    rf"|{WEEK}[{WEEKDAYS}]\s*[、,和及跟與]?\s*[{WEEKDAYS}]{ENDS}"
)
# 明天起三天, 請三天: longer than the one day that is named, and nobody says until when.
LONGER = re.compile(
    rf"{DAY}\s*(?:起(?!床)|開始)"
    rf"|(?:{DAY}|[請假]|連續|共)\s*(?:[2-9]|1[0-9]|[兩二三四五六七八九十]+)\s*天"
)
CLOCK = re.compile(r"(?<![0-9:])([0-9]{1,2}):([0-9]{2})(?![0-9:])")
# 下午 4:30 is 16:30.
LATER = re.compile(r"(?:下午|傍晚|晚上)\s*(0?[1-9]|1[01])(?=:)|中午\s*(0?[12])(?=:)")
NOON = 12
# 0750, as a word of its own.
PACKED_CLOCK = re.compile(r"(?<!\S)([01][0-9]|2[0-3])([0-5][0-9])(?!\S)")
# Three digits are a year since the Republic began.
ROC = 1911


@dataclass(frozen=True, slots=True, kw_only=True)
class DayWords:
    """The one span of days a text names, and the text without it.

    `is_unclear`: days are named that are no such span.
    """

    first: date | None = None
    last: date | None = None
    is_unclear: bool = False
    rest: str


def plain(text: str) -> str:
    """Return a text half width, without marks of the weekday."""
    return WEEKDAY_MARK.sub("", unicodedata.normalize("NFKC", text))


def read_days(text: str, today: date) -> DayWords:
    """Return the days a plain text names, as seen from `today`."""
    for together, two in TOGETHER:
        text = together.sub(two, text)
    found = list(SPAN.finditer(text))
    rest = SPAN.sub(" ", text)
    if not found:
        return DayWords(rest=rest)
    try:
        span = None if LISTED.search(text) else _span(found, today)
    except (ValueError, OverflowError):
        span = None
    if span is None or (span[0] == span[1] and LONGER.search(text)):
        return DayWords(is_unclear=True, rest=rest)
    return DayWords(first=span[0], last=span[1], rest=rest)


def read_gone_days(text: str, today: date) -> DayWords:
    """Return the days a plain text names of what has been: 週五 is then the last one."""
    days = read_days(text, today)
    if days.first is None or days.last is None or days.first <= today:
        return days
    if not all(SOME_WEEK.fullmatch(day) for day in re.findall(DAY, text)):
        return days
    week = timedelta(days=7)
    return replace(days, first=days.first - week, last=days.last - week)


def read_part(text: str) -> tuple[DayPart | None, str]:
    """Return the part of the day a text names, and the text without it."""
    named = {part for part, words in PARTS.items() if any(word in text for word in words)}
    for word in (word for words in PARTS.values() for word in words):
        text = text.replace(word, " ")
    if not named:
        return None, text
    return (named.pop() if len(named) == 1 else DayPart.WHOLE), text


def read_clock(text: str) -> tuple[time | None, str]:
    """Return the first 24-hour time of day in a text, and the text without it."""
    found = CLOCK.search(text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        return None, text
    return time(int(found[1]), int(found[2])), f"{text[: found.start()]} {text[found.end() :]}"


def in_24_hours(text: str) -> str:
    """Return a text with 下午 4:30 written as 16:30."""
    return LATER.sub(lambda found: f" {int(found[1] or found[2]) + NOON}", text)


def read_packed_clock(text: str) -> tuple[time | None, str]:
    """Return the first time of day in a text, also one without a colon, and the text without it.

    A colon settles it: where a time is written with one, 1124 may be a day. Of two such words
    nobody knows which is which.
    """
    clock, rest = read_clock(text)
    times = [*PACKED_CLOCK.finditer(text)]
    if clock is not None or len(times) != 1 or CLOCK.search(text):
        return clock, rest
    (found,) = times
    return time(int(found[1]), int(found[2])), f"{text[: found.start()]} {text[found.end() :]}"


def minute_of(moment: datetime) -> datetime:
    """Return the Taipei minute a moment lies in."""
    local = moment.astimezone(TAIPEI)
    return at_taipei(school_day_of(moment), time(local.hour, local.minute))


def _span(found: list["re.Match[str]"], today: date) -> tuple[date, date] | None:
    head, *more = found
    if head["dash"] or len(more) > 1:
        return None
    first = _day(head["one"], today, today)
    if head["two"]:
        return None if more else (first, _end(head["two"], today, first))
    if not more:
        return first, first
    # 11/24 病假 –11/26: the end may stand apart.
    tail = more[0]
    last = _day(tail["one"], today, first)
    is_end = bool(tail["dash"]) and not tail["two"]
    return (first, last) if is_end or (last == first and not tail["two"]) else None


def _end(word: str, today: date, first: date) -> date:
    return first.replace(day=int(word)) if word.isdecimal() else _day(word, today, first)


def _day(word: str, today: date, base: date) -> date:
    """Return the date of a word; raises ValueError for one that isn't there."""
    if word in RELATIVE:
        return today + timedelta(days=RELATIVE[word])
    if re.match(WEEK, word):
        return _weekday(word, today, base)
    numbers = [int(number) for number in re.findall(r"[0-9]+", word)]
    if len(numbers) == 2:
        return _nearest(numbers[0], numbers[1], base)
    year, month, day = numbers
    year = year + ROC if 100 <= year < 1000 else year
    if year not in YEARS:
        raise ValueError(word)
    return date(year, month, day)


def _weekday(word: str, today: date, base: date) -> date:
    wanted = WEEKDAYS.index(word[-1].replace("天", "日"))
    if word[0] not in "下上這本":
        return base + timedelta(days=(wanted - base.weekday()) % 7)
    weeks = word[:2].count("下") - word[:2].count("上")
    return today + timedelta(days=wanted - today.weekday() + 7 * weeks)


def _nearest(month: int, day: int, base: date) -> date:
    """Return the date of this month and day that lies nearest."""
    found = []
    for year in (base.year, base.year + 1, base.year - 1):
        try:
            found.append(date(year, month, day))
        except ValueError:
            continue
    return min(found, key=lambda one: abs(one - base))
