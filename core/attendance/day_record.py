"""The day record: locked, decided anew from all facts of the day, and told of.

lock -> read the day's taps -> decide (pure) -> write -> stop or correct a no-show -> tell.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache, partial
from typing import Any
from uuid import UUID

from sqlalchemy import false, select, update
from sqlmodel import Session, col

from core.attendance.day_news import happenings_of, is_morning
from core.attendance.decision import Day, TapFact, decide, departures_from
from core.attendance.numbers import numbers_by_day
from core.attendance.tables import AttendanceDay, NoShowState
from core.attendance.whereabouts import still_expected
from core.calendar.policy import DayRules
from core.db import table_of
from core.kinds import DayPart, NoticeKind
from core.notices.fan_out import CORRECTED, tell_corrections, tell_happenings
from core.notices.happenings import Presence
from core.notices.leave_notices import LEAVE_TAP, Sighting, tell_leave_taps
from core.notices.staff_notices import tell_discrepancies
from core.rows import insert_given, is_one_of, run, run_rows
from core.texting.paid import text_happenings
from core.values import value

DayKey = tuple[UUID, date]
KEY = ("student_id", "school_day")
DECIDED = (
    "arrived_at", "arrival_received_at", "arrival_is_make_up", "departed_at",
    "departure_is_make_up", "arrivals", "departures", "no_show",
)  # fmt: skip
UNDECIDED = Day(())


@value()
class LockedDay:
    """What a held day row says before it is decided anew.

    `said` are the columns that are decided, as they stand there. A row that `is_new` was made here:
    no accepted tap is of that day but those of this transaction.
    """

    no_show: NoShowState
    leave: DayPart | None
    said: Mapping[str, Any]
    is_new: bool = False


@value()
class DayFacts:
    """Everything a child's day is decided from.

    `has_undone` tells that an entry of staff was taken back; `closed` is the part of the day a
    confirmed closure covers.
    """

    taps: Sequence[TapFact]
    rules: DayRules
    has_undone: bool = False
    closed: DayPart | None = None

    def day(self, leave: DayPart | None) -> Day:
        """Return what the taps of a child on this leave amount to."""
        since = departures_from(self.rules.departure_from, closed=self.closed, leave=leave)
        return decide(self.taps, since, self.rules.bounce)


def lock_days(
    session: Session, keys: set[DayKey], expected: Mapping[DayKey, Day] | None = None
) -> dict[DayKey, LockedDay]:
    """Make and lock the day rows of (student, school day); joins the caller's transaction.

    Whoever holds them may read the day's taps and decide; the no-show sweep waits. Rows are taken
    in one order everywhere, so that two batches can't wait for each other. A new row begins with
    what is `expected` of its day: where that is what is decided, it is written once.
    """
    if not keys:
        return {}
    rows = {
        key: _columns(key, NoShowState.NONE, (expected or {}).get(key, UNDECIDED)) for key in keys
    }
    columns = [table_of(AttendanceDay).c[name] for name in (*KEY, *DECIDED)]
    made = run_rows(session, _make_days, columns, list(rows.values()))
    held = {}
    for row in made:
        key = row.student_id, row.school_day
        held[key] = LockedDay(NoShowState.NONE, None, rows[key], is_new=True)
    older = keys - held.keys()
    return held | _older_days(session, older) if older else held


@cache
def _make_days(engine: str) -> Any:
    # One pass makes a row or locks the one that is there, which is not brought: its condition says
    # no once it is held. Making first and locking afterwards would take the locks in two rounds,
    # and two holders could wait for each other. Source: PostgreSQL manual, "INSERT", ON CONFLICT.
    day = table_of(AttendanceDay)
    statement = insert_given(engine, day, [*KEY, *DECIDED], ["school_day", "student_id"])
    statement = statement.on_conflict_do_update(
        index_elements=KEY, set_={"arrivals": day.c.arrivals}, where=false()
    )
    return statement.returning(day.c.student_id, day.c.school_day)


def _older_days(session: Session, keys: set[DayKey]) -> dict[DayKey, LockedDay]:
    """Read day rows that are held."""
    students, days = ({key[place] for key in keys} for place in (0, 1))
    held = {}
    for row in run(session, _held_days, {"students": list(students), "days": list(days)}):
        key = row.student_id, row.school_day
        if key in keys:
            said = row._asdict()
            leave = said.pop("leave")
            no_show = NoShowState(row.no_show)
            held[key] = LockedDay(no_show, DayPart(leave) if leave else None, said)
    return held


@cache
def _held_days(engine: str) -> Any:
    day = table_of(AttendanceDay).c
    return select(*(day[name] for name in (*KEY, *DECIDED, "leave"))).where(
        # Not a list of pairs: SQLite finds no index for one.
        is_one_of(engine, day.student_id, "students"),
        is_one_of(engine, day.school_day, "days"),
    )


def doubt_days(session: Session, keys: set[DayKey]) -> None:
    """Say nothing of these children's absence on the held days; joins the transaction."""
    silent = (NoShowState.NONE, NoShowState.WAITING)
    # Day by day: SQLite finds no index for a list of pairs.
    for day in {day for _, day in keys}:
        session.execute(
            update(AttendanceDay)
            .where(
                col(AttendanceDay.student_id).in_([one for one, other in keys if other == day]),
                col(AttendanceDay.school_day) == day,
                col(AttendanceDay.no_show).in_(silent),
            )
            .values(no_show=NoShowState.DOUBT)
            .execution_options(synchronize_session=False)
        )


def record_days(
    session: Session,
    liff_id: str,
    held: Mapping[DayKey, LockedDay],
    facts: Mapping[DayKey, DayFacts],
    *,
    new_taps: set[UUID],
    now: datetime,
) -> set[UUID]:
    """Decide the held days from all their facts; tell what the new taps changed.

    Return the ids of the taps that changed a side; the others are duplicates. Joins the caller's
    transaction.
    """
    decided = {key: one.day(held[key].leave) for key, one in facts.items()}
    _write(session, held, decided)
    instead = _correct(session, liff_id, held, decided, now)
    instead |= _tell_discrepancies(session, liff_id, held, decided, new_taps, now)
    undone = {key: (decided[key], one.taps) for key, one in facts.items() if one.has_undone}
    numbers = numbers_by_day(session, undone)
    happenings = [
        happening
        for key, day in decided.items()
        for happening in happenings_of(
            key, day, new_taps, numbers=numbers.get(key, {}), closed=facts[key].closed
        )
    ]
    tell_happenings(session, liff_id, happenings, instead, partial(still_expected, session), now)
    text_happenings(session, happenings, instead, now)
    return {one.tap.tap_id for day in decided.values() for one in day.passings}


def _write(
    session: Session, held: Mapping[DayKey, LockedDay], decided: Mapping[DayKey, Day]
) -> None:
    rows = []
    for key, day in decided.items():
        before = held[key]
        row = _columns(key, before.no_show, day)
        if row != before.said:
            rows.append(row)
    if rows:
        columns = [table_of(AttendanceDay).c[name] for name in (*KEY, *DECIDED)]
        run_rows(session, _write_days, columns, rows)


@cache
def _write_days(engine: str) -> Any:
    # Every row is there and held; an upsert is the one form in which both engines take many.
    statement = insert_given(engine, table_of(AttendanceDay), [*KEY, *DECIDED])
    given = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=KEY, set_={name: given[name] for name in DECIDED}
    )


def _columns(key: DayKey, no_show: NoShowState, day: Day) -> dict[str, Any]:
    arrival, departure = day.arrival, day.departure
    is_missing = no_show in (NoShowState.TOLD, NoShowState.WAITING)
    return {
        "student_id": key[0],
        "school_day": key[1],
        "arrived_at": arrival.at if arrival else None,
        "arrival_received_at": arrival.received_at if arrival else None,
        "arrival_is_make_up": arrival is not None and arrival.is_make_up,
        "departed_at": departure.at if departure else None,
        "departure_is_make_up": departure is not None and departure.is_make_up,
        "arrivals": day.count(NoticeKind.ARRIVAL),
        "departures": day.count(NoticeKind.DEPARTURE),
        "no_show": NoShowState.CLEARED if is_missing and day.passings else no_show,
    }


def _correct(
    session: Session,
    liff_id: str,
    held: Mapping[DayKey, LockedDay],
    decided: Mapping[DayKey, Day],
    now: datetime,
) -> dict[tuple[UUID, UUID], str]:
    """Correct the no-shows that were told; return for which tap and guardian that was the news."""
    seen: dict[date, list[Presence]] = defaultdict(list)
    told_missing = [key for key, before in held.items() if before.no_show is NoShowState.TOLD]
    for key in told_missing:
        day = decided.get(key, UNDECIDED)
        if day.passings:
            student_id, school_day = key
            seen[school_day].append(_presence(student_id, day))
    instead: dict[tuple[UUID, UUID], str] = {}
    for school_day, presences in seen.items():
        taps = {one.student_id: one.tap_id for one in presences if one.tap_id}
        told = tell_corrections(session, liff_id, presences, school_day=school_day, now=now)
        instead |= {(taps[student], guardian): CORRECTED for student, guardian in told}
    return instead


def _presence(student_id: UUID, day: Day) -> Presence:
    first = _first_news(day)
    arrival = day.arrival
    return Presence(
        student_id=student_id,
        tap_id=first.tap_id,
        arrived_at=arrival.at if arrival else None,
        departed_at=None if arrival else first.at,
        # Staff who enter a way out do not say that the child is here.
        recorded_at=first.received_at if arrival and first.is_make_up else None,
    )


def _first_news(day: Day) -> TapFact:
    """Return the arrival, or the first way out of a child that was never seen coming."""
    return day.arrival or day.passings[0].tap


def _tell_discrepancies(
    session: Session,
    liff_id: str,
    held: Mapping[DayKey, LockedDay],
    decided: Mapping[DayKey, Day],
    new_taps: set[UUID],
    now: datetime,
) -> dict[tuple[UUID, UUID], str]:
    """Tell guardians and staff of taps on a leave; return for which that replaced the news."""
    sightings = []
    on_leave = [(key, before.leave) for key, before in held.items() if before.leave]
    for key, leave in on_leave:
        passings = decided.get(key, UNDECIDED).passings
        against = next((one for one in passings if contradicts(leave, one.kind, one.tap.at)), None)
        if against is not None and against.tap.tap_id in new_taps:
            tap = against.tap
            sightings.append(Sighting(*key, against.kind, tap.at, tap.tap_id))
    if not sightings:
        return {}
    told = tell_leave_taps(session, liff_id, sightings, now)
    tell_discrepancies(session, [(one.student_id, one.at) for one in sightings], now)
    return {(one.tap_id, guardian): LEAVE_TAP for one, guardian in told if one.tap_id}


def contradicts(leave: DayPart | None, kind: NoticeKind, at: datetime) -> bool:
    """Tell whether an arrival or departure at a moment goes against the leave of its day."""
    if leave is DayPart.WHOLE:
        return True
    if leave is DayPart.MORNING:
        return is_morning(at)
    is_coming = kind is NoticeKind.ARRIVAL
    return leave is DayPart.AFTERNOON and is_coming and not is_morning(at)
