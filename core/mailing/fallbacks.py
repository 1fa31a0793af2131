"""Afterword on LINE: a no-show that went elsewhere is told of once LINE reaches its guardian again.

Not where nobody can tell whether LINE carried it: it may have been read there.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.kinds import Channel, NoticeKind, NoticeState
from core.notices.fan_out import facts_for, notice_to
from core.notices.outbox import NewNotice, enqueue
from core.notices.recipients import Recipient, recipients_of
from core.notices.tables import Notice
from core.notices.wording import CHANNEL_WORDS
from core.people.tables import AccountLink, LineFriend
from core.rows import is_literally

# Who comes back to LINE later than this has other things to read there.
FOR_DAYS = timedelta(days=7)
NOT_CARRIED = (NoticeState.REFUSED, NoticeState.DEAD, NoticeState.EXPIRED)
# As the index of climbing notices names them.
CLIMBING = (NoticeKind.NO_SHOW.value, NoticeKind.CORRECTION.value)
ELSEWHERE = (Channel.EMAIL.value, Channel.SMS.value)


def tell_fallbacks(session: Session, liff_id: str, now: datetime) -> int:
    """Enqueue the afterwords, one a child, day and guardian; joins the caller's transaction.

    Returns how many are new.
    """
    # By whom it is about and for: after a long outage there are thousands of either.
    missed: dict[tuple[UUID, UUID], dict[date, Any]] = defaultdict(dict)
    for row in session.execute(_missed_on_line(now)):
        missed[row.student_id, row.guardian_id][row.school_day] = row
    recipients = recipients_of(session, {student_id for student_id, _ in missed})
    notices = [
        _afterword(to, liff_id, row, now)
        for to in (one for group in recipients.values() for one in group)
        for row in missed.get((to.student_id, to.guardian_id), {}).values()
    ]
    return enqueue(session, notices, now)


def _afterword(to: Recipient, liff_id: str, row: Any, now: datetime) -> NewNotice:
    channel = CHANNEL_WORDS[Channel(row.told_by)]
    facts = facts_for(to, liff_id, row.school_day, at=row.created_at, channel=channel)
    account = replace(facts, link=f"https://liff.line.me/{liff_id}/account")
    return notice_to(to, NoticeKind.FALLBACK, account, now)


def _missed_on_line(now: datetime) -> Any:
    """Select the no-shows that went elsewhere and not on LINE, whose guardian LINE reaches now.

    `told_by` is where; of both, the e-mail comes last and counts.
    """
    mail, told = aliased(Notice), aliased(Notice)
    is_told = exists().where(
        _is_same_matter(told, Notice), col(told.kind) == NoticeKind.FALLBACK.value
    )
    is_blocked = exists().where(
        col(LineFriend.line_user_id) == col(AccountLink.line_user_id),
        col(LineFriend.is_following).is_(False),
    )
    return (
        select(
            col(Notice.student_id),
            col(Notice.guardian_id),
            col(Notice.school_day),
            col(Notice.created_at),
            col(mail.channel).label("told_by"),
        )
        .join(mail, _is_same_matter(mail, Notice))
        .join(AccountLink, col(AccountLink.guardian_id) == col(Notice.guardian_id))
        .where(
            is_literally(col(Notice.kind), CLIMBING),
            col(Notice.kind) == NoticeKind.NO_SHOW,
            col(Notice.created_at) > now - FOR_DAYS,
            col(Notice.channel) == Channel.LINE,
            col(Notice.state).in_(NOT_CARRIED),
            col(mail.kind) == NoticeKind.NO_SHOW,
            col(mail.channel).in_(ELSEWHERE),
            col(mail.state) == NoticeState.ACCEPTED,
            col(AccountLink.unlinked_at).is_(None),
            ~is_told,
            ~is_blocked,
        )
        .order_by(col(mail.channel).desc())
    )


def _is_same_matter(one: Any, other: Any) -> ColumnElement[bool]:
    return and_(
        col(one.student_id) == col(other.student_id),
        col(one.school_day) == col(other.school_day),
        col(one.guardian_id) == col(other.guardian_id),
    )
