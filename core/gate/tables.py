"""Tables of the gate. Moments are aware UTC."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, Index, text
from sqlmodel import Field, SQLModel

from core.db import BIG_NUMBER, UtcDateTime
from core.sealed import SealedText

# Between the boot and the card of a tap whose number another tap of that boot has.
CLASH = "~"


class Verdict(StrEnum):
    """What was made of a tap; only UNKNOWN_CARD may change, once the card is known."""

    ACCEPTED = "accepted"
    UNKNOWN_CARD = "unknown_card"
    # The card was ended before: kept, told to staff, and no news of any child.
    FORMER_CARD = "former_card"
    QUARANTINED = "quarantined"


class TapSource(StrEnum):
    """Where a tap comes from. MAKE_UP is entered by staff, UNDO takes such an entry back."""

    CARD = "card"
    MAKE_UP = "make_up"
    UNDO = "undo"


class RequestState(StrEnum):
    """Where a guardian's request for a make-up stands; only OPEN is not final."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


OPEN_REQUEST = text("state = 'open'")
UNDOING = text("undoes_id IS NOT NULL")


class Reader(SQLModel, table=True):
    """A device at a gate. Two secrets may be live while rotating."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    school_code: str = Field(foreign_key="school.code", index=True)
    gate: str
    direction: str
    secret_sealed: str = Field(sa_column=Column(SealedText, nullable=False))
    next_secret_sealed: str | None = Field(
        default=None, sa_column=Column(SealedText("reader.secret"))
    )
    added_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    last_contact_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    # Server time minus the reader's clock, seconds, measured at the last heartbeat.
    clock_offset_seconds: float | None = None
    boot_id: str | None = None
    last_seq: int | None = Field(default=None, sa_type=BIG_NUMBER)
    # Taps the reader said it still holds.
    buffered: int = 0
    # When two devices were last caught using this reader's identity.
    cloned_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    # A backup was put back then; None once the reader said that it sent again what is lacking.
    asked_again_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class ReaderDay(SQLModel, table=True):
    """What came from one boot of a reader on one Taipei date of receipt.

    Numbers run on within a boot, so `taps` falls short of `last_seq - after_seq` where some are
    missing. Taps numbered up to `after_seq` came late and belong to an earlier row.
    """

    __tablename__ = "reader_day"

    reader_id: UUID = Field(foreign_key="reader.id", primary_key=True)
    boot_id: str = Field(primary_key=True, max_length=64)
    day: date = Field(primary_key=True, index=True)
    after_seq: int = Field(sa_type=BIG_NUMBER)
    last_seq: int = Field(sa_type=BIG_NUMBER)
    taps: int
    first_heard_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class ReaderNonce(SQLModel, table=True):
    """A webhook-id a reader used; a second use within ten minutes is a replay."""

    __tablename__ = "reader_nonce"

    reader_id: UUID = Field(foreign_key="reader.id", primary_key=True)
    webhook_id: str = Field(primary_key=True, max_length=128)
    seen_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))


class Tap(SQLModel, table=True):
    """A raw fact, from a reader or entered by staff. Never edited: a wrong entry is compensated.

    Only the mapping of an unknown card to its child is filled in later.
    """

    __table_args__ = (
        CheckConstraint(
            "(source = 'card') = (reader_id IS NOT NULL) AND "
            "(source = 'card') = (recorded_by IS NULL) AND (source = 'card') = (reason IS NULL)",
            name="source",
        ),
        CheckConstraint("(source = 'undo') = (undoes_id IS NOT NULL)", name="undo"),
        # Serves the decision: all taps of these children on this day.
        Index("ix_tap_student_day", "student_id", "school_day"),
        # A tap can be taken back once. The day is that of both; PostgreSQL keeps each month apart,
        # and a unique key must say which.
        Index(
            "ix_tap_undoes",
            "undoes_id",
            "school_day",
            unique=True,
            sqlite_where=UNDOING,
            postgresql_where=UNDOING,
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    # None for what staff entered; the next three columns are the reader's too.
    reader_id: UUID | None = Field(default=None, foreign_key="reader.id")
    # 64 from the reader, more where a number was used twice in one boot.
    boot_id: str | None = Field(default=None, max_length=96)
    seq: int | None = Field(default=None, sa_type=BIG_NUMBER)
    card_uid: str | None = Field(default=None, max_length=14, index=True)
    student_id: UUID | None = Field(default=None, foreign_key="student.id")
    direction: str
    tap_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    received_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    effective_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    school_day: date | None = None
    source: str = TapSource.CARD
    verdict: str
    # When an unknown card's tap found its child.
    matched_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    # Of a make-up tap: who entered it (staff:<uuid>) and why. An undo names what it takes back.
    recorded_by: str | None = None
    reason: str | None = None
    undoes_id: UUID | None = None


class TapNumber(SQLModel, table=True):
    """A number a reader gave a tap: what comes again under it is the same tap, or a second reader.

    Beside the taps themselves, as PostgreSQL keeps each month of those apart: a unique key there
    would have to name the school day, which the number does not tell. Kept for thirty days (a
    setting) from `day` on, the Taipei date of receipt: longer than readers hold what they could
    send again.
    """

    __tablename__ = "tap_number"
    # That there is such a reader is looked at where the tap is stored, in the same transaction.
    reader_id: UUID = Field(primary_key=True)
    boot_id: str = Field(primary_key=True, max_length=96)
    seq: int = Field(primary_key=True, sa_type=BIG_NUMBER)
    tap_id: UUID
    day: date = Field(index=True)


class MakeUpRequest(SQLModel, table=True):
    """無卡補登申請: a guardian asks for a make-up tap; the school enters it or says why not."""

    __tablename__ = "make_up_request"
    __table_args__ = (
        # A child's way in or out of a day is asked for once at a time, by whichever guardian.
        Index(
            "uq_make_up_request_open",
            "student_id",
            "school_day",
            "direction",
            unique=True,
            sqlite_where=OPEN_REQUEST,
            postgresql_where=OPEN_REQUEST,
        ),
        # Serves the child's page and the purge.
        Index("ix_make_up_request_student", "student_id", "school_day"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
        CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refusal"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    student_id: UUID = Field(foreign_key="student.id")
    guardian_id: UUID = Field(foreign_key="guardian.id", index=True)
    school_day: date
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    direction: str
    reason: str
    # What the guardian adds; only the school reads it.
    words_sealed: str | None = Field(default=None, sa_column=Column(SealedText))
    asked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    state: str = RequestState.OPEN
    closed_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    # guardian:<uuid> or staff:<uuid>.
    closed_by: str | None = None
    refusal: str | None = None
    # The make-up tap that was entered. No foreign key: taps are purged by themselves.
    tap_id: UUID | None = None
