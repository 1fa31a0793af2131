"""How a child's day stands while staff answer for it, and what guardians heard of an answer."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import col, select

from bot.handlers.turn import Turn
from core.attendance.seen import find_day
from core.attendance.tables import NoShowState
from core.kinds import DayPart, NoticeKind, NoticeState
from core.notices.tables import Notice
from core.people.tables import Student

SAYING = (NoticeState.PENDING, NoticeState.LEASED, NoticeState.ACCEPTED, NoticeState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the day row says. `seen_at` is the first sign of the child at the gate."""

    seen_at: datetime | None
    leave: DayPart | None
    is_told: bool


def standing_of(turn: Turn, student: Student, day: date) -> Standing:
    """Return how the child's day stands now."""
    row = find_day(turn.session, student, day)
    if row is None:
        return Standing(None, None, is_told=False)
    leave = DayPart(row.leave) if row.leave else None
    is_told = row.no_show == NoShowState.TOLD
    return Standing(row.arrived_at or row.departed_at, leave, is_told)


def is_told_since(
    turn: Turn, student_id: UUID, since: datetime, kinds: tuple[NoticeKind, ...]
) -> bool:
    """Tell whether guardians hear of the child in one of these ways since a moment."""
    statement = (
        select(Notice.id)
        .where(
            col(Notice.student_id) == student_id,
            col(Notice.guardian_id).is_not(None),
            col(Notice.kind).in_(kinds),
            col(Notice.state).in_(SAYING),
            col(Notice.created_at) >= since,
        )
        .limit(1)
    )
    return turn.session.exec(statement).first() is not None
