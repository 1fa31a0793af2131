"""每月測試: a word to whom nothing was sent for long, so that they know it works.

On LINE it makes no sound; the gateway of the app knows no silent ones.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, null, or_, select
from sqlmodel import Session, col

from core.clock import school_day_of
from core.kinds import UNFINISHED_STATES, Channel, NoticeKind, NoticeState
from core.notices.hearers import has_app
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
    """Enqueue a test for a school's guardians LINE, or the app, took nothing for.

    At most one a guardian, channel and month, at whatever schools the children are. Return how many
    are new. Joins the caller's transaction.
    """
    since = now - timedelta(days=settings.channel_check_days)
    unheard: list[Any] = [
        (channel, *row)
        for channel, statement in _unheard(school_code, since).items()
        for row in session.execute(statement).all()
    ]
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
            channel=channel,
            content=test_content(session, settings, guardian, now, channel),
        )
        for channel, guardian, line_user_id in unheard
    ]
    return enqueue(session, notices, now)


def _unheard(school_code: str, since: datetime) -> dict[Channel, Any]:
    """Select by channel who ticked it for a child there, is reached, and heard nothing since."""
    on_line = (
        _wanting(school_code, Channel.LINE, since, col(AccountLink.line_user_id))
        .join(AccountLink, col(AccountLink.guardian_id) == col(Guardian.id))
        .join(LineFriend, col(LineFriend.line_user_id) == col(AccountLink.line_user_id))
        .where(col(AccountLink.unlinked_at).is_(None), col(LineFriend.is_following))
    )
    in_app = _wanting(school_code, Channel.APP, since, null()).where(has_app())
    return {Channel.LINE: on_line, Channel.APP: in_app}


def _wanting(school_code: str, channel: Channel, since: datetime, line_user_id: Any) -> Any:
    wants_it = exists().where(
        col(Binding.guardian_id) == col(Guardian.id),
        col(Binding.ended_at).is_(None),
        col(Student.id) == col(Binding.student_id),
        col(Student.school_code) == school_code,
        col(Subscription.binding_id) == col(Binding.id),
        col(Subscription.channel) == channel,
        col(Subscription.is_on),
    )
    has_heard = exists().where(
        col(Notice.guardian_id) == col(Guardian.id),
        col(Notice.delegate_id).is_(None),
        col(Notice.channel) == channel,
        # What has just been written is a word as well, and may be on its way.
        or_(
            and_(col(Notice.state) == NoticeState.ACCEPTED, col(Notice.settled_at) > since),
            col(Notice.state).in_(UNFINISHED_STATES),
        ),
    )
    return (
        select(Guardian, line_user_id)
        .select_from(Guardian)
        .where(
            col(Guardian.wants_tests),
            col(Guardian.stopped_at).is_(None),
            col(Guardian.erased_at).is_(None),
            wants_it,
            ~has_heard,
        )
        .order_by(col(Guardian.id))
    )
