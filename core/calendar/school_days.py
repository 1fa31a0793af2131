"""School days: our own calendar rows over the office calendar."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays
from sqlmodel import Session, col, select

from core.calendar.tables import CalendarDay

CITY = "city"


@dataclass(frozen=True, slots=True)
class DayStatus:
    """Whether lessons are held, and the reason where the calendar names one."""

    is_open: bool
    reason: str = ""


def is_school_day(session: Session, school_code: str, day: date) -> bool:
    """Tell whether the school holds lessons on this Taipei date."""
    return day_statuses(session, [school_code], day, day)[school_code][day].is_open


def day_statuses(
    session: Session, school_codes: Iterable[str], first: date, last: date
) -> dict[str, dict[date, DayStatus]]:
    """Return the status of each day from first to last, by school.

    A row of the school wins over a row of the city, and both over the office calendar.
    """
    codes = list(school_codes)
    own = {
        (row.scope, row.day): DayStatus(row.is_open, row.reason)
        for row in session.exec(
            select(CalendarDay).where(
                col(CalendarDay.scope).in_([CITY, *codes]),
                col(CalendarDay.day).between(first, last),
            )
        )
    }
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {
        code: {
            day: own.get((code, day)) or own.get((CITY, day)) or _office_day(day) for day in days
        }
        for code in codes
    }


def _office_day(day: date) -> DayStatus:
    # Source: holidays' Taiwan calendar, which follows the government's office calendar day by day,
    # make-up Saturdays included.
    office = _office_calendar()
    return DayStatus(office.is_working_day(day), office.get(day) or "")


@cache
def _office_calendar() -> holidays.HolidayBase:
    return holidays.country_holidays("TW", language="zh_TW")
