"""Tables of privacy. Times are aware UTC."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime
from core.sealed import BlindIndex


class CopyOrder(SQLModel, table=True):
    """A copy a guardian asked for. It is made when it is fetched, so that none lies about."""

    __tablename__ = "copy_order"
    __table_args__ = (Index("ix_copy_order_guardian", "guardian_id", "asked_at"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    guardian_id: UUID = Field(foreign_key="guardian.id")
    asked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    fetched_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class Tombstone(SQLModel, table=True):
    """Somebody who was erased, by a keyed hash of an id; one row for each id they had.

    The same lines stand in TOMBSTONES_FILE, which no restored backup takes back.
    """

    person_index: str = Field(
        sa_column=Column(
            BlindIndex("tombstone.member", fades="erased_at", kept="retention_backups_days"),
            primary_key=True,
        )
    )
    erased_at: datetime = Field(
        sa_column=Column(UtcDateTime, primary_key=True, nullable=False, index=True)
    )
    # 完成編號, as the person was told it.
    code: str = Field(max_length=8)


class PurgeRun(SQLModel, table=True):
    """What one purge did to one kind of row: how many were over age before, went, and remain.

    `cutoff` is the moment of age that counted. `canary` says whether the row of old age that was
    put in beforehand is gone; None where none was put in.
    """

    __tablename__ = "purge_run"
    __table_args__ = (Index("ix_purge_run_limit", "limit_name", "started_at"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    limit_name: str
    table_name: str
    day: date
    cutoff: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    before: int
    removed: int
    after: int
    canary_gone: bool | None = None
    started_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    ended_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
