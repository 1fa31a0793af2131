"""What waits in the outbox. Every query here reads the index of unfinished notices only."""

from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlmodel import Session, col

from core.kinds import NoticeState
from core.notices.outbox import LATE_PRIORITY
from core.notices.tables import Notice


def waiting_sums(session: Session) -> list[Any]:
    """Return channel, kind, state, number, retried and the oldest created_at of what waits."""
    row = Notice
    return list(
        session.execute(
            select(
                col(row.channel),
                col(row.kind),
                col(row.state),
                func.count().label("number"),
                func.sum(case((col(row.attempts) > 1, 1), else_=0)).label("retried"),
                func.min(col(row.created_at)).label("oldest"),
            )
            .where(col(row.settled_at).is_(None))
            .group_by(col(row.channel), col(row.kind), col(row.state))
        ).all()
    )


def oldest_due(session: Session, now: datetime) -> datetime | None:
    """Return since when the oldest live notice is due and nobody has taken it.

    Backlog of a reader that was away is left out: it waits behind what is live.
    """
    row = Notice
    since = case(
        (col(row.state) == NoticeState.LEASED, col(row.lease_until)), else_=col(row.due_at)
    )
    statement = select(func.min(since)).where(
        col(row.settled_at).is_(None),
        col(row.priority) < LATE_PRIORITY,
        or_(
            (col(row.state) == NoticeState.PENDING) & (col(row.due_at) <= now),
            (col(row.state) == NoticeState.LEASED) & (col(row.lease_until) < now),
        ),
    )
    oldest: datetime | None = session.execute(statement).scalar()
    return oldest
