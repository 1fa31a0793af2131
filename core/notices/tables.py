"""The outbox. Times are aware UTC; `content` is the frozen JSON array of LINE message objects."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime
from core.kinds import NoticeState

UNFINISHED = text("state IN ('pending', 'leased')")
RIDING = text("rides_with IS NOT NULL")
SETTLED = text("settled_at IS NOT NULL")
CLIMBING = text("kind IN ('no_show', 'correction')")
LOOK_AT = text("state IN ('dead', 'unknown')")


class Notice(SQLModel, table=True):
    """One thing told to one person over one channel, from enqueue to its end state."""

    __table_args__ = (
        CheckConstraint("(guardian_id IS NULL) <> (staff_id IS NULL)", name="recipient"),
        # Serves the claim: due rows first come by priority; settled rows do not weigh on it.
        Index(
            "ix_notice_due",
            "priority",
            "turn_at",
            "id",
            sqlite_where=UNFINISHED,
            postgresql_where=UNFINISHED,
        ),
        # Serves the order per child and guardian, the no-show's cancellation and the pages.
        Index("ix_notice_student_day", "student_id", "school_day"),
        # Serves the pushes of several: those that go with another one.
        Index(
            "ix_notice_rides_with",
            "rides_with",
            sqlite_where=RIDING,
            postgresql_where=RIDING,
        ),
        # Serves the counts: what ended since the last look.
        Index(
            "ix_notice_settled",
            "settled_at",
            sqlite_where=SETTLED,
            postgresql_where=SETTLED,
        ),
        # Serves the ladder: the no-shows of the last hours and what corrects them.
        Index(
            "ix_notice_climbing",
            "created_at",
            sqlite_where=CLIMBING,
            postgresql_where=CLIMBING,
        ),
        # Serves the list of those a person has to look at.
        Index(
            "ix_notice_look_at",
            "settled_at",
            sqlite_where=LOOK_AT,
            postgresql_where=LOOK_AT,
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    # student, school_day, kind, occurrence, recipient, channel: the identity of what is told.
    dedupe_key: str = Field(unique=True)
    # UUIDv5 of dedupe_key: a crash, a second worker or a restored backup computes the same.
    retry_key: UUID
    kind: str
    student_id: UUID | None = Field(default=None, foreign_key="student.id")
    # To a guardian or to a member of staff, never both.
    guardian_id: UUID | None = Field(default=None, foreign_key="guardian.id", index=True)
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
    channel: str
    # The address is frozen too: a link moved later never redirects what was meant for the old one.
    line_user_id: str | None = Field(default=None, max_length=33)
    school_day: date
    occurrence: int = 1
    # The tap that is told of; None for what no tap caused.
    tap_id: UUID | None = None
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    is_silent: bool = False
    priority: int
    # Its place in the queue: a school's many take turns with other schools' few.
    turn_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    # The guardian has further children at this gate: it may go with their news in one push.
    may_ride: bool = False
    # The notice in whose push this one goes, set before the first try and never changed.
    rides_with: UUID | None = None
    state: str = NoticeState.PENDING
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    due_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    attempts: int = 0
    # Written before the first request leaves: it starts LINE's 24 h of retry-key memory.
    first_tried_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    lease_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    lease_token: UUID | None = None
    # Of a no-show: answered, corrected or cancelled. From then on it goes to no other channel.
    moot_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    settled_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    # A short word of ours (http_500, timeout, stale …), never the channel's own text.
    outcome: str | None = None
    line_request_id: str | None = None
