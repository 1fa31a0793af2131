"""Tables of the gate. Moments are aware UTC."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.db import SealedText, UtcDateTime


class Verdict(StrEnum):
    """What the intake made of a tap; facts of the moment, never edited."""

    ACCEPTED = "accepted"
    UNKNOWN_CARD = "unknown_card"
    QUARANTINED = "quarantined"


class Reader(SQLModel, table=True):
    """A device at a gate. Two secrets may be live while rotating."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    school_code: str = Field(foreign_key="school.code", index=True)
    gate: str
    direction: str
    secret_sealed: str = Field(sa_column=Column(SealedText, nullable=False))
    next_secret_sealed: str | None = Field(default=None, sa_column=Column(SealedText))
    added_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    last_contact_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    # Server time minus the reader's clock, seconds, measured at the last heartbeat.
    clock_offset_seconds: float | None = None
    boot_id: str | None = None
    last_seq: int | None = None
    # Taps the reader said it still holds.
    buffered: int = 0


class ReaderNonce(SQLModel, table=True):
    """A webhook-id a reader used; a second use within ten minutes is a replay."""

    __tablename__ = "reader_nonce"

    reader_id: UUID = Field(foreign_key="reader.id", primary_key=True)
    webhook_id: str = Field(primary_key=True, max_length=128)
    seen_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))


class Tap(SQLModel, table=True):
    """A raw fact from a reader. Immutable."""

    __table_args__ = (
        UniqueConstraint("reader_id", "boot_id", "seq"),
        # Serves the decision: all taps of these children on this day.
        Index("ix_tap_student_day", "student_id", "school_day"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    reader_id: UUID = Field(foreign_key="reader.id")
    # 64 from the reader, more where a number was used twice in one boot.
    boot_id: str = Field(max_length=96)
    seq: int
    card_uid: str = Field(max_length=14, index=True)
    student_id: UUID | None = Field(default=None, foreign_key="student.id")
    direction: str
    tap_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    received_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    effective_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    school_day: date | None = None
    source: str = "card"
    verdict: str
