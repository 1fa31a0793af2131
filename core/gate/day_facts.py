"""Everything a child's day is decided from, read under the lock of its day row."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import time
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from core.attendance.day_record import DayFacts, DayKey
from core.attendance.decision import TapFact
from core.calendar.policy import DayRules
from core.calendar.school_days import SchoolGrade
from core.calendar.tap_days import tap_days
from core.db import table_of
from core.gate.tables import Reader, Tap, TapSource, Verdict
from core.kinds import DayPart, Direction
from core.rows import is_one_of, run

# After a morning without lessons children come at noon: a tap then is no way out.
AFTERNOON_DEPARTURES_FROM = time(15)


def read_day_facts(
    session: Session,
    places: Mapping[UUID, SchoolGrade],
    keys: Collection[DayKey],
    begun: Mapping[DayKey, Sequence[TapFact]] | None = None,
) -> dict[DayKey, DayFacts]:
    """Return the facts of each held (student, school day).

    `places` gives each student's school and grade, `begun` the taps of days that began in this
    transaction, which are not looked for. Joins the caller's transaction; a fixed number of
    queries.
    """
    begun = begun or {}
    older = [key for key in keys if key not in begun]
    taps, undone = _taps(session, older) if older else ({}, set())
    days = tap_days(session, {(*places[student_id], day) for student_id, day in keys})
    rules = {place: _opening(one.rules, one.closed) for place, one in days.items()}
    facts = {}
    for key in keys:
        student_id, day = key
        place = (*places[student_id], day)
        facts[key] = DayFacts(
            begun[key] if key in begun else taps.get(key, ()),
            rules[place],
            key in undone,
            days[place].closed,
        )
    return facts


def _opening(rules: DayRules, closed: DayPart | None) -> DayRules:
    if closed is not DayPart.MORNING:
        return rules
    return replace(rules, departure_from=max(rules.departure_from, AFTERNOON_DEPARTURES_FROM))


def _taps(
    session: Session, keys: Collection[DayKey]
) -> tuple[dict[DayKey, list[TapFact]], set[DayKey]]:
    """Return the taps that stand, and the days of which an entry was taken back."""
    students, days = ({key[place] for key in keys} for place in (0, 1))
    wanted = {"students": list(students), "days": list(days)}
    rows = run(session, _taps_of, wanted).all()
    undone = {row.undoes_id for row in rows if row.source == TapSource.UNDO}
    facts: dict[DayKey, list[TapFact]] = defaultdict(list)
    for row in rows:
        if row.id not in undone and row.source != TapSource.UNDO:
            facts[row.student_id, row.school_day].append(_fact(row))
    return facts, {(row.student_id, row.school_day) for row in rows if row.id in undone}


def _fact(row: Any) -> TapFact:
    return TapFact(
        tap_id=row.id,
        reader_id=row.reader_id,
        at=row.effective_at,
        received_at=row.received_at,
        direction=Direction(row.direction),
        gate=row.gate or "",
        reason=row.reason,
    )


@cache
def _taps_of(engine: str) -> Any:
    tap, reader = table_of(Tap), table_of(Reader)
    return (
        select(
            tap.c.id,
            tap.c.reader_id,
            tap.c.student_id,
            tap.c.school_day,
            tap.c.effective_at,
            tap.c.received_at,
            tap.c.direction,
            tap.c.source,
            tap.c.reason,
            tap.c.undoes_id,
            reader.c.gate,
        )
        .outerjoin(reader, reader.c.id == tap.c.reader_id)
        .where(
            # Not a list of pairs: SQLite finds no index for one.
            is_one_of(engine, tap.c.student_id, "students"),
            is_one_of(engine, tap.c.school_day, "days"),
            tap.c.verdict == Verdict.ACCEPTED.value,
        )
    )
