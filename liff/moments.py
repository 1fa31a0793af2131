"""Days, moments and times of day as date and time fields send them."""

from datetime import date, datetime, time

from core.clock import TAIPEI, YEARS


def parse_day(text: str) -> date | None:
    """Return the date of 2026-11-24, None for anything else and for years nobody lives in."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if day.year in YEARS else None


def parse_moment(text: str) -> datetime | None:
    """Return the Taipei moment of 2026-11-23T20:05, or None as `parse_day` does."""
    try:
        moment = datetime.fromisoformat(text.strip()).replace(tzinfo=TAIPEI)
    except ValueError:
        return None
    return moment if moment.year in YEARS else None


def parse_clock(text: str) -> time | None:
    """Return the time of day of 07:50, or None; seconds are left out."""
    try:
        return time.fromisoformat(text.strip()).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        return None
