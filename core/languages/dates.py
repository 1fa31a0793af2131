"""Days, moments, numbers and lists as the language spoken writes them.

Source: Unicode CLDR, through Babel; the patterns are ours. Gregorian years, 24 hours.
"""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_decimal

from core.clock import TAIPEI, taipei_clock
from core.languages.language import Language
from core.languages.speech import spoken

# 11/20（五）, Fri 20 Nov, 20/11 (T6), Jum 20/11, 11/20（金）
SHORT = {
    Language.CHINESE: "M/d（EEEEE）",
    Language.ENGLISH: "EEE d MMM",
    Language.VIETNAMESE: "d/M (EEEEE)",
    Language.INDONESIAN: "EEE d/M",
    Language.JAPANESE: "M/d（EEEEE）",
}
LONG = {
    Language.CHINESE: "yyyy/MM/dd（EEEEE）",
    Language.ENGLISH: "EEE d MMM yyyy",
    Language.VIETNAMESE: "dd/MM/yyyy (EEEEE)",
    Language.INDONESIAN: "EEE dd/MM/yyyy",
    Language.JAPANESE: "yyyy/MM/dd（EEEEE）",
}
PLAIN = {
    Language.CHINESE: "yyyy/MM/dd",
    Language.ENGLISH: "d MMM yyyy",
    Language.VIETNAMESE: "dd/MM/yyyy",
    Language.INDONESIAN: "dd/MM/yyyy",
    Language.JAPANESE: "yyyy/MM/dd",
}
BRIEF = {
    Language.CHINESE: "M/d",
    Language.ENGLISH: "d MMM",
    Language.VIETNAMESE: "d/M",
    Language.INDONESIAN: "d/M",
    Language.JAPANESE: "M/d",
}
WEEKDAY = {language: "EEEEE" if "EEEEE" in SHORT[language] else "EEE" for language in Language}


def short_date(day: date) -> str:
    """Return a date as chat shows it: 11/20（五）."""
    return _written(day, SHORT[spoken()], spoken())


def long_date(day: date) -> str:
    """Return a date as pages show it: 2026/11/20（五）."""
    return _written(day, LONG[spoken()], spoken())


def plain_date(day: date) -> str:
    """Return a date without its weekday: 2026/11/20."""
    return _written(day, PLAIN[spoken()], spoken())


def day_of_month(day: date) -> str:
    """Return a date without year and weekday: 11/20."""
    return _written(day, BRIEF[spoken()], spoken())


def weekday(day: date) -> str:
    """Return the short name of a date's weekday: 五."""
    return _written(day, WEEKDAY[spoken()], spoken())


def plain_moment(moment: datetime) -> str:
    """Return a Taipei date and time: 2026/11/23 20:05."""
    return f"{plain_date(moment.astimezone(TAIPEI).date())} {taipei_clock(moment)}"


def short_moment(moment: datetime) -> str:
    """Return a Taipei date and time as chat quotes them: 11/23 20:05."""
    return f"{day_of_month(moment.astimezone(TAIPEI).date())} {taipei_clock(moment)}"


def day_and_clock(moment: datetime) -> str:
    """Return a Taipei date with its weekday, and the time: 11/20（五）07:41."""
    return _with_clock(short_date(moment.astimezone(TAIPEI).date()), moment)


def long_day_and_clock(moment: datetime) -> str:
    """Return a Taipei date with its weekday, and the time: 2026/11/20（五）07:41."""
    return _with_clock(long_date(moment.astimezone(TAIPEI).date()), moment)


def span_of(first: date, last: date) -> str:
    """Return 11/20（五）, or 11/20（五）–11/23（一） for several days."""
    return short_date(first) if first == last else f"{short_date(first)}–{short_date(last)}"


def number(value: int) -> str:
    """Return a number with its thousands parted: 1,302, in Vietnamese 1.302."""
    return format_decimal(value, locale=spoken().value)


def listed(things: Iterable[str]) -> str:
    """Return things one after another: 到校、離校."""
    return ("、" if spoken().is_han else ", ").join(things)


def parted(*parts: str) -> str:
    """Return the parts of a line of small print: 榕光國小・正門. Empty ones are left out."""
    return ("・" if spoken().is_han else " · ").join(part for part in parts if part)


@lru_cache(maxsize=2048)
def _with_clock(day: str, moment: datetime) -> str:
    # The full-width bracket brings its own space.
    return f"{day}{'' if day.endswith('）') else ' '}{taipei_clock(moment)}"


def _written(day: date, pattern: str, language: Language) -> str:
    return format_date(day, pattern, locale=language.value)
