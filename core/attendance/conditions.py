"""Conditions on day rows that several questions share."""

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col

from core.attendance.tables import EXCUSED_PARTS, AttendanceDay


def was_seen() -> ColumnElement[bool]:
    """Tell of a day row whether the gate, or staff, saw the child."""
    return or_(
        col(AttendanceDay.arrived_at).is_not(None), col(AttendanceDay.departed_at).is_not(None)
    )


def is_excused() -> ColumnElement[bool]:
    """Tell of a day row whether a leave says why the child is not there at the cut-off."""
    return col(AttendanceDay.leave).in_(EXCUSED_PARTS)


def is_unexplained() -> ColumnElement[bool]:
    """Tell of a day row whether nothing is known of the child: neither a tap nor a leave."""
    no_leave = or_(col(AttendanceDay.leave).is_(None), ~is_excused())
    return and_(~was_seen(), no_leave)
