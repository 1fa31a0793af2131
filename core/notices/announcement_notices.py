"""What guardians hear of an announcement that is sent out: one bubble each, in their language."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col, func, select

from core.clock import school_day_of
from core.kinds import Channel, NoticeKind
from core.languages.dates import parted, short_date
from core.languages.language import SOURCE, language_of
from core.languages.speech import N_, _, speaking, spoken
from core.notices.app_pushes import app_announcement
from core.notices.closure_notices import (
    guardians_by_app,
    guardians_by_text,
    guardians_on_line,
    wants_any,
)
from core.notices.flex import INK3, Json, bubble, buttons, flex_message, quiet, row, text
from core.notices.outbox import NewNotice, enqueue
from core.notices.recipients import UNFOLLOWED
from core.notices.stops import hold, stop_held
from core.notices.tables import Notice
from core.notices.templates import frozen
from core.notices.texts import announcement_text
from core.people.tables import Guardian, LineFriend

ARCHIVED = "archived"
ALT = N_("學校公告：{title}")
# What a lock screen holds of the wide signs of Chinese and Japanese, and of the others.
WIDE_LOCK_SCREEN, LOCK_SCREEN = 30, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementNews:
    """An announcement as it goes out; `school` is whoever writes, by its short name."""

    announcement_id: UUID
    number: int
    school: str
    title: str
    body: str


def tell_announcement(
    session: Session, liff_id: str, news: AnnouncementNews, students: Any, now: datetime
) -> int:
    """Enqueue it for the guardians of these children, each once however many children.

    `students` selects the children's ids. Returns how many new ones go out; those of guardians who
    left the account are kept for the record. Joins the caller's transaction.
    """
    guardians = session.execute(_hearing(students)).all()
    notices = _notices(liff_id, news, guardians, now)
    enqueue(session, [one for one in notices if one.ended], now)
    return enqueue(session, [one for one in notices if not one.ended], now)


def text_announcement(
    session: Session, news: AnnouncementNews, students: Any, now: datetime
) -> int:
    """Enqueue an urgent one by SMS too, for those of the guardians who ticked any box of it.

    It is free to them; its title is what one part holds. Returns how many are new; joins the
    caller's transaction.
    """
    wanting = guardians_by_text(students).where(
        col(Guardian.stopped_at).is_(None), wants_any(Channel.SMS)
    )
    return _enqueue_beside(session, Channel.SMS, "", news, wanting, now)


def push_announcement(
    session: Session, liff_id: str, news: AnnouncementNews, students: Any, now: datetime
) -> int:
    """Enqueue it in the app too, for those of the guardians who ticked any box of it.

    Returns how many are new; joins the caller's transaction.
    """
    wanting = guardians_by_app(students).where(
        col(Guardian.stopped_at).is_(None), wants_any(Channel.APP)
    )
    return _enqueue_beside(session, Channel.APP, liff_id, news, wanting, now)


def _enqueue_beside(
    session: Session,
    channel: Channel,
    liff_id: str,
    news: AnnouncementNews,
    wanting: Any,
    now: datetime,
) -> int:
    """Enqueue it for those who want it by another channel, each look of it written once."""
    readers = session.execute(wanting).all()
    locales = {row.locale for row in readers}
    content = {one: _content(channel, liff_id, news, one, now) for one in locales}
    notices = [
        NewNotice(
            kind=NoticeKind.ANNOUNCEMENT,
            guardian_id=row.guardian_id,
            line_user_id=None,
            channel=channel,
            school_day=school_day_of(now),
            at=now,
            about=f"{news.announcement_id}/{news.number}",
            content=content[row.locale],
        )
        for row in readers
    ]
    return enqueue(session, notices, now)


def stop_announcement(session: Session, announcement_id: UUID, now: datetime) -> None:
    """Tell nobody more of it; joins the caller's transaction, which holds the announcement.

    What is in a sender's hands gets no further try.
    """
    theirs = _unfinished(announcement_id)
    hold(session, *theirs)
    stop_held(session, theirs, now, ARCHIVED)


def renew_announcement(
    session: Session, liff_id: str, news: AnnouncementNews, now: datetime
) -> None:
    """Let what nobody can have read yet say the words of a later version; joins the transaction."""
    theirs = (*_unfinished(news.announcement_id), col(Notice.first_tried_at).is_(None))
    hold(session, *theirs)
    reader = select(Guardian.locale).where(col(Guardian.id) == col(Notice.guardian_id))
    locale = reader.scalar_subquery()
    looks = select(col(Notice.channel), locale.label("locale")).where(*theirs).distinct()
    for look in session.execute(looks).all():
        content = _content(Channel(look.channel), liff_id, news, look.locale, now)
        session.execute(
            update(Notice)
            .where(*theirs, col(Notice.channel) == look.channel, locale == look.locale)
            .values(content=content)
            .execution_options(synchronize_session=False)
        )


def _unfinished(announcement_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Notice.settled_at).is_(None),
        col(Notice.kind) == NoticeKind.ANNOUNCEMENT,
        col(Notice.dedupe_key).contains(f"/{announcement_id}/"),
    )


def _content(
    channel: Channel, liff_id: str, news: AnnouncementNews, locale: str, now: datetime
) -> bytes:
    language, page = language_of(locale) or SOURCE, page_of(liff_id, news.announcement_id)
    if channel is Channel.SMS:
        return announcement_text(news.school, news.title, language)
    with speaking(language):
        if channel is Channel.APP:
            return app_announcement(news.title, page)
        return frozen(messages_of(news, page, now))


def count_hearing(session: Session, students: Any) -> int:
    """Return how many messages it would take: one for each guardian LINE can reach."""
    follows = or_(col(LineFriend.is_following).is_(None), col(LineFriend.is_following))
    reached = _hearing(students).where(follows).order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(reached)) or 0


def page_of(liff_id: str, announcement_id: UUID | None = None) -> str:
    """Return the page of an announcement, or of all there are."""
    pages = f"https://liff.line.me/{liff_id}/notices"
    return f"{pages}/{announcement_id}" if announcement_id else pages


def messages_of(news: AnnouncementNews, page: str, now: datetime) -> list[Json]:
    """Return the message in the language that is spoken; it opens `page`."""
    head = parted(news.school, _("公告"))
    body = " ".join(news.body.split())
    contents = [
        row(
            [
                text(head, size="xs", color=INK3, flex=1),
                text(short_date(school_day_of(now)), size="xs", color=INK3, flex=0),
            ]
        ),
        text(news.title, size="lg", weight="bold", margin="sm", maxLines=2),
        *([] if body == news.title else [text(body, margin="sm", maxLines=3)]),
        buttons(quiet(_("看全文"), page)),
    ]
    return [flex_message(_alt(news.title), bubble(contents, link=page, opens=_("看全文")))]


def _alt(title: str) -> str:
    longest = WIDE_LOCK_SCREEN if spoken().is_han else LOCK_SCREEN
    whole = _(ALT, title=title)
    too_long = len(whole) - longest
    return _(ALT, title=f"{title[: -too_long - 1]}…") if too_long > 0 else whole


def _hearing(students: Any) -> Any:
    return guardians_on_line(students).where(col(Guardian.stopped_at).is_(None))


def _notices(
    liff_id: str, news: AnnouncementNews, guardians: Collection[Any], now: datetime
) -> list[NewNotice]:
    locales = {one.locale for one in guardians}
    content = {one: _content(Channel.LINE, liff_id, news, one, now) for one in locales}
    return [
        NewNotice(
            kind=NoticeKind.ANNOUNCEMENT,
            guardian_id=one.guardian_id,
            line_user_id=one.line_user_id,
            school_day=school_day_of(now),
            at=now,
            about=f"{news.announcement_id}/{news.number}",
            content=content[one.locale],
            ended=UNFOLLOWED if one.is_following is False else None,
        )
        for one in guardians
    ]
