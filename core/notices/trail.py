"""What was told to a guardian, for the pages."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.kinds import Channel, NoticeKind, NoticeState
from core.notices.tables import Notice


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
        col(Notice.guardian_id) == guardian_id, col(Notice.state) == NoticeState.ACCEPTED
    )
    return session.execute(statement).scalar_one()
