"""What guardians hear of closures: one notice each, however many children it covers."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, literal, null, select
from sqlmodel import Session, col

from core.clock import day_end
from core.kinds import Channel, NoticeKind, NoticeState
from core.languages.language import SOURCE, language_of
from core.notices.fan_out import FORMS
from core.notices.hearers import has_app, has_verified_address, has_verified_phone
from core.notices.outbox import RETRY_HORIZON, NewNotice, enqueue, retry_key_of
from core.notices.recipients import UNFOLLOWED
from core.notices.stops import NEVER_AGAIN, hold, may_have_been_read, stop_held
from core.notices.tables import Notice
from core.notices.wording import NoticeFacts
from core.people.tables import AccountLink, Binding, Guardian, LineFriend, Subscription
from core.topics.choices import left_by
from core.topics.topics import CLOSURES


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureNews:
    """A closure as guardians read it. `part` is 全天, 上午 or 下午; `source_at` is aware.

    `scope` says whose it is (全市, 榕光國小 6 年級): a guardian may have children at two schools.
    `after` is the closure by whose undoing this one alone is left.
    """

    closure_id: UUID
    scope: str
    day: date
    part: str
    source: str
    source_at: datetime
    after: UUID | None = None

    @property
    def about(self) -> str:
        """Return what names it: told once, and anew where another one is gone."""
        return f"{self.closure_id}/{self.after}" if self.after else str(self.closure_id)


def tell_closures(session: Session, news: ClosureNews, students: Any, now: datetime) -> int:
    """Enqueue a closure for every guardian of these children with any LINE box ticked, or any of
    another channel and reached there, but for those who left the topic.

    `students` selects the children's ids. Returns how many are new; joins the caller's transaction.
    """
    recipients = [
        row
        for channel, guardians in _guardians(students).items()
        for row in session.execute(guardians.where(*_wants(channel)))
    ]
    return enqueue(session, _notices(NoticeKind.CLOSURE_ON, news, recipients, now), now)


def tell_reopening(
    session: Session,
    news: ClosureNews,
    students: Any,
    now: datetime,
    *,
    left: ClosureNews | None = None,
    is_news: bool = True,
    gone: Collection[UUID] = (),
) -> tuple[int, bool]:
    """Enqueue a closure's undoing for those of these guardians who may have read of the closure.

    Where half a day stays closed they read of that, `left`; where all is as they read, it is no
    news. `gone` are closures that were undone while this one went on: whoever read of them was told
    nothing yet, or of this one. What was not sent yet is dropped. Returns how many are new, and
    whether all is done: a closure in a sender's hands must arrive before its undoing, so its
    guardian is left for the next turn.
    """
    guardians = [row for one in _guardians(students).values() for row in session.execute(one)]
    told_before = [
        notice
        for one in _looks(news, gone)
        for notice in _notices(NoticeKind.CLOSURE_ON, one, guardians, now)
    ]
    keys = [retry_key_of(one.dedupe_key) for one in told_before]
    told = _stop_closures(session, keys, news.day, now)
    waiting = {(row.guardian_id, row.channel) for row in told if row.state == NoticeState.LEASED}
    is_sent = {(row.guardian_id, row.channel) for row in told} - waiting
    readers = [row for row in guardians if (row.guardian_id, row.channel) in is_sent and is_news]
    kind = NoticeKind.CLOSURE_ON if left else NoticeKind.CLOSURE_OFF
    count = enqueue(session, _notices(kind, left or news, readers, now), now)
    return count, not waiting


def _looks(news: ClosureNews, gone: Collection[UUID]) -> list[ClosureNews]:
    """Return all that may have been told of a closure and of those before it, one for each name."""
    return [
        replace(news, closure_id=one, after=after)
        for one in (news.closure_id, *gone)
        for after in (None, *gone)
    ]


def _wants(channel: Channel) -> tuple[ColumnElement[bool], ...]:
    return wants_any(channel), col(Guardian.id).not_in(left_by(CLOSURES))


def _guardians(students: Any) -> dict[Channel, Any]:
    """Return a selection of guardians for each channel on which they can be told."""
    return {
        Channel.LINE: guardians_on_line(students),
        Channel.EMAIL: _beside_line(students, Channel.EMAIL, has_verified_address()),
        Channel.SMS: guardians_by_text(students),
        Channel.APP: guardians_by_app(students),
    }


def guardians_by_text(students: Any) -> Any:
    """Select the guardians of these children with a verified number, as `guardians_on_line`."""
    return _beside_line(students, Channel.SMS, has_verified_phone())


def guardians_by_app(students: Any) -> Any:
    """Select the guardians of these children who connected the app, as `guardians_on_line`."""
    return _beside_line(students, Channel.APP, has_app())


def wants_any(channel: Channel) -> ColumnElement[bool]:
    """Return the condition that any box of the channel is ticked for the binding."""
    ticked = select(col(Subscription.binding_id)).where(
        col(Subscription.channel) == channel, col(Subscription.is_on)
    )
    return col(Binding.id).in_(ticked)


def _beside_line(students: Any, channel: Channel, is_reached: ColumnElement[bool]) -> Any:
    return (
        select(
            col(Guardian.id).label("guardian_id"),
            null().label("line_user_id"),
            null().label("is_following"),
            col(Guardian.locale),
            literal(channel.value).label("channel"),
        )
        .join(Binding, col(Binding.guardian_id) == col(Guardian.id))
        .where(
            col(Binding.ended_at).is_(None),
            col(Binding.student_id).in_(students),
            is_reached,
        )
        .distinct()
        .order_by(col(Guardian.id))
    )


def guardians_on_line(students: Any) -> Any:
    """Select the linked guardians of these children, each once: id, LINE user, whether it follows,
    language, channel.
    """
    return (
        select(
            col(AccountLink.guardian_id),
            col(AccountLink.line_user_id),
            col(LineFriend.is_following),
            col(Guardian.locale),
            literal(Channel.LINE.value).label("channel"),
        )
        .join(Guardian, col(Guardian.id) == col(AccountLink.guardian_id))
        .join(Binding, col(Binding.guardian_id) == col(AccountLink.guardian_id))
        .outerjoin(LineFriend, col(LineFriend.line_user_id) == col(AccountLink.line_user_id))
        .where(
            col(AccountLink.unlinked_at).is_(None),
            col(Binding.ended_at).is_(None),
            col(Binding.student_id).in_(students),
        )
        .distinct()
        .order_by(col(AccountLink.guardian_id))
    )


def _notices(
    kind: NoticeKind, news: ClosureNews, guardians: Collection[Any], now: datetime
) -> list[NewNotice]:
    looks = {(row.channel, row.locale) for row in guardians}
    facts = NoticeFacts(
        child="",
        school=news.scope,
        school_phone="",
        school_day=news.day,
        link="",
        part=news.part,
        source=news.source,
        source_time=news.source_at,
    )
    content = {
        look: FORMS[Channel(look[0])](kind, replace(facts, language=language_of(look[1]) or SOURCE))
        for look in looks
    }
    return [
        NewNotice(
            kind=kind,
            guardian_id=row.guardian_id,
            line_user_id=row.line_user_id,
            school_day=news.day,
            # So that it expires with the day, however late it was announced.
            at=min(now, day_end(news.day) - RETRY_HORIZON),
            about=news.about,
            channel=Channel(row.channel),
            content=content[row.channel, row.locale],
            ended=UNFOLLOWED if row.is_following is False else None,
        )
        for row in guardians
    ]


def _stop_closures(
    session: Session, keys: list[UUID], school_day: date, now: datetime
) -> list[Any]:
    """Drop what waits; return guardian_id, channel and state of what may have been read."""
    theirs = (col(Notice.retry_key).in_(keys), col(Notice.school_day) == school_day)
    hold(session, *theirs)
    stop_held(session, theirs, now, "closure_off", no_more=NEVER_AGAIN)
    columns = (Notice.guardian_id, Notice.channel, Notice.state)
    tried = select(*map(col, columns)).where(*theirs, *may_have_been_read())
    return list(session.execute(tried).all())
