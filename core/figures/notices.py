"""What became of a school day's notices, and of the no-shows among them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlmodel import Session, col

from core.attendance.conditions import is_excused, was_seen
from core.attendance.tables import AttendanceDay
from core.clock import at_taipei
from core.figures.days import MISSED
from core.kinds import Channel, NoticeKind, NoticeState
from core.notices.tables import Notice
from core.people.tables import Student

HOUR = timedelta(hours=1)
# Whole hours of Taipei in which answers are counted; later ones count as later.
FIRST_HOUR, LAST_HOUR = 7, 17


class Outcome(StrEnum):
    """Where notices stand, as staff read it. CANCELLED ones became needless."""

    SENT = "sent"
    PENDING = "pending"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


OUTCOMES = {
    NoticeState.PENDING: Outcome.PENDING,
    NoticeState.LEASED: Outcome.PENDING,
    NoticeState.ACCEPTED: Outcome.SENT,
    NoticeState.REFUSED: Outcome.FAILED,
    # Nobody knows whether it arrived: that is no success.
    NoticeState.UNKNOWN: Outcome.FAILED,
    NoticeState.DEAD: Outcome.FAILED,
    NoticeState.EXPIRED: Outcome.EXPIRED,
    NoticeState.CANCELLED: Outcome.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The notices of one channel and kind, by outcome."""

    channel: Channel
    kind: NoticeKind
    counts: Mapping[Outcome, int]


@dataclass(frozen=True, slots=True)
class MissedClass:
    """Children of a class missed at the cut-off: `explained` came or were excused after all."""

    homeroom: str
    explained: int
    unexplained: int


@dataclass(frozen=True, slots=True)
class Answers:
    """No-shows told to guardians, by child: settled within the hour from each start, or not yet.

    Settled is the first of an answer, a tap, a leave or a cancellation.
    """

    starts: Sequence[time]
    counts: Sequence[int]
    later: int
    open: int

    @property
    def total(self) -> int:
        """Return how many children guardians were told of."""
        return sum(self.counts) + self.later + self.open


def deliveries_of(session: Session, school_code: str, day: date) -> list[Deliveries]:
    """Return what became of a school day's notices to guardians; one query."""
    columns = (col(Notice.channel), col(Notice.kind), col(Notice.state))
    statement = _notices(school_code, day, (*columns, func.count().label("size")))
    found: dict[tuple[str, str], Counter[Outcome]] = defaultdict(Counter)
    for row in session.execute(statement.group_by(*columns)):
        found[row.channel, row.kind][OUTCOMES[NoticeState(row.state)]] += row.size
    order = (list(Channel), list(NoticeKind))
    groups = [(Channel(channel), NoticeKind(kind)) for channel, kind in found]
    groups.sort(key=lambda one: (order[0].index(one[0]), order[1].index(one[1])))
    return [Deliveries(*one, found[one]) for one in groups]


def missed_by_class(session: Session, school_code: str, day: date) -> list[MissedClass]:
    """Return the classes with anybody missed at the cut-off, lowest grade first; one query."""
    explained = case((was_seen() | is_excused(), 1), else_=0)
    statement = (
        select(
            col(Student.homeroom),
            func.sum(explained).label("explained"),
            func.count().label("all"),
        )
        .select_from(Student)
        .join(AttendanceDay, col(AttendanceDay.student_id) == col(Student.id))
        .where(
            col(Student.school_code) == school_code,
            col(AttendanceDay.school_day) == day,
            col(AttendanceDay.no_show).in_(MISSED),
        )
        .group_by(col(Student.homeroom))
        .order_by(func.min(col(Student.grade)), col(Student.homeroom))
    )
    return [
        MissedClass(row.homeroom, row.explained, row.all - row.explained)
        for row in session.execute(statement)
    ]


def answers_of(session: Session, school_code: str, day: date) -> Answers:
    """Return when the day's told no-shows were settled; one query."""
    child = (col(Notice.student_id), func.min(col(Notice.moot_at)).label("at"))
    told = _notices(school_code, day, child).where(
        col(Notice.kind) == NoticeKind.NO_SHOW, col(Notice.first_tried_at).is_not(None)
    )
    children = told.group_by(col(Notice.student_id)).subquery()
    starts = [at_taipei(day, time(hour)) for hour in range(FIRST_HOUR, LAST_HOUR)]
    columns = [_between(children.c.at, start, start + HOUR) for start in starts]
    # What was settled before the first hour counts with it.
    columns[0] = _between(children.c.at, at_taipei(day, time()), starts[0] + HOUR)
    later = func.sum(case((children.c.at >= starts[-1] + HOUR, 1), else_=0))
    still = func.sum(case((children.c.at.is_(None), 1), else_=0))
    # A sum over nobody is no number.
    counts: list[int] = [one or 0 for one in session.execute(select(*columns, later, still)).one()]
    hours = [time(hour) for hour in range(FIRST_HOUR, LAST_HOUR)]
    return Answers(hours, counts[:-2], counts[-2], counts[-1])


def _between(at: Any, start: datetime, end: datetime) -> Any:
    return func.sum(case((and_(at >= start, at < end), 1), else_=0))


def _notices(school_code: str, day: date, columns: Sequence[Any]) -> Any:
    return (
        select(*columns)
        .select_from(Student)
        .join(Notice, col(Notice.student_id) == col(Student.id))
        .where(
            col(Student.school_code) == school_code,
            col(Notice.school_day) == day,
            col(Notice.guardian_id).is_not(None),
        )
    )
