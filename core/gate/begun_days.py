"""Days that begin with taps just stored: known from their rows, without asking the database."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from core.attendance.day_record import DayKey, LockedDay
from core.attendance.decision import Day, Passing, TapFact
from core.gate.tables import Verdict
from core.kinds import Direction, NoticeKind


def first_arrivals(rows: Sequence[Mapping[str, Any]]) -> dict[DayKey, Day]:
    """Return what these days most likely come to: a child's first tap is its way in."""
    first: dict[DayKey, Mapping[str, Any]] = {}
    for row in rows:
        if row["verdict"] is Verdict.ACCEPTED and row["direction"] != Direction.OUT:
            key = row["student_id"], row["school_day"]
            if key not in first or row["effective_at"] < first[key]["effective_at"]:
                first[key] = row
    return {key: Day((Passing(NoticeKind.ARRIVAL, 1, _fact(row)),)) for key, row in first.items()}


def begun_days(
    rows: Sequence[Mapping[str, Any]], held: Mapping[DayKey, LockedDay], gates: Mapping[UUID, str]
) -> dict[DayKey, list[TapFact]]:
    """Return the taps of the days that begin with them."""
    begun: dict[DayKey, list[TapFact]] = defaultdict(list)
    for row in rows:
        key = row["student_id"], row["school_day"]
        if row["verdict"] is Verdict.ACCEPTED and held[key].is_new:
            begun[key].append(_fact(row, gates[row["reader_id"]]))
    return begun


def _fact(row: Mapping[str, Any], gate: str = "") -> TapFact:
    return TapFact(
        tap_id=row["id"],
        reader_id=row["reader_id"],
        at=row["effective_at"],
        received_at=row["received_at"],
        direction=Direction(row["direction"]),
        gate=gate,
    )
