"""Which seven days the child's page shows, as far back as records are kept."""

from dataclasses import dataclass
from datetime import date, timedelta

from flask import request
from sqlmodel import Session

from core.calendar.term_ends import last_term_end
from core.settings import Settings
from liff.moments import parse_day

A_WEEK = timedelta(days=7)
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Week:
    """Up to seven days. `before` and `after` are the last days of the weeks beside it, or None."""

    first: date
    last: date
    before: date | None
    after: date | None

    def holds(self, day: date) -> bool:
        """Tell whether the day is one of them."""
        return self.first <= day <= self.last


def oldest_day(session: Session, settings: Settings, school_code: str, today: date) -> date:
    """Return the first day of the school whose records are still kept."""
    over_by = today - timedelta(days=settings.retention_attendance_days)
    return last_term_end(session, school_code, over_by) + A_DAY


def week_up_to(asked: str, today: date, oldest: date) -> Week:
    """Return the week that ends on the day asked for, or the nearest one there is."""
    last = max(min(parse_day(asked) or today, today), oldest)
    first = max(last - A_WEEK + A_DAY, oldest)
    before = first - A_DAY if first > oldest else None
    after = min(last + A_WEEK, today) if last < today else None
    return Week(first, last, before, after)


def asked_week(today: date, oldest: date) -> Week:
    """Return the week this page's address asks for."""
    return week_up_to(request.args.get("week", ""), today, oldest)


def asked_day(week: Week) -> date | None:
    """Return the day whose notices this page's address asks for, None for none of this week."""
    day = parse_day(request.args.get("day", ""))
    return day if day is not None and week.holds(day) else None
