"""The outbox. Times are aware UTC; `content` is the frozen JSON array of LINE message objects."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

import core.binding.tables  # noqa: F401  # whom delegate_id points at
import core.orders.tables  # noqa: F401  # what order_id points at
from core.db import UtcDateTime
from core.kinds import NoticeState
from core.sealed import LineUserId

# A guardian, a member of staff, or the number of an order that nobody made in LINE.
RECIPIENT = (
    "(guardian_id IS NULL) <> (staff_id IS NULL) OR "
    "guardian_id IS NULL AND staff_id IS NULL AND order_id IS NOT NULL"
)
# What a phone number was given for: ordered news of the gate, no-shows, and what is urgent.
PURPOSE = (
    "channel <> 'sms' OR (kind IN ('arrival', 'departure') AND order_id IS NOT NULL) "
    "OR (kind IN ('no_show', 'correction', 'closure_on', 'closure_off', 'announcement') "
    "AND order_id IS NULL)"
)
# In other words than by its state: a lease changes that, and PostgreSQL writes a row whose indexes
# say the same before and after where it lies, into none of them anew.
UNFINISHED = text("settled_at IS NULL")
SETTLED_AT = "(settled_at IS NULL) = (state IN ('pending', 'leased'))"
RIDING = text("rides_with IS NOT NULL")
ORDERED = text("order_id IS NOT NULL")
SETTLED = text("settled_at IS NOT NULL")
CLIMBING = text("kind IN ('no_show', 'correction')")
GATHERED = text("outcome = 'in_digest'")


class Notice(SQLModel, table=True):
    """One thing told to one person over one channel, from enqueue to its end state."""

    __table_args__ = (
        # One such key, one message. The day, which follows from it, is named as PostgreSQL keeps
        # each month apart: a unique key must say which.
        UniqueConstraint("retry_key", "school_day"),
        CheckConstraint(RECIPIENT, name="recipient"),
        CheckConstraint(PURPOSE, name="purpose"),
        CheckConstraint(SETTLED_AT, name="settled"),
        # Serves the claims: due rows first come by priority; settled rows do not weigh on it, and
        # what waits for one channel not on another's.
        Index(
            "ix_notice_due",
            "channel",
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
        # Serves the pushes of several: what waits for the same reader. Few rows ever are in it.
        Index(
            "ix_notice_company",
            "line_user_id",
            sqlite_where=text("settled_at IS NULL AND may_ride = 1"),
            postgresql_where=text("settled_at IS NULL AND may_ride"),
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
        # Serves the end of an order: what was told by it.
        Index("ix_notice_order", "order_id", sqlite_where=ORDERED, postgresql_where=ORDERED),
        # Serves the letters that gather a day: whose news waits for one.
        Index(
            "ix_notice_gathered",
            "guardian_id",
            sqlite_where=GATHERED,
            postgresql_where=GATHERED,
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    # student, school_day, kind, occurrence, recipient, channel: the identity of what is told.
    dedupe_key: str
    # UUIDv5 of dedupe_key: a crash, a second worker or a restored backup computes the same. It is
    # what keeps one thing from being told twice: a short key costs the queue far less than words.
    retry_key: UUID
    kind: str
    student_id: UUID | None = Field(default=None, foreign_key="student.id")
    # To a guardian or to a member of staff, never both; neither only where an order has the number.
    guardian_id: UUID | None = Field(default=None, foreign_key="guardian.id", index=True)
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
    # Of a guardian's notice that goes to somebody in their stead.
    delegate_id: UUID | None = Field(default=None, foreign_key="delegate.id")
    # The paid SMS order it is sent and counted by.
    order_id: UUID | None = Field(default=None, foreign_key="sms_order.id", ondelete="CASCADE")
    channel: str
    # The address is frozen too: a link moved later never redirects what was meant for the old one.
    line_user_id: str | None = Field(default=None, sa_type=LineUserId)
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
    # The notice in whose push this one goes, set before the first try and never changed after it.
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
