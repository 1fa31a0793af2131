"""What a preview of a change shows: from when, and the first day with lessons it changes."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from sqlmodel import Session

from core.calendar.effects import DayTurn, effects_of
from core.clock import school_day_of
from core.languages.dates import long_date
from liff.staff.rule_words import EffectLine, effect_lines
from liff.visit import Visit

# A rule of a weekday in a long holiday shows nothing sooner.
LOOK_AHEAD = timedelta(days=69)


def effects_shown(
    database: Session,
    visit: Visit,
    code: str,
    begins: date,
    change: Callable[[], object],
    only: date | None,
) -> dict[str, object]:
    """Return the values of the preview's template; `only` is the one day it can be about.

    Nothing is changed. Raises what the change raises.
    """
    effects = effects_of(database, code, begins, only or begins + LOOK_AHEAD, change)
    told = [one for one in effects if one.before.status.is_open or one.after.status.is_open]
    first = told[0].day if told else None
    lines: list[EffectLine] = effect_lines(one for one in told if one.day == first)
    return {
        "begins": long_date(begins),
        "is_ahead": begins > school_day_of(visit.now),
        "example": long_date(first) if first else "",
        "lines": lines,
    }


def tomorrow(visit: Visit) -> date:
    """Return the Taipei date after today's."""
    return school_day_of(visit.now) + timedelta(days=1)


def turn_lines(turns: Iterable[DayTurn], students: int) -> list[EffectLine]:
    """Return what turns for the whole city, whose schools' own days stand above it."""
    words = {True: "上課", False: "不上課，不做未到校檢查"}
    return [
        EffectLine("全市", students, words[one.before.is_open], words[one.after.is_open])
        for one in turns
    ]
