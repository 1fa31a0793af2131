"""Answers to a no-show, and what the school is asked. A school day is a Taipei date."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, text
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime

WAITING = text("next_at IS NOT NULL")


class NoShowAnswer(SQLModel, table=True):
    """What a guardian answered on a child not seen yet; each answer counts once a day."""

    __tablename__ = "no_show_answer"

    student_id: UUID = Field(foreign_key="student.id", primary_key=True)
    school_day: date = Field(primary_key=True)
    guardian_id: UUID = Field(foreign_key="guardian.id", primary_key=True, index=True)
    answer: str = Field(primary_key=True)
    answered_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class HelpRequest(SQLModel, table=True):
    """請協助確認: the school is asked about a child, once a day, until somebody replies."""

    __tablename__ = "help_request"
    __table_args__ = (
        CheckConstraint("(reply IS NULL) = (answered_at IS NULL)", name="reply"),
        CheckConstraint("reply IS NULL OR next_at IS NULL", name="waiting"),
        # Serves the reminders.
        Index("ix_help_request_due", "next_at", sqlite_where=WAITING, postgresql_where=WAITING),
    )

    student_id: UUID = Field(foreign_key="student.id", primary_key=True)
    school_day: date = Field(primary_key=True)
    # Who asked first.
    guardian_id: UUID = Field(foreign_key="guardian.id", index=True)
    asked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    # The gate had seen the child by then, so a tap is no reply.
    was_seen: bool = False
    # How many rounds of staff were asked, and when the next one is, None when no more.
    rounds: int = 1
    next_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    reply: str | None = None
    # staff:<uuid>.
    answered_by: str | None = None
    answered_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
