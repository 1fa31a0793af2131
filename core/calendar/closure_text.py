"""Closure notices as prose, read into proposals. Pure; what is not fully understood yields nothing.

Source: DGPA's closure notices as NCDR carries them: 1,374 of them from 2014 to 2026, in some fifty
forms. A wrong one has gone out to whole cities before, so a find is never more than a proposal.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.calendar.scopes import ClosureScope
from core.clock import school_day_of
from core.kinds import DayPart

LONGEST = 20_000
# A notice names the day it is sent or the next one; a day far off is a misreading.
FURTHEST = timedelta(days=7)
CITY = "臺北市"
DISTRICTS = (
    "中正區|大同區|中山區|松山區|大安區|萬華區|信義區|士林區|北投區|內湖區|南港區|文山區"
)  # fmt: skip
COUNTIES = (
    "臺北市|新北市|桃園市|臺中市|臺南市|高雄市|基隆市|新竹市|新竹縣|苗栗縣|彰化縣|南投縣|雲林縣"
    "|嘉義市|嘉義縣|屏東縣|宜蘭縣|花蓮縣|臺東縣|澎湖縣|金門縣|連江縣"
)

# Whoever says one of these anywhere does not announce.
DOUBT = re.compile("假訊息|假消息|不實|謠言|網傳|誤發|誤植|撤回|撤銷|取消|作廢|演練|測試|澄清|是否")
OPEN = re.compile("照常上課|照常上班上課|照常上班及上課|正常上課|未達|尚未|不停課|恢復上課")
AREA = rf"(?:(?P<county>{COUNTIES})(?P<place>[一-鿿]{{1,3}}[區鄉鎮市])?|(?P<district>{DISTRICTS}))"
AREA_TOKEN = re.compile(AREA)
JOINER = re.compile("[、,及和與]")
PREFIX = re.compile(r"(?:[\[【(<][^\]】)>]*[\]】)>])*(?:通知:?)?")
LEAD = "(?:政府)?(?:宣布|宣佈|公布|發布)?[:,]?"
DAY_WORD = (
    r"(?P<word>今天|今日|本日|明天|明日)(?:\((?P<sure>\d{1,2})日?\))?"
    r"|(?:(?P<year>\d{3,4})[年/-])?(?P<month>\d{1,2})(?:月|/|-)(?P<day>\d{1,2})日?"
)
WEEKDAY = r"(?:\((?:星期|週|周)?[一二三四五六日]\))?"
PART = r"(?P<part>全日|全天|上午|中午|下午|晚上|晚間)?"
CLOCK = r"(?:(?P<hour>\d{1,2})(?::(?P<minute>\d{2})|[時點](?:(?P<minutes>\d{1,2})分|半|整)?)起?)?"
WORK = "(?:停止|照常)(?:上班|辦公)"
CLOSED = (
    f"(?:(?:{WORK}[、,及和與])?停止上課|停止(?:上班|辦公)[、及和與]?上課|停班[、及和與]?停課|停課"
    "|已?達停止上班及上課標準)"
)
STATEMENT = re.compile(f"(?:{DAY_WORD})?{WEEKDAY}{PART}{CLOCK}{CLOSED}")
SENTENCE_END = re.compile("[。;!?\n\r]")
# Nobody has lessons after this hour.
LESSONS_END = 17


@dataclass(frozen=True, slots=True)
class ClosureFind:
    """What a notice says of our city: whom it closes, when, and the sentence that says so."""

    scope: ClosureScope
    day: date
    part: DayPart
    sentence: str


@dataclass(frozen=True, slots=True)
class _Segment:
    """What is said of some areas. An area is (county, place in it or None)."""

    areas: tuple[tuple[str, str | None], ...]
    said: str
    sentence: str
    is_clear: bool


def read_closure_text(text: str, announced_at: datetime) -> list[ClosureFind]:
    """Return what the notice proposes for Taipei; nothing where it is open, unsure or unclear.

    今天 and 明天 count from the announcement's own Taipei date; how long the feed keeps showing it
    does not matter.
    """
    plain = _plain(text)
    if len(plain) > LONGEST or DOUBT.search(plain):
        return []
    announced_on = school_day_of(announced_at)
    segments = list(_segments(plain))
    is_open = {
        place
        for one in segments
        for county, place in one.areas
        if county == CITY and OPEN.search(one.said)
    }
    finds: dict[ClosureFind, None] = {}
    for segment in segments:
        if segment.is_clear and not OPEN.search(segment.said):
            for county, place in segment.areas:
                if county == CITY and not _is_contradicted(place, is_open):
                    finds |= dict.fromkeys(_finds(segment, place, announced_on))
    return list(finds)


def _plain(text: str) -> str:
    # Full-width digits and marks become half-width ones; a line break ends a sentence.
    folded = unicodedata.normalize("NFKC", text).replace("台", "臺")
    return re.sub(r"[^\S\n\r]+", "", folded)


def _is_contradicted(place: str | None, is_open: set[str | None]) -> bool:
    # A closed city with an open district is for a person to sort out.
    return place in is_open or (place is None and bool(is_open))


def _segments(plain: str) -> Iterator[_Segment]:
    """Yield what each sentence says of which areas; one that names none goes on about the last."""
    last: tuple[tuple[str, str | None], ...] = ()
    for sentence in SENTENCE_END.split(plain):
        groups = _area_groups(sentence, last[-1][0] if last else None)
        if not groups:
            yield _Segment(last, sentence, sentence, is_clear=False)
            continue
        opening = sentence[: groups[0][0]]
        is_clear = PREFIX.fullmatch(opening) is not None
        starts = [start for start, _, _ in groups[1:]]
        for (_, end, areas), following in zip(groups, [*starts, len(sentence)], strict=True):
            # What stands before the areas is said of all of them.
            yield _Segment(areas, sentence[end:following], sentence, is_clear)
            if OPEN.search(opening):
                yield _Segment(areas, opening, sentence, is_clear=False)
            last = areas


def _area_groups(
    sentence: str, county: str | None
) -> list[tuple[int, int, tuple[tuple[str, str | None], ...]]]:
    """Return (start, end, areas) of each list of areas; a district alone belongs to the city."""
    groups: list[tuple[int, int, tuple[tuple[str, str | None], ...]]] = []
    for token in AREA_TOKEN.finditer(sentence):
        if token["district"] and county != CITY:
            continue
        county = token["county"] or CITY
        area = (county, token["place"] or token["district"])
        if groups and JOINER.fullmatch(sentence[groups[-1][1] : token.start()]):
            groups[-1] = (groups[-1][0], token.end(), (*groups[-1][2], area))
        else:
            groups.append((token.start(), token.end(), (area,)))
    return groups


def _finds(segment: _Segment, place: str | None, announced_on: date) -> Iterator[ClosureFind]:
    if place is not None and not re.fullmatch(DISTRICTS, place):
        return
    rest = re.sub(f"^{LEAD}", "", segment.said).rstrip("、,")
    day: date | None = None
    found: list[ClosureFind] = []
    while rest:
        said = STATEMENT.match(rest)
        if said is None:
            return
        day = _day(said, announced_on) or (None if _names_day(said) else day)
        if day is None:
            return
        part = _part(said)
        if part is not None and timedelta(0) <= day - announced_on <= FURTHEST:
            scope = ClosureScope(district=place)
            found.append(ClosureFind(scope, day, part, segment.sentence))
        rest = rest[said.end() :].lstrip("、,")
    yield from found


def _names_day(said: re.Match[str]) -> bool:
    return bool(said["word"] or said["month"])


def _day(said: re.Match[str], announced_on: date) -> date | None:
    if said["word"]:
        day = announced_on + timedelta(days=said["word"].startswith("明"))
        return day if said["sure"] in (None, str(day.day), f"{day.day:02d}") else None
    if not said["month"]:
        return None
    years = [announced_on.year, announced_on.year + 1]
    if said["year"]:
        written = int(said["year"])
        years = [written if written > 1911 else written + 1911]
    days = [_date(year, int(said["month"]), int(said["day"])) for year in years]
    return next((day for day in days if day is not None and day >= announced_on), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _part(said: re.Match[str]) -> DayPart | None:
    """Return the part of the day without lessons, or None for an evening."""
    word = said["part"] or ""
    if said["hour"] is None:
        return _PARTS.get(word)
    hour = int(said["hour"])
    if word in ("中午", "下午", "晚上", "晚間") and hour < 12:
        hour += 12
    if hour >= LESSONS_END:
        return None
    # No part of ours begins at ten; the whole day errs towards saying nothing of an absence.
    return DayPart.AFTERNOON if hour >= 12 else DayPart.WHOLE


_PARTS = {
    "": DayPart.WHOLE,
    "全日": DayPart.WHOLE,
    "全天": DayPart.WHOLE,
    "上午": DayPart.MORNING,
    "中午": DayPart.AFTERNOON,
    "下午": DayPart.AFTERNOON,
}
