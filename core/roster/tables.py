"""Tables of the roster. Times are aware UTC; a sealed column holds `key id:ciphertext`."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime
from core.sealed import SealedText


class RosterCheck(SQLModel, table=True):
    """A file that was looked through and waits to be confirmed: once, and not for long.

    `found` is a fingerprint of what taking it over would do; while it stays the same, what was
    shown is what will happen. The rows go when they are taken over or too old.
    """

    __tablename__ = "roster_check"
    # Serves the tidying: what is over age.
    __table_args__ = (Index("ix_roster_check_expires", "expires_at"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    school_code: str = Field(foreign_key="school.code")
    # Of the person who sent it; nobody else confirms it.
    staff_id: UUID = Field(foreign_key="staff.id")
    file_name: str = Field(max_length=60)
    checked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    found: str
    rows_sealed: str | None = Field(default=None, sa_column=Column(SealedText))
    taken_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    added: int | None = None
    changed: int | None = None
