"""The no-show sweep: one statement a school and day, meeting the taps on the day row."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, String, and_, exists, literal, or_, select
from sqlmodel import Session, col

from core.attendance.tables import AttendanceDay, NoShowState
from core.db import UtcDateTime, insert_for
from core.people.tables import Card, EnrollmentStatus, Student


def sweep_no_shows(
    session: Session, school_code: str, school_day: date, now: datetime
) -> list[UUID]:
    """Mark the school's children without a tap and return them; joins the caller's transaction.

    Only enrolled children with a live card who are not sealed. A tap that commits at the same
    moment either stops the mark (the row then has it) or waits for this transaction and sees the
    mark. Marking twice marks nobody anew.
    """
    missing = _expected_children(school_code, school_day, now)
    columns = ["student_id", "school_day", "arrivals", "departures", "no_show", "no_show_at"]
    statement = insert_for(session, AttendanceDay).from_select(columns, missing)
    new = statement.excluded
    marked = statement.on_conflict_do_update(
        index_elements=["student_id", "school_day"],
        set_={"no_show": new.no_show, "no_show_at": new.no_show_at},
        where=and_(
            col(AttendanceDay.arrived_at).is_(None),
            col(AttendanceDay.departed_at).is_(None),
            col(AttendanceDay.no_show) == NoShowState.NONE,
        ),
    ).returning(col(AttendanceDay.student_id))
    return list(session.scalars(marked))


def _expected_children(school_code: str, school_day: date, now: datetime) -> Any:
    """Select a told day row for each child who should have come, tap or no tap."""
    holds_live_card = exists().where(
        col(Card.student_id) == col(Student.id),
        col(Card.valid_from) <= now,
        or_(col(Card.valid_until).is_(None), col(Card.valid_until) > now),
    )
    expected = select(
        col(Student.id),
        literal(school_day, Date),
        literal(0),
        literal(0),
        literal(NoShowState.TOLD.value, String),
        literal(now, UtcDateTime),
    ).where(
        col(Student.school_code) == school_code,
        col(Student.status) == EnrollmentStatus.ENROLLED,
        col(Student.is_sealed).is_(False),
        holds_live_card,
    )
    # In the order in which taps take the day rows, so that the two never wait for each other.
    return expected.order_by(col(Student.id))
