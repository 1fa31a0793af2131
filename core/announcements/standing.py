"""Where announcements stand, for those who write them, and what was done with each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from core.announcements.audiences import is_written_by
from core.announcements.tables import Announcement, AnnouncementVersion
from core.announcements.writing import GOOD_FOR, is_waiting
from core.announcements.years import is_of_past_year
from core.audit import AuditEntry
from core.people.tables import Staff


class Standing(StrEnum):
    """Where an announcement stands. Guardians read it in SHOWN, CHANGING and ARCHIVED, of the
    past school year's classes and grades (OVER) nowhere.
    """

    WAITING = "waiting"
    CHANGING = "changing"
    DECLINED = "declined"
    LAPSED = "lapsed"
    SCHEDULED = "scheduled"
    SHOWN = "shown"
    OVER = "over"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Written:
    """An announcement and what was written of it last."""

    announcement: Announcement
    newest: AnnouncementVersion


def standing_of(written: Written, now: datetime) -> Standing:
    """Return where an announcement stands at a moment."""
    announcement, newest = written.announcement, written.newest
    if announcement.archived_at is not None:
        return Standing.ARCHIVED
    if is_waiting(newest, now):
        return Standing.CHANGING if announcement.published_number else Standing.WAITING
    if announcement.shown_from is None:
        return Standing.DECLINED if newest.declined_at else Standing.LAPSED
    if is_of_past_year(announcement, now):
        return Standing.OVER
    return Standing.SCHEDULED if announcement.shown_from > now else Standing.SHOWN


def list_written(
    session: Session, roles: Sequence[Staff], *, archived: bool, skip: int, most: int
) -> list[Written]:
    """Return what these roles may write, what was written last first."""
    kept = col(Announcement.archived_at)
    last = (
        select(func.max(AnnouncementVersion.number))
        .where(AnnouncementVersion.announcement_id == Announcement.id)
        .correlate(Announcement)
        .scalar_subquery()
    )
    statement = (
        select(Announcement, AnnouncementVersion)
        .join(AnnouncementVersion, col(AnnouncementVersion.announcement_id) == Announcement.id)
        .where(AnnouncementVersion.number == last, is_written_by(roles))
        .where(kept.is_not(None) if archived else kept.is_(None))
        .order_by(col(AnnouncementVersion.written_at).desc(), col(Announcement.id))
        .offset(skip)
        .limit(most)
    )
    return [Written(*row) for row in session.exec(statement)]


def count_waiting(session: Session, roles: Sequence[Staff], now: datetime) -> int:
    """Return how many versions wait for one of these roles to be the second person."""
    own = [f"staff:{role.id}" for role in roles]
    statement = (
        select(func.count())
        .select_from(AnnouncementVersion)
        .join(Announcement, col(Announcement.id) == AnnouncementVersion.announcement_id)
        .where(
            col(AnnouncementVersion.published_at).is_(None),
            col(AnnouncementVersion.declined_at).is_(None),
            col(AnnouncementVersion.written_at) > now - GOOD_FOR,
            col(AnnouncementVersion.written_by).not_in(own),
            col(Announcement.archived_at).is_(None),
            is_written_by(roles),
        )
    )
    return session.exec(statement).one()


def history_of(session: Session, announcement_id: UUID) -> list[AuditEntry]:
    """Return what was done with an announcement, oldest first.

    Who may publish alone writes and publishes in one moment: the writing is read first.
    """
    writes = col(AuditEntry.action).in_(["announcement.write", "announcement.revise"])
    statement = (
        select(AuditEntry)
        .where(AuditEntry.subject == f"announcement:{announcement_id}")
        .order_by(col(AuditEntry.at), case((writes, 0), else_=1))
    )
    return list(session.exec(statement))
