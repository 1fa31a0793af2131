"""Tables of the calendar. A day is a Taipei date; every row says who wrote it, and when.

A `scope` is `city`, `district:中正區`, `level:國小`, a school code or `school code/grade`; the
narrower one wins.
"""

from datetime import date, datetime, time
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime
from core.kinds import DayPart


class OfficeDay(SQLModel, table=True):
    """A day of the government's office calendar, as its file says."""

    __tablename__ = "office_day"

    day: date = Field(primary_key=True)
    is_open: bool
    remark: str = ""
    source: str
    recorded_by: str
    recorded_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class CalendarDay(SQLModel, table=True):
    """A day on which our calendar differs: a make-up school day, a school's own day off."""

    __tablename__ = "calendar_day"
    __table_args__ = (UniqueConstraint("scope", "day"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    scope: str
    day: date
    is_open: bool
    reason: str
    source: str
    recorded_by: str = "operator"
    recorded_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class Term(SQLModel, table=True):
    """The lesson days of a term, first to last. `school_year` is ROC, such as 115.

    `billing_days` is what the SMS service charges by. It is typed in, never counted from the dates.
    """

    __table_args__ = (
        UniqueConstraint("scope", "school_year", "number"),
        CheckConstraint("first_day <= last_day", name="days"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    scope: str
    school_year: int
    number: int
    first_day: date
    last_day: date
    billing_days: int | None = None
    source: str
    recorded_by: str
    recorded_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class Closure(SQLModel, table=True):
    """A day (or half) without lessons; what is named of district … grade narrows it, all None is
    the whole city.

    A machine's find (`found_in`) has no proposer until somebody takes it over. It counts from its
    confirmation by a second person until its undoing, which takes two persons as well.
    """

    __table_args__ = (
        CheckConstraint("confirmed_by <> proposed_by", name="second_person"),
        CheckConstraint("undone_by <> undo_proposed_by", name="second_person_undo"),
        # Serves every look at a school day.
        Index("ix_closure_day", "day"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    district: str | None = None
    level: str | None = None
    school_code: str | None = Field(default=None, foreign_key="school.code")
    grade: int | None = None
    day: date
    part: str = DayPart.WHOLE
    # Who announced it and when, as guardians read it: 臺北市政府, 11/23 20:05.
    source: str
    source_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    found_in: str | None = None
    # Persons are staff:<line user's staff id> of ours.
    proposed_by: str | None = None
    proposed_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    confirmed_by: str | None = None
    confirmed_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    declined_by: str | None = None
    declined_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    undo_proposed_by: str | None = None
    undo_proposed_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    undone_by: str | None = None
    undone_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


OPEN_OFFER = text("ended_at IS NULL")


class ChannelOffer(SQLModel, table=True):
    """Whether a channel is offered in a term: of the city, or of a school, which only narrows it.

    `scope` is `city` or a school code; (`school_year`, `term`) is such as (115, 1). `note` is what
    guardians read beside it. An ended row counts no more and stays as history.
    """

    __tablename__ = "channel_offer"
    __table_args__ = (
        Index(
            "uq_channel_offer_open",
            "scope",
            "school_year",
            "term",
            "channel",
            unique=True,
            sqlite_where=OPEN_OFFER,
            postgresql_where=OPEN_OFFER,
        ),
        CheckConstraint("term IN (1, 2)", name="term"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    scope: str
    school_year: int
    term: int
    channel: str
    state: str
    note: str = ""
    recorded_by: str
    recorded_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class DayPolicy(SQLModel, table=True):
    """What differs from the school's usual day, for a grade, a weekday (0 is Monday) or a date.

    None in the first three columns means every one; None in the values means as usual. Times are
    Taipei times of day. A row counts from `from_day` on (None: since it was recorded) until
    `ended_at`, which may lie ahead; ended, it stays as history.
    """

    __tablename__ = "day_policy"
    __table_args__ = (Index("ix_day_policy_school", "school_code"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    school_code: str = Field(foreign_key="school.code")
    grade: int | None = None
    weekday: int | None = None
    day: date | None = None
    cutoff: time | None = None
    departure_from: time | None = None
    dismissal: time | None = None
    grace_minutes: int | None = None
    review_minutes: int | None = None
    bounce_seconds: int | None = None
    reason: str = ""
    recorded_by: str
    recorded_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    from_day: date | None = None


class SettingChange(SQLModel, table=True):
    """One change of a rule, a day, a term or the office calendar: what was, what is, from when.

    `subject` is what was changed within scope and kind: a day, a term, whom a rule is for; its
    changes are numbered. `before` and `after` are JSON, None where nothing stood. It can be undone
    until `from_day` begins.
    """

    __tablename__ = "setting_change"
    __table_args__ = (
        # One follows another, whoever writes at the same moment.
        UniqueConstraint("scope", "kind", "subject", "number"),
        # Serves the list of a school's changes.
        Index("ix_setting_change_scope", "scope", "recorded_at"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    scope: str
    kind: str
    subject: str
    number: int
    before: str | None = None
    after: str | None = None
    from_day: date
    recorded_by: str
    recorded_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    undone_by: str | None = None
    undone_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
