"""Codes on their way to addresses. Times are aware UTC."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, Index, text
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime
from core.kinds import NoticeState
from core.sealed import SealedText

WAITING = text("state = 'waiting'")
UNSENT = text("letter IN ('pending', 'leased')")


class ProofState(StrEnum):
    """Where a proof stands; every state but WAITING is an end.

    UNSENT: its letter or message could not go out. SPENT: five wrong codes. REPLACED: by a newer
    code. WITHDRAWN: the guardian took the address out.
    """

    WAITING = "waiting"
    PROVED = "proved"
    EXPIRED = "expired"
    SPENT = "spent"
    UNSENT = "unsent"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class ContactProof(SQLModel, table=True):
    """One code for one address, and the letter or message that carries it.

    `slot` is a ContactSlot; `letter` a NoticeState. The code is kept while it waits, no longer.
    """

    __tablename__ = "contact_proof"
    __table_args__ = (
        CheckConstraint("tries_left BETWEEN 0 AND 5", name="tries_left"),
        CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("(letter IN ('pending', 'leased')) = (settled_at IS NULL)", name="settled"),
        # Serves the pages: how the guardian's addresses stand.
        Index("ix_contact_proof_guardian", "guardian_id", "asked_at"),
        # One code counts at a time.
        Index(
            "uq_contact_proof_waiting",
            "guardian_id",
            "slot",
            unique=True,
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        # Serves the end of what nobody typed.
        Index(
            "ix_contact_proof_expiring",
            "expires_at",
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        # Serves the claim: what is to be sent.
        Index("ix_contact_proof_due", "due_at", sqlite_where=UNSENT, postgresql_where=UNSENT),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    guardian_id: UUID = Field(foreign_key="guardian.id")
    slot: str
    address_sealed: str = Field(sa_column=Column(SealedText, nullable=False))
    code_sealed: str | None = Field(default=None, sa_column=Column(SealedText))
    language: str
    state: str = ProofState.WAITING
    tries_left: int
    asked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    # Counted from the carrier's acceptance, as slow mail must not eat up the reader's minutes.
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    letter: str = NoticeState.PENDING
    attempts: int = 0
    due_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    give_up_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    lease_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    lease_token: UUID | None = None
    settled_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    # A short word of ours (smtp_550, cut …), never the carrier's own text.
    outcome: str | None = None
    # The carrier's id of the message.
    reference: str | None = None
