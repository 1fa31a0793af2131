"""Breaks: whether a day lies within the lesson days of a term. Pure.

Source: 各級學校學生學年學期假期辦法; the statutory frame is 7/1–8/29 and 1/21–2/10.
"""

from collections.abc import Mapping
from datetime import date
from typing import Protocol

SUMMER = "暑假"
WINTER = "寒假"
ROC = 1911


class TermDays(Protocol):
    """The lesson days of a term, first to last."""

    first_day: date
    last_day: date


def school_year_of(day: date) -> int:
    """Return the ROC school year of a day, such as 115; it begins on 1 August."""
    return day.year - ROC - (day.month < 8)


def break_on(terms: Mapping[int, TermDays], day: date) -> str:
    """Return the break a day lies in, or nothing.

    `terms` are those known of the day's school year, by number (1, 2). Where one is missing, the
    statutory frame says when it would begin or end.
    """
    first, second = terms.get(1), terms.get(2)
    if (first and first.first_day <= day <= first.last_day) or (
        second and second.first_day <= day <= second.last_day
    ):
        return ""
    if first and day < first.first_day:
        return SUMMER
    if second and day > second.last_day:
        return SUMMER
    if first and second:
        return WINTER
    return _half_known(first, second, day) or _statutory(day)


def _half_known(first: TermDays | None, second: TermDays | None, day: date) -> str:
    winter = _winter(day)
    if first and first.last_day < day <= winter[1]:
        return WINTER
    if second and winter[0] <= day < second.first_day:
        return WINTER
    return ""


def _statutory(day: date) -> str:
    first, last = _winter(day)
    if first <= day <= last:
        return WINTER
    return SUMMER if date(day.year, 7, 1) <= day <= date(day.year, 8, 29) else ""


def _winter(day: date) -> tuple[date, date]:
    year = school_year_of(day) + ROC + 1
    return date(year, 1, 21), date(year, 2, 10)
