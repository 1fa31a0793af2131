"""The day record: locked, decided anew from all taps of the day, and told of."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_, update
from sqlmodel import Session, col

from core.attendance.decision import Day, TapFact, decide
from core.attendance.tables import AttendanceDay, NoShowState
from core.calendar.school_days import DayStatus, day_statuses
from core.clock import TAIPEI, school_day_of
from core.db import insert_for, table_of
from core.kinds import NoticeKind
from core.notices.fan_out import Happening, Presence, tell_corrections, tell_happenings
from core.people.bindings import BoundChild

DayKey = tuple[UUID, date]
# An arrival known this much later than it happened is shown as uploaded late.
LATE_UPLOAD = timedelta(minutes=5)


def lock_days(session: Session, keys: set[DayKey]) -> None:
    """Make and lock the day rows of (student, school day); joins the caller's transaction.

    Whoever holds them may read the day's taps and decide; the no-show sweep waits. Rows are taken
    in one order everywhere, so that two batches can't wait for each other.
    """
    if not keys:
        return
    ordered = sorted(keys, key=lambda key: (key[1], str(key[0])))
    rows = [
        {
            "student_id": student_id,
            "school_day": day,
            "arrivals": 0,
            "departures": 0,
            "no_show": NoShowState.NONE,
        }
        for student_id, day in ordered
    ]
    day = table_of(AttendanceDay)
    # One pass makes a row or locks the one that is there. Making first and locking afterwards would
    # take the locks in two rounds, and two holders could wait for each other.
    statement = insert_for(session, day).on_conflict_do_update(
        index_elements=["student_id", "school_day"], set_={"arrivals": day.c.arrivals}
    )
    session.connection().execute(statement, rows)


def doubt_days(session: Session, keys: set[DayKey]) -> None:
    """Say nothing of these children's absence on the locked days; joins the transaction."""
    pair = tuple_(col(AttendanceDay.student_id), col(AttendanceDay.school_day))
    session.execute(
        update(AttendanceDay)
        .where(pair.in_(keys), col(AttendanceDay.no_show) == NoShowState.NONE)
        .values(no_show=NoShowState.DOUBT)
        .execution_options(synchronize_session=False)
    )


def _days(keys: set[DayKey]) -> Any:
    pair = tuple_(col(AttendanceDay.student_id), col(AttendanceDay.school_day))
    return (
        select(AttendanceDay)
        .where(pair.in_(keys))
        .order_by(col(AttendanceDay.school_day), col(AttendanceDay.student_id))
        .execution_options(populate_existing=True)
    )


def record_days(
    session: Session,
    liff_id: str,
    taps: Mapping[DayKey, Sequence[TapFact]],
    *,
    new_taps: set[UUID],
    departure_from: time,
    now: datetime,
) -> set[UUID]:
    """Decide the locked days of one school from all their taps; tell what the new taps changed.

    Return the ids of the taps that changed a side; the others are duplicates. Joins the caller's
    transaction.
    """
    rows = {(row.student_id, row.school_day): row for row in session.scalars(_days(set(taps)))}
    decided = {key: decide(facts, departure_from) for key, facts in taps.items()}
    seen_after_all: dict[date, list[Presence]] = defaultdict(list)
    for key, day in decided.items():
        if day.passings and rows[key].no_show == NoShowState.TOLD:
            seen_after_all[key[1]].append(_presence(key[0], day))
    _write(session, rows, decided)
    corrected: set[tuple[UUID, UUID]] = set()
    for school_day, presences in seen_after_all.items():
        corrected |= tell_corrections(session, liff_id, presences, school_day=school_day, now=now)
    happenings = [one for key, day in decided.items() for one in _happenings(key, day, new_taps)]
    tell_happenings(session, liff_id, happenings, corrected, now)
    return {one.tap.tap_id for day in decided.values() for one in day.passings}


def _presence(student_id: UUID, day: Day) -> Presence:
    if day.arrival is not None:
        return Presence(student_id=student_id, arrived_at=day.arrival.at)
    departed_at = day.passings[0].tap.at
    return Presence(student_id=student_id, arrived_at=None, departed_at=departed_at)


def _write(session: Session, rows: dict[DayKey, AttendanceDay], decided: dict[DayKey, Day]) -> None:
    changes = []
    for key, day in decided.items():
        arrival, departure = day.arrival, day.departure
        was_told = rows[key].no_show == NoShowState.TOLD and day.passings
        changes.append(
            {
                "student_id": key[0],
                "school_day": key[1],
                "arrived_at": arrival.at if arrival else None,
                "arrival_received_at": arrival.received_at if arrival else None,
                "departed_at": departure.at if departure else None,
                "arrivals": day.count(NoticeKind.ARRIVAL),
                "departures": day.count(NoticeKind.DEPARTURE),
                "no_show": NoShowState.CLEARED if was_told else rows[key].no_show,
            }
        )
    session.execute(update(AttendanceDay), changes)


def _happenings(key: DayKey, day: Day, new_taps: set[UUID]) -> list[Happening]:
    arrival = day.arrival
    # A late upload can turn an older tap after it, a duplicate until now, into a passing.
    arrival_passing = next((p for p in day.passings if p.kind is NoticeKind.ARRIVAL), None)
    changed_from = min(
        (one.tap.at for one in day.passings if one.tap.tap_id in new_taps), default=None
    )
    if changed_from is None:
        return []
    return [
        Happening(
            student_id=key[0],
            school_day=key[1],
            kind=one.kind,
            occurrence=one.occurrence,
            at=one.tap.at,
            tap_id=one.tap.tap_id,
            gate=one.tap.gate,
            arrived_at=arrival.at if arrival and arrival.at <= one.tap.at else None,
            departed_at=one.tap.at if one.kind is NoticeKind.DEPARTURE else None,
            is_first=one is (arrival_passing or day.passings[0]),
        )
        for one in day.passings
        if one.tap.at >= changed_from
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """A child's day as it is shown. Moments are aware; `reason` says why there are no lessons.

    `is_known` is False for a past day nobody watched, such as one before the school's first reader:
    its silence says nothing.
    """

    school_day: date
    is_school_day: bool
    reason: str
    arrived_at: datetime | None
    departed_at: datetime | None
    received_at: datetime | None
    is_late_upload: bool
    no_show_told: bool
    is_past_cutoff: bool
    is_known: bool


def days_of(
    session: Session, children: Sequence[BoundChild], first: date, last: date, now: datetime
) -> dict[UUID, list[DayView]]:
    """Return each child's days from first to last, oldest first, by student id."""
    statuses = day_statuses(session, {child.school_code for child in children}, first, last)
    rows = session.scalars(
        select(AttendanceDay).where(
            col(AttendanceDay.student_id).in_([child.student_id for child in children]),
            col(AttendanceDay.school_day).between(first, last),
        )
    )
    recorded = {(row.student_id, row.school_day): row for row in rows}
    return {
        child.student_id: [
            _view(day, status, recorded.get((child.student_id, day)), child, now)
            for day, status in statuses[child.school_code].items()
        ]
        for child in children
    }


def _view(
    day: date, status: DayStatus, row: AttendanceDay | None, child: BoundChild, now: datetime
) -> DayView:
    arrived_at = row.arrived_at if row else None
    received_at = row.arrival_received_at if row else None
    is_late = bool(arrived_at and received_at and received_at - arrived_at > LATE_UPLOAD)
    return DayView(
        school_day=day,
        is_school_day=status.is_open,
        reason=status.reason,
        arrived_at=arrived_at,
        departed_at=row.departed_at if row else None,
        received_at=received_at,
        is_late_upload=is_late,
        no_show_told=bool(row and row.no_show == NoShowState.TOLD),
        is_past_cutoff=now >= datetime.combine(day, child.cutoff, TAIPEI),
        is_known=row is not None or day >= school_day_of(now),
    )
