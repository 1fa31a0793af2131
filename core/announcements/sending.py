"""發送: an announcement that also goes out as a message, once, when it is published.

All functions join the caller's transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from core.announcements.audiences import Audience, audience_label
from core.announcements.tables import Announcement, AnnouncementVersion, Importance
from core.announcements.writing import get_announcement, versions_of
from core.calendar.scopes import label_of
from core.clock import school_day_of
from core.crypto import Vault
from core.delivery.quota_month import hold_month, left_of, room_of
from core.errors import InputError
from core.kinds import NoticeKind
from core.notices import staff_bubbles as bubbles
from core.notices.announcement_notices import (
    AnnouncementNews,
    count_hearing,
    push_announcement,
    renew_announcement,
    tell_announcement,
    text_announcement,
)
from core.notices.staff_desk import StaffDesk, Topic, send_all
from core.notices.staff_words import Said, say
from core.people.names import masked_name
from core.people.staff import staff_name
from core.people.tables import School, Staff
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Cost:
    """What sending would take: messages, and how many the month has left; None: no limit known.

    `room` is what is left without the reserve, which stays for no-shows and corrections.
    """

    messages: int
    left: int | None
    room: int | None

    @property
    def is_too_much(self) -> bool:
        """Tell whether it would eat into the reserve."""
        return self.room is not None and self.messages > self.room


def cost_of(session: Session, audience: Audience, reserve: int, now: datetime) -> Cost:
    """Return what sending to them would take; `reserve` as set, 0 for the usual share."""
    messages = count_hearing(session, audience.students())
    return Cost(messages, left_of(session, now), room_of(session, reserve, now))


def send_out(session: Session, settings: Settings, announcement_id: UUID, now: datetime) -> int:
    """Send what was just published to its guardians, if it is to go out; return how many.

    What is not goes where an earlier version still waits to be sent: its new words are read.
    Raises InputError "too_costly" where that would eat into the reserve; nothing may stay of it.
    """
    announcement = get_announcement(session, announcement_id)
    version = _published(session, announcement)
    if version is None:
        return 0
    audience, liff_id = Audience.of(announcement), settings.liff_id
    news = AnnouncementNews(
        announcement_id=announcement_id,
        number=version.number,
        school=_writer(session, announcement, audience),
        title=version.title,
        body=version.body,
    )
    if not version.is_pushed:
        renew_announcement(session, liff_id, news, now)
        return 0
    hold_month(session, now)
    room = room_of(session, settings.line_quota_reserve, now)
    count = tell_announcement(session, liff_id, news, audience.students(), now)
    # What was sent before is not new, and costs nothing again.
    if room is not None and count > room:
        raise InputError("too_costly")
    push_announcement(session, liff_id, news, audience.students(), now)
    if version.importance == Importance.URGENT:
        # Beside LINE, where the same people read it in full: they are counted once.
        text_announcement(session, news, audience.students(), now)
    return count


def tell_answered(
    session: Session,
    desk: StaffDesk,
    vault: Vault,
    announcement_id: UUID,
    by: Staff,
    sent: int | None,
    now: datetime,
) -> int:
    """Tell the writer how the second person decided; `sent` None: declined."""
    newest = versions_of(session, announcement_id)[0]
    if not newest.is_pushed or not newest.written_by.startswith("staff:"):
        return 0
    writer = session.get(Staff, UUID(newest.written_by.removeprefix("staff:")))
    if writer is None or writer.revoked_at or writer.line_user_id == by.line_user_id:
        return 0
    who = masked_name(staff_name(vault, by))
    key = "announcement_declined" if sent is None else "announcement_published"
    said = say(key, who=who, n=sent or 0)
    kind = NoticeKind.ANNOUNCEMENT_ANSWERED
    return _tell(session, desk, kind, announcement_id, [writer], said, now)


def _tell(
    session: Session,
    desk: StaffDesk,
    kind: NoticeKind,
    announcement_id: UUID,
    people: Sequence[Staff],
    said: Said,
    now: datetime,
) -> int:
    announcement = get_announcement(session, announcement_id)
    page = desk.page(f"staff/announcements/{announcement_id}")
    meta = audience_label(session, Audience.of(announcement))
    foot = [bubbles.open_announcement(page)]
    topic = Topic(kind, school_day_of(now), f"{announcement_id}/{now.timestamp():.0f}")
    return send_all(session, topic, people, bubbles.news(kind, said, meta, foot=foot), now)


def _published(session: Session, announcement: Announcement) -> AnnouncementVersion | None:
    statement = select(AnnouncementVersion).where(
        AnnouncementVersion.announcement_id == announcement.id,
        AnnouncementVersion.number == announcement.published_number,
    )
    return session.exec(statement).first()


def _writer(session: Session, announcement: Announcement, audience: Audience) -> str:
    school = session.get(School, announcement.school_code) if announcement.school_code else None
    return school.short_name if school else label_of(session, audience.scope)
