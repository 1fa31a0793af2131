"""What waits in the outbox. Every query here reads the index of unfinished notices only."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlmodel import Session, col

from core.kinds import UNFINISHED_STATES, NoticeState
from core.notices.outbox import LATE_PRIORITY
from core.notices.tables import Notice
from core.rows import is_literally


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
            .where(_is_unfinished())
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
        _is_unfinished(),
        col(row.priority) < LATE_PRIORITY,
        or_(
            (col(row.state) == NoticeState.PENDING) & (col(row.due_at) <= now),
            (col(row.state) == NoticeState.LEASED) & (col(row.lease_until) < now),
        ),
    )
    oldest: datetime | None = session.execute(statement).scalar()
    return oldest


def is_in(*states: NoticeState) -> ColumnElement[bool]:
    """Tell of a notice whether it is in one of the states, in the words of its partial indexes."""
    return is_literally(col(Notice.state), [state.value for state in states])


def _is_unfinished() -> ColumnElement[bool]:
    return is_literally(col(Notice.state), UNFINISHED_STATES)
