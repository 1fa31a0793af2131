"""Tables of attendance. A school day is a Taipei date; moments are aware UTC."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime


class NoShowState(StrEnum):
    """What became of a child's missing tap.

    DOUBT: a tap of theirs is held that can't be placed, so nothing is said. CLEARED: a tap came
    after all.
    """

    NONE = "none"
    DOUBT = "doubt"
    TOLD = "told"
    CLEARED = "cleared"


class AttendanceDay(SQLModel, table=True):
    """A child's day at the gate. This row is the lock between taps and the no-show sweep."""

    __tablename__ = "attendance_day"

    student_id: UUID = Field(foreign_key="student.id", primary_key=True)
    school_day: date = Field(primary_key=True)
    arrived_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    departed_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    # When the arrival became known; later than arrived_at after a late upload.
    arrival_received_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    arrivals: int = 0
    departures: int = 0
    no_show: str = NoShowState.NONE
    no_show_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class CalendarDay(SQLModel, table=True):
    """A day on which our calendar differs from the office calendar.

    `scope` is `city` or a school code; the narrower one wins.
    """

    __tablename__ = "calendar_day"
    __table_args__ = (UniqueConstraint("scope", "day"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    scope: str
    day: date
    is_open: bool
    reason: str
    source: str
    recorded_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
