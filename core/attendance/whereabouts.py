"""Where children are by their day rows: who has still to come, or to go."""

from collections.abc import Collection
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import Session

from core.attendance.tables import EXCUSED_PARTS, AttendanceDay
from core.db import table_of
from core.kinds import NoticeKind
from core.rows import is_one_of, run


def still_expected(
    session: Session, kind: NoticeKind, day: date, student_ids: Collection[UUID]
) -> set[UUID]:
    """Return which of these children have still to come, or to go, on the day."""
    rows = run(session, _whereabouts, {"students": list(student_ids), "day": day})
    if kind is NoticeKind.DEPARTURE:
        return {row.student_id for row in rows if row.arrived_at and not row.departed_at}
    here = {row.student_id for row in rows if row.arrived_at or row.leave in EXCUSED_PARTS}
    return set(student_ids) - here


@cache
def _whereabouts(engine: str) -> Any:
    day = table_of(AttendanceDay).c
    return select(day.student_id, day.arrived_at, day.departed_at, day.leave).where(
        is_one_of(engine, day.student_id, "students"), day.school_day == bindparam("day")
    )
