"""A child's day in every state the rail can show."""

from dataclasses import replace
from datetime import date, datetime, time

from core.attendance.days import DayView
from core.clock import TAIPEI
from core.kinds import DayPart
from liff.present import Today, WeekRow, today_of, week_of

DAY = date(2026, 11, 20)


def _at(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 20, hour, minute, tzinfo=TAIPEI)


PLAIN = DayView(
    school_day=DAY,
    is_school_day=True,
    reason="",
    closed_part=None,
    cutoff=time(8, 30),
    departure_from=time(11, 30),
    dismissal=time(16),
    arrived_at=None,
    departed_at=None,
    received_at=None,
    arrival_is_make_up=False,
    departure_is_make_up=False,
    leave=None,
    is_late_upload=False,
    no_show_told=False,
    is_past_cutoff=False,
    is_missing_departure=False,
    is_known=True,
)
THERE = replace(PLAIN, arrived_at=_at(7, 41), received_at=_at(7, 41))
STATES = (
    PLAIN,
    THERE,
    replace(THERE, departed_at=_at(16, 3)),
    replace(PLAIN, is_past_cutoff=True),
    replace(THERE, is_late_upload=True, received_at=_at(8, 55)),
    replace(THERE, arrival_is_make_up=True),
    replace(THERE, is_missing_departure=True),
    replace(PLAIN, leave=DayPart.WHOLE),
    replace(PLAIN, is_quieted=True),
    replace(PLAIN, is_school_day=False, reason="校慶補假"),
    replace(PLAIN, is_school_day=False, closed_part=DayPart.WHOLE, reason="颱風停課"),
)


def sample_days() -> list[Today]:
    """Return the card of each state."""
    return [today_of(view) for view in STATES]


def sample_week() -> list[WeekRow]:
    """Return the states as rows of a table; the last is today."""
    return week_of(STATES, DAY)
