"""Everything a child's day is decided from, read under the lock of its day row."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import time
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.attendance.day_record import DayFacts, DayKey
from core.attendance.decision import TapFact
from core.calendar.closed import closed_parts
from core.calendar.policy import DayRules, rules_for
from core.gate.tables import Reader, Tap, TapSource, Verdict
from core.kinds import DayPart, Direction, NoticeKind
from core.people.tables import School

# After a morning without lessons children come at noon: a tap then is no way out.
AFTERNOON_DEPARTURES_FROM = time(15)


def read_day_facts(
    session: Session, school_code: str, grades: Mapping[UUID, int], keys: Collection[DayKey]
) -> dict[DayKey, DayFacts]:
    """Return the facts of each held (student, school day) of one school.

    `grades` gives each student's. Joins the caller's transaction; a fixed number of queries.
    """
    taps, taken_back = _taps(session, keys)
    grade_days = {(grades[student_id], day) for student_id, day in keys}
    school = session.get_one(School, school_code)
    rules = rules_for(session, school_code, grade_days)
    closed = closed_parts(session, school, grade_days)
    facts = {}
    for student_id, day in keys:
        one = (grades[student_id], day)
        facts[student_id, day] = DayFacts(
            taps[student_id, day],
            _opening(rules[one], closed.get(one)),
            taken_back[student_id, day],
            closed.get(one),
        )
    return facts


def _opening(rules: DayRules, closed: DayPart | None) -> DayRules:
    if closed is not DayPart.MORNING:
        return rules
    return replace(rules, departure_from=max(rules.departure_from, AFTERNOON_DEPARTURES_FROM))


def _taps(
    session: Session, keys: Collection[DayKey]
) -> tuple[dict[DayKey, list[TapFact]], dict[DayKey, Counter[NoticeKind]]]:
    rows = session.execute(
        select(
            col(Tap.id),
            col(Tap.reader_id),
            col(Tap.student_id),
            col(Tap.school_day),
            col(Tap.effective_at),
            col(Tap.received_at),
            col(Tap.direction),
            col(Tap.source),
            col(Tap.reason),
            col(Tap.undoes_id),
            col(Reader.gate),
        )
        .outerjoin(Reader, col(Reader.id) == col(Tap.reader_id))
        .where(
            # Not a list of pairs: SQLite finds no index for one.
            col(Tap.student_id).in_({student_id for student_id, _ in keys}),
            col(Tap.school_day).in_({day for _, day in keys}),
            col(Tap.verdict) == Verdict.ACCEPTED,
        )
    ).all()
    undone = {row.undoes_id for row in rows if row.source == TapSource.UNDO}
    facts: dict[DayKey, list[TapFact]] = defaultdict(list)
    taken_back: dict[DayKey, Counter[NoticeKind]] = defaultdict(Counter)
    for row in rows:
        key = (row.student_id, row.school_day)
        if row.id in undone:
            is_in = row.direction == Direction.IN
            taken_back[key][NoticeKind.ARRIVAL if is_in else NoticeKind.DEPARTURE] += 1
        elif row.source != TapSource.UNDO:
            facts[key].append(_fact(row))
    return facts, taken_back


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
