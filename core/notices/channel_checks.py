"""每月測試: a silent word on LINE to whom nothing was sent for long, so that they know it works."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlmodel import Session, col

from core.clock import school_day_of
from core.kinds import UNFINISHED_STATES, Channel, NoticeKind, NoticeState
from core.notices.outbox import NewNotice, enqueue
from core.notices.tables import Notice
from core.notices.try_out import test_content
from core.people.tables import (
    AccountLink,
    Binding,
    Guardian,
    LineFriend,
    Student,
    Subscription,
)
from core.settings import Settings

ABOUT = "monthly"


def tell_unheard(session: Session, settings: Settings, school_code: str, now: datetime) -> int:
    """Enqueue a test for a school's guardians LINE took nothing for; joins the transaction.

    At most one a guardian and month, at whatever schools the children are. Return how many are new.
    """
    since = now - timedelta(days=settings.channel_check_days)
    unheard: list[Any] = list(session.execute(_unheard(school_code, since)))
    notices = [
        NewNotice(
            kind=NoticeKind.TEST,
            guardian_id=guardian.id,
            line_user_id=line_user_id,
            # The month's first day: the key of a month's test.
            school_day=school_day_of(now).replace(day=1),
            at=now,
            about=ABOUT,
            is_silent=True,
            content=test_content(session, settings, guardian, now),
        )
        for guardian, line_user_id in unheard
    ]
    return enqueue(session, notices, now)


def _unheard(school_code: str, since: datetime) -> Any:
    """Select who ticked LINE for a child there, can be reached, and heard nothing since."""
    wants_line = exists().where(
        col(Binding.guardian_id) == col(Guardian.id),
        col(Binding.ended_at).is_(None),
        col(Student.id) == col(Binding.student_id),
        col(Student.school_code) == school_code,
        col(Subscription.binding_id) == col(Binding.id),
        col(Subscription.channel) == Channel.LINE,
        col(Subscription.is_on),
    )
    has_heard = exists().where(
        col(Notice.guardian_id) == col(Guardian.id),
        col(Notice.delegate_id).is_(None),
        col(Notice.channel) == Channel.LINE,
        # What has just been written is a word as well, and may be on its way.
        or_(
            and_(col(Notice.state) == NoticeState.ACCEPTED, col(Notice.settled_at) > since),
            col(Notice.state).in_(UNFINISHED_STATES),
        ),
    )
    return (
        select(Guardian, col(AccountLink.line_user_id))
        .join(AccountLink, col(AccountLink.guardian_id) == col(Guardian.id))
        .join(LineFriend, col(LineFriend.line_user_id) == col(AccountLink.line_user_id))
        .where(
            col(AccountLink.unlinked_at).is_(None),
            col(LineFriend.is_following),
            col(Guardian.wants_tests),
            col(Guardian.stopped_at).is_(None),
            col(Guardian.erased_at).is_(None),
            wants_line,
            ~has_heard,
        )
        .order_by(col(Guardian.id))
    )
