"""Tables of announcements: for whom, what was written by whom, and who has read it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime


class AnnouncementType(StrEnum):
    """公告類型."""

    SYSTEM = "system"
    SCHOOL = "school"
    EVENT = "event"
    OTHER = "other"


class Importance(StrEnum):
    """How much it matters; what is above NORMAL is shown on the first page until it is read."""

    NORMAL = "normal"
    IMPORTANT = "important"
    URGENT = "urgent"


class Announcement(SQLModel, table=True):
    """One announcement and whom it is for, as a closure names it; a class stands without grade.

    Its words are those of the version `published_number` names; None: nobody sees it yet.
    """

    __table_args__ = (
        CheckConstraint(
            "school_code IS NOT NULL OR (grade IS NULL AND homeroom IS NULL)", name="place"
        ),
        CheckConstraint(
            "school_code IS NULL OR (district IS NULL AND level IS NULL)", name="school"
        ),
        CheckConstraint("grade IS NULL OR homeroom IS NULL", name="class"),
        # Serves every look at the newest.
        Index("ix_announcement_shown", "shown_from"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    district: str | None = None
    level: str | None = None
    school_code: str | None = Field(default=None, foreign_key="school.code")
    grade: int | None = None
    homeroom: str | None = None
    published_number: int | None = None
    # Since when guardians see it: what the first version wished for, or its publishing if later.
    shown_from: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    archived_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class AnnouncementVersion(SQLModel, table=True):
    """What was written once. Never changed: an edit is the next version.

    Persons are staff:<staff id>. `needs_second`: for more than one class. `is_pushed`: publishing
    it also sends it to the guardians as a message.
    """

    __tablename__ = "announcement_version"
    __table_args__ = (
        UniqueConstraint("announcement_id", "number"),
        CheckConstraint("NOT needs_second OR published_by <> written_by", name="second_person"),
        # One at a time waits for the second person.
        Index(
            "uq_announcement_version_open",
            "announcement_id",
            unique=True,
            sqlite_where=text("published_at IS NULL AND declined_at IS NULL"),
            postgresql_where=text("published_at IS NULL AND declined_at IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    announcement_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("announcement.id", ondelete="CASCADE"), nullable=False)
    )
    number: int
    type: str
    importance: str
    title: str
    body: str
    publish_from: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    needs_second: bool
    is_pushed: bool = False
    written_by: str
    written_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    published_by: str | None = None
    published_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    declined_by: str | None = None
    declined_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class AnnouncementRead(SQLModel, table=True):
    """The last version of an announcement that a guardian opened."""

    __tablename__ = "announcement_read"
    # Serves what the purge looks for, and its cascade.
    __table_args__ = (Index("ix_announcement_read_announcement", "announcement_id"),)

    guardian_id: UUID = Field(foreign_key="guardian.id", primary_key=True)
    announcement_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("announcement.id", ondelete="CASCADE"), primary_key=True)
    )
    number: int
    read_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
