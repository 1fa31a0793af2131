"""Receipts as they came. Times are aware UTC; neither numbers nor words are kept."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime

UNMATCHED = text("matched_at IS NULL")


class SmsReceipt(SQLModel, table=True):
    """What a firm said of a text, once however often it says so; `fate` is a core.post.texts.Fate.

    A receipt may come before its text's own answer, or for none of ours: it waits to be matched.
    """

    __tablename__ = "sms_receipt"
    __table_args__ = (
        UniqueConstraint("provider", "provider_id", "fate"),
        CheckConstraint("fate IN ('arrived', 'failed', 'waiting')", name="fate"),
        # Serves the matching of those that came too early.
        Index(
            "ix_sms_receipt_unmatched",
            "received_at",
            sqlite_where=UNMATCHED,
            postgresql_where=UNMATCHED,
        ),
        # Serves the end of what was kept long enough.
        Index("ix_sms_receipt_received", "received_at"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    provider: str
    provider_id: str
    fate: str
    received_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    matched_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
