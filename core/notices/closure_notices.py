"""What guardians hear of closures: one notice each, however many children it covers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col

from core.clock import day_end
from core.kinds import Channel, NoticeKind, NoticeState
from core.notices.outbox import RETRY_HORIZON, NewNotice, enqueue
from core.notices.recipients import UNFOLLOWED
from core.notices.tables import Notice
from core.notices.templates import content_of
from core.notices.wording import NoticeFacts
from core.people.tables import AccountLink, Binding, LineFriend, Subscription

QUIETLY = {"synchronize_session": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureNews:
    """A closure as guardians read it. `part` is 全天, 上午 or 下午; `source_at` is aware.

    `scope` says whose it is (全市, 榕光國小 6 年級): a guardian may have children at two schools.
    """

    closure_id: UUID
    scope: str
    day: date
    part: str
    source: str
    source_at: datetime


def tell_closures(session: Session, news: ClosureNews, students: Any, now: datetime) -> int:
    """Enqueue a closure for every guardian of these children with any LINE box ticked.

    `students` selects the children's ids. Returns how many are new; joins the caller's transaction.
    """
    ticked = select(col(Subscription.binding_id)).where(
        col(Subscription.channel) == Channel.LINE, col(Subscription.is_on)
    )
    recipients = _guardians(students).where(col(Binding.id).in_(ticked))
    notices = _notices(NoticeKind.CLOSURE_ON, news, session.execute(recipients).all(), now)
    return enqueue(session, notices, now)


def tell_reopening(
    session: Session, news: ClosureNews, students: Any, now: datetime
) -> tuple[int, bool]:
    """Enqueue a closure's undoing for those of these guardians who may have read of the closure.

    What was not sent yet is dropped. Returns how many are new, and whether all is done: a closure
    in a sender's hands must arrive before its undoing, so its guardian is left for the next turn.
    """
    guardians = session.execute(_guardians(students)).all()
    keys = [one.dedupe_key for one in _notices(NoticeKind.CLOSURE_ON, news, guardians, now)]
    told = _stop_closures(session, keys, now)
    is_sent = {row.guardian_id for row in told if row.state != NoticeState.LEASED}
    readers = [row for row in guardians if row.guardian_id in is_sent]
    count = enqueue(session, _notices(NoticeKind.CLOSURE_OFF, news, readers, now), now)
    return count, len(is_sent) == len(told)


def _guardians(students: Any) -> Any:
    return (
        select(
            col(AccountLink.guardian_id),
            col(AccountLink.line_user_id),
            col(LineFriend.is_following),
        )
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
    content = content_of(kind, facts)
    return [
        NewNotice(
            kind=kind,
            guardian_id=row.guardian_id,
            line_user_id=row.line_user_id,
            school_day=news.day,
            # So that it expires with the day, however late it was announced.
            at=min(now, day_end(news.day) - RETRY_HORIZON),
            about=str(news.closure_id),
            content=content,
            ended=UNFOLLOWED if row.is_following is False else None,
        )
        for row in guardians
    ]


def _stop_closures(session: Session, keys: list[str], now: datetime) -> list[Any]:
    """Drop what waits; return guardian_id and state of what may have been read."""
    theirs = (col(Notice.dedupe_key).in_(keys),)
    # Taken in the order of their ids, as everywhere, before any of them is changed.
    session.execute(
        select(col(Notice.id)).where(*theirs).order_by(col(Notice.id)).with_for_update()
    )
    session.execute(
        update(Notice)
        .where(*theirs, col(Notice.state) == NoticeState.PENDING)
        .values(state=NoticeState.CANCELLED, outcome="closure_off", settled_at=now)
        .execution_options(**QUIETLY)
    )
    session.execute(
        update(Notice)
        .where(*theirs, col(Notice.state) == NoticeState.LEASED)
        .values(expires_at=now)
        .execution_options(**QUIETLY)
    )
    tried = select(col(Notice.guardian_id), col(Notice.state)).where(
        *theirs,
        col(Notice.first_tried_at).is_not(None),
        col(Notice.state).not_in((NoticeState.REFUSED, NoticeState.DEAD)),
    )
    return list(session.execute(tried).all())
