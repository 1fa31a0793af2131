"""Days as they are shown: what is recorded of a child, beside what the calendar says."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import Session

from core.attendance.tables import AttendanceDay, NoShowState
from core.calendar.policy import DayRules, rules_of_schools
from core.calendar.school_days import DayStatus, day_statuses
from core.clock import at_taipei, school_day_of
from core.db import table_of
from core.kinds import DayPart
from core.people.bindings import BoundChild, is_quiet
from core.rows import is_one_of, run_models

# An arrival known this much later than it happened is shown as uploaded late.
LATE_UPLOAD = timedelta(minutes=5)
# So long after dismissal a missing way out is called that.
TAP_OUT_WAIT = timedelta(minutes=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """A child's day as it is shown. Moments are aware; `reason` says why there are no lessons.

    `is_known` is False for a past day nobody watched, such as one before the school's first reader:
    its silence says nothing. `closed_part` is what a closure covers; `cutoff`, `departure_from` and
    `dismissal` (None where unknown) are Taipei times of day. With `is_quieted` what the gate saw is
    left out: the guardian's quiet day runs, in which nobody learns from us where the child can be
    met.
    """

    school_day: date
    is_school_day: bool
    reason: str
    closed_part: DayPart | None
    cutoff: time
    departure_from: time
    dismissal: time | None
    arrived_at: datetime | None
    departed_at: datetime | None
    received_at: datetime | None
    arrival_is_make_up: bool
    departure_is_make_up: bool
    leave: DayPart | None
    is_late_upload: bool
    no_show_told: bool
    is_past_cutoff: bool
    is_missing_departure: bool
    is_known: bool
    is_quieted: bool = False

    @property
    def is_closure(self) -> bool:
        """Tell whether a closure, not the calendar, closes the whole day."""
        return self.closed_part is DayPart.WHOLE

    @property
    def has_discrepancy(self) -> bool:
        """Tell whether the child is on leave for the whole day and was seen at the gate."""
        was_seen = self.arrived_at is not None or self.departed_at is not None
        return was_seen and self.leave is DayPart.WHOLE


def days_of(
    session: Session, children: Sequence[BoundChild], first: date, last: date, now: datetime
) -> dict[UUID, list[DayView]]:
    """Return each child's days from first to last, oldest first, by student id."""
    if not children:
        return {}
    places = {(child.school_code, child.grade) for child in children}
    statuses = day_statuses(session, places, first, last)
    codes = {code for code, _ in places}
    days = {code: _grade_days(places, code, first, last) for code in codes}
    rules = rules_of_schools(session, days)
    wanted = {
        "student_ids": [child.student_id for child in children],
        "first": first,
        "last": last,
    }
    rows = run_models(session, _recorded, AttendanceDay, wanted)
    recorded = {(row.student_id, row.school_day): row for row in rows}
    return {
        child.student_id: [
            _hushed(
                child,
                _view(
                    day,
                    status,
                    recorded.get((child.student_id, day)),
                    rules[child.school_code][child.grade, day],
                    now,
                ),
                now,
            )
            for day, status in statuses[child.school_code, child.grade].items()
        ]
        for child in children
    }


@cache
def _recorded(engine: str) -> Any:
    row = table_of(AttendanceDay)
    return row.select().where(
        is_one_of(engine, row.c.student_id, "student_ids"),
        row.c.school_day.between(bindparam("first"), bindparam("last")),
    )


def _grade_days(
    places: set[tuple[str, int]], code: str, first: date, last: date
) -> list[tuple[int, date]]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [(grade, day) for school, grade in places if school == code for day in days]


def _view(
    day: date, status: DayStatus, row: AttendanceDay | None, rules: DayRules, now: datetime
) -> DayView:
    arrived_at = row.arrived_at if row else None
    received_at = row.arrival_received_at if row else None
    is_make_up = bool(row and row.arrival_is_make_up)
    is_late = bool(arrived_at and received_at and received_at - arrived_at > LATE_UPLOAD)
    return DayView(
        school_day=day,
        is_school_day=status.is_open,
        reason=status.reason,
        closed_part=status.closed_part,
        cutoff=rules.cutoff,
        departure_from=rules.departure_from,
        dismissal=rules.dismissal,
        arrived_at=arrived_at,
        departed_at=row.departed_at if row else None,
        received_at=received_at,
        arrival_is_make_up=is_make_up,
        departure_is_make_up=bool(row and row.departure_is_make_up),
        leave=DayPart(row.leave) if row and row.leave else None,
        is_late_upload=is_late and not is_make_up,
        no_show_told=bool(row and row.no_show == NoShowState.TOLD),
        is_past_cutoff=now >= at_taipei(day, rules.cutoff),
        is_missing_departure=_misses_departure(row, rules, day, now),
        is_known=row is not None or day >= school_day_of(now),
    )


def _hushed(child: BoundChild, view: DayView, now: datetime) -> DayView:
    """Return today without its taps while the guardian's quiet day runs.

    A missing child is shown all the same: a search that begins late costs more.
    """
    if not is_quiet(child, now) or view.school_day != school_day_of(now):
        return view
    was_seen = view.arrived_at is not None or view.departed_at is not None
    if not was_seen and (view.is_past_cutoff or view.no_show_told):
        return view
    return replace(
        view,
        arrived_at=None,
        departed_at=None,
        received_at=None,
        arrival_is_make_up=False,
        departure_is_make_up=False,
        is_late_upload=False,
        is_past_cutoff=False,
        no_show_told=False,
        is_missing_departure=False,
        is_quieted=True,
    )


def _misses_departure(row: AttendanceDay | None, rules: DayRules, day: date, now: datetime) -> bool:
    """Tell whether the child came and has not tapped out although the day is over for it."""
    if row is None or row.arrived_at is None or row.departed_at is not None:
        return False
    if rules.dismissal is None:
        return day < school_day_of(now)
    return now >= at_taipei(day, rules.dismissal) + TAP_OUT_WAIT
