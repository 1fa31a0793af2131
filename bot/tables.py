"""The inbox: webhook events as LINE sent them, stored before they are answered with 200; and where
somebody's chat stands."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime
from core.sealed import LineUserId, SealedBytes

OPEN = text("state = 'pending'")


class EventState(StrEnum):
    """Where an event stands."""

    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"


class Conversation(SQLModel, table=True):
    """What somebody has begun in the chat and not sent yet: one task at a time.

    `words` is the line that says all that was said so far; typed again it goes on from there.
    `offered_at`: when it was offered again after something else, since the last word of it.
    """

    line_user_id: str = Field(primary_key=True, sa_type=LineUserId)
    task: str = Field(max_length=20)
    words: bytes = Field(sa_column=Column(SealedBytes("conversation.words"), nullable=False))
    asked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))
    offered_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class LineEvent(SQLModel, table=True):
    """One webhook event. The primary key makes a repeated delivery harmless."""

    __tablename__ = "line_event"
    __table_args__ = (
        Index("ix_line_event_open", "occurred_at", sqlite_where=OPEN, postgresql_where=OPEN),
    )

    webhook_event_id: str = Field(primary_key=True, max_length=64)
    line_user_id: str | None = Field(default=None, index=True, sa_type=LineUserId)
    occurred_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    received_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    body: bytes = Field(sa_column=Column(SealedBytes("line_event.body"), nullable=False))
    state: str = EventState.PENDING
    attempts: int = 0
    lease_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    lease_token: UUID | None = None
    handled_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    problem: str | None = None
