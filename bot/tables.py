"""The inbox: webhook events as LINE sent them, stored before they are answered with 200."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime

OPEN = text("state = 'pending'")


class EventState(StrEnum):
    """Where an event stands."""

    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"


class LineEvent(SQLModel, table=True):
    """One webhook event. The primary key makes a repeated delivery harmless."""

    __tablename__ = "line_event"
    __table_args__ = (
        Index("ix_line_event_open", "occurred_at", sqlite_where=OPEN, postgresql_where=OPEN),
    )

    webhook_event_id: str = Field(primary_key=True, max_length=64)
    line_user_id: str | None = Field(default=None, index=True, max_length=33)
    occurred_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    received_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    state: str = EventState.PENDING
    attempts: int = 0
    lease_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    lease_token: UUID | None = None
    handled_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    problem: str | None = None
