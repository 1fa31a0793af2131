"""Writing announcements: versions, the second person, the archive.

Every step is one conditional update, so of two people who press at once one acts and the other
hears that it is answered. All functions join the caller's transaction; refusals are InputError, an
announcement that is not there is AccessError 404. Who may do it, the caller asks audiences.py.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, func, update
from sqlmodel import Session, col, select

from core.announcements.audiences import Audience, require_audience
from core.announcements.tables import (
    Announcement,
    AnnouncementType,
    AnnouncementVersion,
    Importance,
)
from core.announcements.texts import clean_body, clean_title
from core.audit import record_audit
from core.errors import AccessError, InputError
from core.notices.announcement_notices import stop_announcement
from core.people.staff import are_one_person

# How long a version waits for the second person.
GOOD_FOR = timedelta(hours=24)
AHEAD = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What is written. Guardians see it from `publish_from` on; a moment that is over is now."""

    type: AnnouncementType
    importance: Importance
    title: str
    body: str
    publish_from: datetime


def text_of(version: AnnouncementVersion) -> Text:
    """Return the words of a version."""
    return Text(
        type=AnnouncementType(version.type),
        importance=Importance(version.importance),
        title=version.title,
        body=version.body,
        publish_from=version.publish_from,
    )


def is_waiting(version: AnnouncementVersion, now: datetime) -> bool:
    """Tell whether the second person may still confirm a version."""
    is_open = version.published_at is None and version.declined_at is None
    return is_open and now - version.written_at < GOOD_FOR


def get_announcement(session: Session, announcement_id: UUID) -> Announcement:
    """Return an announcement as it is in the database now. Raises AccessError 404."""
    found = session.get(Announcement, announcement_id, populate_existing=True)
    if found is None:
        raise AccessError("no_such_announcement")
    return found


def versions_of(session: Session, announcement_id: UUID) -> list[AnnouncementVersion]:
    """Return what was written of an announcement, newest first."""
    statement = (
        select(AnnouncementVersion)
        .where(AnnouncementVersion.announcement_id == announcement_id)
        .order_by(col(AnnouncementVersion.number).desc())
        .execution_options(populate_existing=True)
    )
    return list(session.exec(statement))


def write_announcement(
    session: Session,
    audience: Audience,
    text: Text,
    by: str,
    now: datetime,
    *,
    liff_id: str = "",
    is_pushed: bool = False,
    announcement_id: UUID | None = None,
) -> AnnouncementVersion:
    """Write one. For one class it is published at once, else it waits for a second person.

    `liff_id` names our own pages, which it may lead to; without it, to none. What `is_pushed` is
    sent as a message too, by whoever calls sending.py after the publishing. It gets the id given,
    by which a caller that comes again finds it.
    """
    require_audience(session, audience)
    announcement = Announcement(id=announcement_id or uuid4(), **asdict(audience))
    session.add(announcement)
    session.flush()
    text = checked(text, now, liff_id)
    return _add_version(session, announcement, 1, text, by, now, is_pushed=is_pushed)


def revise_announcement(
    session: Session,
    announcement_id: UUID,
    text: Text,
    *,
    seen: int,
    by: str,
    now: datetime,
    liff_id: str = "",
) -> AnnouncementVersion:
    """Write the next version; what guardians read stays until it is published.

    `seen` is the number of the version the writer began from; a later one is "changed". What goes
    out as a message goes when it is published: a later moment is "at_once". A version that still
    waits falls.
    """
    announcement = _locked(session, announcement_id)
    if _last_number(session, announcement_id) != seen:
        raise InputError("changed")
    text = checked(text, now, liff_id)
    # What was to be sent and was not yet is still to be sent, in its new words.
    is_pushed = (
        announcement.published_number is None
        and _get_version(session, announcement_id, seen).is_pushed
    )
    if is_pushed and text.publish_from > now:
        raise InputError("at_once", "publish_from")
    waits = _open(announcement_id)
    session.execute(_change(*waits).values(declined_by=by, declined_at=now))
    return _add_version(session, announcement, seen + 1, text, by, now, is_pushed=is_pushed)


def publish_version(
    session: Session, announcement_id: UUID, number: int, by: str, now: datetime
) -> None:
    """Let guardians see a version, as its second person.

    Refuses one's own, what has lapsed, and what was put away meanwhile.
    """
    # Taken first by whoever writes: an edit and a confirmation must not wait for each other.
    if _locked(session, announcement_id).archived_at is not None:
        raise InputError("answered")
    version = _get_version(session, announcement_id, number)
    if version.declined_at is None and version.published_at is None:
        if not is_waiting(version, now):
            raise InputError("expired")
        if are_one_person(session, version.written_by, by):
            raise InputError("own_confirm")
    _publish(session, version, by, now)


def decline_version(
    session: Session, announcement_id: UUID, number: int, by: str, now: datetime
) -> None:
    """Turn a version down, or take the own one back; what guardians read stays."""
    waits = _open(announcement_id, number)
    _step(session, _change(*waits).values(declined_by=by, declined_at=now))
    _record(session, announcement_id, "decline", by, now)


def archive_announcement(session: Session, announcement_id: UUID, by: str, now: datetime) -> None:
    """Move an announcement among those of the past, where guardians still find it.

    Whoever the message has not reached yet is not sent it any more.
    """
    _move(session, announcement_id, col(Announcement.archived_at).is_(None), now)
    stop_announcement(session, announcement_id, now)
    _record(session, announcement_id, "archive", by, now)


def restore_announcement(session: Session, announcement_id: UUID, by: str, now: datetime) -> None:
    """Bring an archived announcement back among the newest."""
    _move(session, announcement_id, col(Announcement.archived_at).is_not(None), None)
    _record(session, announcement_id, "restore", by, now)


def checked(text: Text, now: datetime, liff_id: str) -> Text:
    """Return the text as it is kept. Raises InputError with the field."""
    if text.publish_from - now > AHEAD:
        raise InputError("too_far", "publish_from")
    return Text(
        type=AnnouncementType(text.type),
        importance=Importance(text.importance),
        title=clean_title(text.title, liff_id),
        body=clean_body(text.body, liff_id),
        publish_from=text.publish_from,
    )


def _add_version(
    session: Session,
    announcement: Announcement,
    number: int,
    text: Text,
    by: str,
    now: datetime,
    *,
    is_pushed: bool,
) -> AnnouncementVersion:
    needs_second = Audience.of(announcement).needs_second
    version = AnnouncementVersion(
        announcement_id=announcement.id,
        number=number,
        needs_second=needs_second,
        is_pushed=is_pushed,
        written_by=by,
        written_at=now,
        **asdict(text),
    )
    session.add(version)
    session.flush()
    _record(session, announcement.id, "write" if number == 1 else "revise", by, now)
    if not needs_second:
        _publish(session, version, by, now)
    return version


def _publish(session: Session, version: AnnouncementVersion, by: str, now: datetime) -> None:
    waits = _open(version.announcement_id, version.number)
    _step(session, _change(*waits).values(published_by=by, published_at=now))
    announcement = _locked(session, version.announcement_id)
    # Who reads the list by date should find it where it was.
    is_shown = announcement.shown_from is not None and announcement.shown_from <= now
    if not is_shown:
        announcement.shown_from = max(version.publish_from, now)
    announcement.published_number = version.number
    session.add(announcement)
    session.flush()
    _record(session, announcement.id, "publish", by, now)


def _open(announcement_id: UUID, number: int | None = None) -> list[ColumnElement[bool]]:
    named = [] if number is None else [col(AnnouncementVersion.number) == number]
    return [
        col(AnnouncementVersion.announcement_id) == announcement_id,
        col(AnnouncementVersion.published_at).is_(None),
        col(AnnouncementVersion.declined_at).is_(None),
        *named,
    ]


def _change(*conditions: ColumnElement[bool]) -> Any:
    return (
        update(AnnouncementVersion).where(*conditions).execution_options(synchronize_session=False)
    )


def _move(
    session: Session, announcement_id: UUID, condition: ColumnElement[bool], to: datetime | None
) -> None:
    statement = (
        update(Announcement)
        .where(col(Announcement.id) == announcement_id, condition)
        .values(archived_at=to)
        .execution_options(synchronize_session=False)
    )
    _step(session, statement)


def _step(session: Session, statement: Any) -> None:
    if session.execute(statement.returning(statement.table.c.id)).first() is None:
        raise InputError("answered")


def _locked(session: Session, announcement_id: UUID) -> Announcement:
    statement = (
        select(Announcement)
        .where(Announcement.id == announcement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = session.exec(statement).first()
    if found is None:
        raise AccessError("no_such_announcement")
    return found


def _last_number(session: Session, announcement_id: UUID) -> int:
    statement = select(func.max(col(AnnouncementVersion.number))).where(
        AnnouncementVersion.announcement_id == announcement_id
    )
    return session.exec(statement).one() or 0


def _get_version(session: Session, announcement_id: UUID, number: int) -> AnnouncementVersion:
    for version in versions_of(session, announcement_id):
        if version.number == number:
            return version
    raise InputError("answered")


def _record(session: Session, announcement_id: UUID, act: str, by: str, now: datetime) -> None:
    subject = f"announcement:{announcement_id}"
    record_audit(session, actor=by, action=f"announcement.{act}", subject=subject, now=now)
