"""Tables of attendance. A school day is a Taipei date; moments are aware UTC."""

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, Index
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime
from core.kinds import DayPart


class NoShowState(StrEnum):
    """What became of a child's missing tap.

    DOUBT: a tap of theirs is held that can't be placed, so nothing is said. WAITING: missing at the
    cut-off, and still within grace and review. CLEARED: seen or excused after all. UNTOLD: still
    missing, but staff decided not to tell, it was too late to, or the child is not expected here
    any more.
    """

    NONE = "none"
    DOUBT = "doubt"
    WAITING = "waiting"
    TOLD = "told"
    CLEARED = "cleared"
    UNTOLD = "untold"


# A child on leave these parts of the day is not expected at the cut-off.
EXCUSED_PARTS = (DayPart.WHOLE, DayPart.MORNING)


class AttendanceDay(SQLModel, table=True):
    """A child's day at the gate. This row is the lock of taps, leaves and the no-show sweep."""

    # No index beside the key: a school's day is read by its children. One by day and state would
    # be of the whole city, and each school's cut-off would walk through all the others'.
    __tablename__ = "attendance_day"

    student_id: UUID = Field(foreign_key="student.id", primary_key=True)
    school_day: date = Field(primary_key=True)
    arrived_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    departed_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    # When the arrival became known; later than arrived_at after a late upload.
    arrival_received_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    arrival_is_make_up: bool = False
    departure_is_make_up: bool = False
    arrivals: int = 0
    departures: int = 0
    # A DayPart while an open leave covers the day.
    leave: str | None = None
    no_show: str = NoShowState.NONE
    no_show_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    # When grace and review end for this child.
    no_show_due_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


# What a day row begins with before anything is known of the day.
BLANK_DAY = {
    "arrivals": 0,
    "departures": 0,
    "arrival_is_make_up": False,
    "departure_is_make_up": False,
    "no_show": NoShowState.NONE,
}


class LeaveReason(StrEnum):
    """Why a child stays away. Only the school sees it."""

    SICK = "sick"
    PERSONAL = "personal"
    BEREAVEMENT = "bereavement"
    OFFICIAL = "official"
    OTHER = "other"


class Leave(SQLModel, table=True):
    """A leave (請假) over a span of days. It is withdrawn, never edited."""

    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="days"),
        # Serves the overlap check and the pages.
        Index("ix_leave_student", "student_id", "last_day"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    student_id: UUID = Field(foreign_key="student.id")
    first_day: date
    last_day: date
    part: str = DayPart.WHOLE
    reason: str
    # guardian:<uuid> or staff:<uuid>.
    filed_by: str
    filed_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class RunState(StrEnum):
    """How a school's cut-off goes. DUE, HELD and WAITING are not final.

    HELD: the gate can't be trusted, staff are asked. WAITING: the missing are marked, grace and
    review run. EXPIRED: held until it was too late.
    """

    DUE = "due"
    HELD = "held"
    WAITING = "waiting"
    TOLD = "told"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NO_SCHOOL = "no_school"
    SKIPPED_LATE = "skipped_late"


class NoShowRun(SQLModel, table=True):
    """One cut-off of a school's day, done once across machines: the primary key is the lock.

    Grades with one cut-off share a run. `expected` and `arrived` were counted at the cut-off; they
    are what later days are compared with.
    """

    __tablename__ = "no_show_run"

    school_code: str = Field(foreign_key="school.code", primary_key=True)
    school_day: date = Field(primary_key=True)
    cutoff: time = Field(primary_key=True)
    state: str = RunState.DUE
    expected: int | None = None
    arrived: int | None = None
    told: int = 0
    # How many were missing when the run was held.
    held: int = 0
    # While WAITING: when grace and review end for the next of the children.
    next_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    hold_reason: str | None = None
    held_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    decided_by: str | None = None
    ran_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
