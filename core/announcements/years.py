"""Until when a class or grade reads what was written for it: the next year's is another one."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, or_
from sqlmodel import col

from core.announcements.tables import Announcement
from core.calendar.breaks import ROC, school_year_of
from core.clock import at_taipei, school_day_of
from core.db import UtcDateTime

# Until lessons begin a class is the old one, and reads what it was told for the summer.
LATE_SUMMER = timedelta(days=30)


def first_moment_of_year(now: datetime) -> datetime:
    """Return when the school year began whose announcements are read now."""
    first = date(school_year_of(school_day_of(now - LATE_SUMMER)) + ROC, 8, 1)
    return at_taipei(first, time())


def is_of_past_year(announcement: Announcement, now: datetime) -> bool:
    """Tell whether it was for a class or grade of a year that is over: no guardian reads it."""
    is_wide = announcement.grade is None and announcement.homeroom is None
    if is_wide or announcement.shown_from is None:
        return False
    return announcement.shown_from < first_moment_of_year(now)


def is_of_this_year() -> ColumnElement[bool]:
    """Return the condition that it is not, for a statement given `year`: its first moment."""
    is_wide = and_(col(Announcement.grade).is_(None), col(Announcement.homeroom).is_(None))
    year = bindparam("year", type_=UtcDateTime)
    return or_(is_wide, col(Announcement.shown_from) >= year)
