"""What was told to a guardian, for the pages."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.kinds import Channel, NoticeKind, NoticeState
from core.notices.tables import Notice

# So long nothing may reach a guardian before the page says so.
IDLE_AFTER = timedelta(days=30)
NOT_TOLD = (NoticeState.REFUSED, NoticeState.UNKNOWN, NoticeState.EXPIRED, NoticeState.DEAD)


@dataclass(frozen=True, slots=True)
class TrailStep:
    """One notice as it stands. `at` is when it reached this state, or was written."""

    kind: NoticeKind
    channel: Channel
    state: NoticeState
    at: datetime
    outcome: str


def trail_of(
    session: Session, guardian_id: UUID, student_id: UUID, school_day: date
) -> list[TrailStep]:
    """Return what was told to this guardian of this child that day, oldest first."""
    rows = session.scalars(
        select(Notice)
        .where(
            col(Notice.guardian_id) == guardian_id,
            col(Notice.student_id) == student_id,
            col(Notice.school_day) == school_day,
        )
        .order_by(col(Notice.created_at), col(Notice.id))
    )
    return [
        TrailStep(
            NoticeKind(row.kind),
            Channel(row.channel),
            NoticeState(row.state),
            row.settled_at or row.created_at,
            row.outcome or "",
        )
        for row in rows
    ]


def last_accepted(session: Session, guardian_id: UUID) -> datetime | None:
    """Return when LINE last accepted something for this guardian."""
    statement = select(func.max(col(Notice.settled_at))).where(
        *_on_line(guardian_id), col(Notice.state) == NoticeState.ACCEPTED
    )
    return session.execute(statement).scalar_one()


def is_idle(session: Session, guardian_id: UUID, now: datetime) -> bool:
    """Tell whether LINE accepted nothing for 30 days although there was something to tell.

    Holidays alone don't count, nor what nobody wanted to hear.
    """
    last = last_accepted(session, guardian_id)
    if last is not None and last > now - IDLE_AFTER:
        return False
    missed = select(col(Notice.id)).where(
        *_on_line(guardian_id),
        col(Notice.state).in_(NOT_TOLD),
        col(Notice.created_at) > now - IDLE_AFTER,
    )
    return session.execute(missed.limit(1)).first() is not None


def _on_line(guardian_id: UUID) -> tuple[Any, Any]:
    return col(Notice.guardian_id) == guardian_id, col(Notice.channel) == Channel.LINE
