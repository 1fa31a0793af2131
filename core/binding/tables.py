"""Tables of the binding room. Times are aware UTC; a sealed column holds `key id:ciphertext`."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime
from core.sealed import BlindIndex, LineUserId, SealedText

LIVE_CODE = text("used_at IS NULL AND voided_at IS NULL")
UNDECIDED = text("decided_at IS NULL")
NOT_LIFTED = text("lifted_at IS NULL")
UNTOLD = text("full_at IS NOT NULL AND told_at IS NULL")
LIVE_DELEGATE = text("accepted_at IS NOT NULL AND ended_at IS NULL")


class TryCounter(SQLModel, table=True):
    """Misses of one Taipei date at one subject: a person, or a child as somebody named it.

    The number only grows to its limit, by conditional statements, so parallel tries can't pass it.
    `key` is a blind index, whether or not such a child is there.
    """

    __tablename__ = "try_counter"
    __table_args__ = (
        # Serves the tick that tells of what was closed.
        Index("ix_try_counter_untold", "full_at", sqlite_where=UNTOLD, postgresql_where=UNTOLD),
    )

    key: str = Field(
        sa_column=Column(BlindIndex("try_counter.key", fades="school_day"), primary_key=True)
    )
    school_day: date = Field(primary_key=True)
    number: int
    # What was named, for the tick to look up: `number/<school>/<number>` or `identity/<number>`.
    subject_sealed: str | None = Field(default=None, sa_column=Column(SealedText))
    full_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    told_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class BindingRule(SQLModel, table=True):
    """What a school decided about bindings; no row is the default, both off."""

    __tablename__ = "binding_rule"

    school_code: str = Field(primary_key=True, foreign_key="school.code")
    needs_approval: bool = False
    # A code of the school stands in for the real name of a general Taipei Pass member.
    code_vouches: bool = False
    changed_by: str
    changed_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class BindingCode(SQLModel, table=True):
    """A school's one-time code for one child. Only a keyed hash of it is kept."""

    __tablename__ = "binding_code"
    __table_args__ = (
        # A child has one live code: issuing anew ends the earlier.
        Index(
            "uq_binding_code_live",
            "student_id",
            unique=True,
            sqlite_where=LIVE_CODE,
            postgresql_where=LIVE_CODE,
        ),
    )

    code_index: str = Field(
        sa_column=Column(BlindIndex("binding_code.code", fades="expires_at"), primary_key=True)
    )
    student_id: UUID = Field(foreign_key="student.id")
    issued_by: str
    issued_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    used_by: UUID | None = Field(default=None, foreign_key="guardian.id")
    voided_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class CodeSheet(SQLModel, table=True):
    """Fresh codes on their way to the printer; emptied when shown, which is once."""

    __tablename__ = "code_sheet"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    school_code: str = Field(foreign_key="school.code")
    title: str
    issued_by: str
    issued_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    slips_sealed: str | None = Field(default=None, sa_column=Column(SealedText))
    shown_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class BindingRequest(SQLModel, table=True):
    """A proven guardian who waits for the school's yes; not a binding until then."""

    __tablename__ = "binding_request"
    __table_args__ = (
        Index(
            "uq_binding_request_open",
            "guardian_id",
            "student_id",
            unique=True,
            sqlite_where=UNDECIDED,
            postgresql_where=UNDECIDED,
        ),
        # Serves the school's queue.
        Index("ix_binding_request_student", "student_id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    guardian_id: UUID = Field(foreign_key="guardian.id")
    student_id: UUID = Field(foreign_key="student.id")
    relationship: str
    proven_by: str
    asked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    decided_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    decided_by: str | None = None
    is_approved: bool | None = None


class BindingBar(SQLModel, table=True):
    """A guardian whom the school keeps from a child, for custody's sake."""

    __tablename__ = "binding_bar"
    __table_args__ = (
        Index(
            "uq_binding_bar_open",
            "guardian_id",
            "student_id",
            unique=True,
            sqlite_where=NOT_LIFTED,
            postgresql_where=NOT_LIFTED,
        ),
        # Serves each try to bind: is this member kept from the child?
        Index("ix_binding_bar_student", "student_id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    guardian_id: UUID = Field(foreign_key="guardian.id")
    student_id: UUID = Field(foreign_key="student.id")
    # The Taipei Pass member, who stays the same when the account is deleted and made anew.
    member_index: str = Field(
        sa_column=Column(BlindIndex("binding_bar.member", of="member_sealed"), nullable=False)
    )
    member_sealed: str = Field(sa_column=Column(SealedText, nullable=False))
    barred_by: str
    barred_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    lifted_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    lifted_by: str | None = None


class MeasureKind(StrEnum):
    """What a school did about a child's bindings, each with a reason."""

    SEAL = "seal"
    UNSEAL = "unseal"
    UNBIND = "unbind"
    REBIND = "rebind"
    BAR = "bar"
    LIFT = "lift"


class Measure(SQLModel, table=True):
    """One such act with its reason, append-only beside the audit's plain fact."""

    __tablename__ = "binding_measure"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    student_id: UUID = Field(foreign_key="student.id", index=True)
    guardian_id: UUID | None = Field(default=None, foreign_key="guardian.id")
    kind: str
    reason_sealed: str = Field(sa_column=Column(SealedText, nullable=False))
    taken_by: str
    taken_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class DelegateLabel(StrEnum):
    """Whom a guardian asked, in words that name nobody."""

    GRANDPARENT = "grandparent"
    CLUB = "club"
    RELATIVE = "relative"
    OTHER = "other"


class Delegate(SQLModel, table=True):
    """Somebody who receives a child's arrivals and departures in a guardian's stead, for a while.

    Hangs on the guardian's binding and ends with it. `until` is the last Taipei date.
    """

    __table_args__ = (
        # Serves the fan-out.
        Index(
            "ix_delegate_live",
            "binding_id",
            sqlite_where=LIVE_DELEGATE,
            postgresql_where=LIVE_DELEGATE,
        ),
        Index("ix_delegate_line_user", "line_user_id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    binding_id: UUID = Field(foreign_key="binding.id", index=True)
    label: str
    until: date
    invited_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    code_index: str = Field(
        sa_column=Column(
            BlindIndex("delegate.code", fades="code_expires_at"), nullable=False, unique=True
        )
    )
    code_expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    # So that the guardian can pass it on again; emptied once somebody took it.
    code_sealed: str | None = Field(default=None, sa_column=Column(SealedText))
    line_user_id: str | None = Field(default=None, sa_type=LineUserId)
    accepted_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    ended_by: str | None = None


class CarryOver(SQLModel, table=True):
    """The proposal to keep a binding at the school a child moved to; nothing until answered."""

    __tablename__ = "carry_over"
    __table_args__ = (UniqueConstraint("guardian_id", "student_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    guardian_id: UUID = Field(foreign_key="guardian.id")
    # The binding at the former school, and the child as the new one knows it.
    binding_id: UUID = Field(foreign_key="binding.id")
    student_id: UUID = Field(foreign_key="student.id")
    proposed_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    answered_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    is_kept: bool | None = None
