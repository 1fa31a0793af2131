"""The fallback ladder: a no-show that LINE did not carry goes by e-mail, then by SMS.

no-show stuck on LINE -> the guardian's next channel that has an address, and is ticked where it
must be -> a row of its own in the outbox. What corrects it is told there too, by whoever learns of
it. Arrivals never climb.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import and_, bindparam, case, or_, select
from sqlmodel import Session

from core.db import UtcDateTime, table_of
from core.kinds import UNFINISHED_STATES, Channel, EventKind, NoticeKind, NoticeState
from core.notices.outbox import AGE_LIMITS, NewNotice, enqueue
from core.notices.queue import BOUNCED
from core.notices.tables import Notice
from core.people.tables import Binding, Subscription
from core.rows import is_literally, is_one_of, run

# From the lowest rung up; each is taken once.
LADDER = (Channel.LINE, Channel.EMAIL, Channel.SMS)
# So long a channel may keep a no-show waiting, such as LINE when its quota is gone.
FALLBACK_MINUTES = 10
# What is older is no news any more, by whatever channel.
WINDOW = AGE_LIMITS[NoticeKind.NO_SHOW]
FAILED = (NoticeState.REFUSED, NoticeState.DEAD, NoticeState.UNKNOWN, NoticeState.EXPIRED)


class Rung(Protocol):
    """A channel beside LINE. Its sender finds the address again when it sends."""

    @property
    def channel(self) -> Channel:
        """Return the channel whose rows its sender claims."""

    @property
    def needs_tick(self) -> bool:
        """Tell whether it takes only no-shows whose box is ticked there."""

    def address_of(self, session: Session, guardian_ids: Collection[UUID]) -> dict[UUID, str]:
        """Return the verified addresses of those guardians who have one."""


class Told(NamedTuple):
    """Whom a no-show is for, about whom; the day's second is another matter than its first."""

    student_id: UUID
    guardian_id: UUID
    school_day: date
    occurrence: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a no-show stands on one channel, and since when it waits there."""

    state: NoticeState
    since: datetime

    def is_stuck(self, now: datetime) -> bool:
        """Tell whether this channel did not carry it, or not in time."""
        if self.state in UNFINISHED_STATES:
            return self.since <= now - timedelta(minutes=FALLBACK_MINUTES)
        return self.state in FAILED


def next_channel(
    standings: Mapping[Channel, Standing], is_open: Collection[Channel], now: datetime
) -> Channel | None:
    """Return the lowest channel not tried yet, if all tried below it are stuck; else None.

    `is_open` are the channels on which the guardian can be told.
    """
    for channel in LADDER:
        standing = standings.get(channel)
        if standing is None and channel in is_open:
            return channel
        if standing is not None and not standing.is_stuck(now):
            return None
    return None


def climb(session: Session, rungs: Sequence[Rung], now: datetime) -> int:
    """Enqueue what goes to another channel; return how many are new. Joins the transaction.

    Several may climb at once: the LINE row is the lock of its ladder, also against what cancels or
    answers the no-show, and the dedupe key lets each channel have one row.
    """
    if not rungs:
        return 0
    no_shows = _stuck(session, now)
    addressed = _addressed(session, rungs, [row.guardian_id for row in no_shows])
    is_for_all = {rung.channel for rung in rungs if not rung.needs_tick}
    return enqueue(session, _next_no_shows(session, no_shows, addressed, is_for_all, now), now)


def _next_no_shows(
    session: Session,
    stuck: Sequence[Any],
    addressed: Mapping[Channel, Collection[UUID]],
    is_for_all: Collection[Channel],
    now: datetime,
) -> list[NewNotice]:
    standings, ticked = _standings(session, stuck, now), _ticked(session, stuck)
    notices = []
    for row in stuck:
        whose = _whose(row)
        is_open = {
            channel
            for channel, guardians in addressed.items()
            if row.guardian_id in guardians
            and (channel in is_for_all or (row.student_id, row.guardian_id, channel) in ticked)
        }
        channel = next_channel(standings[whose], is_open, now)
        if channel is not None:
            notices.append(_notice(row, channel))
    return notices


def _notice(row: Any, channel: Channel) -> NewNotice:
    """Return what LINE was to say, for another channel; its sender makes its own text of it."""
    return NewNotice(
        kind=NoticeKind.NO_SHOW,
        student_id=row.student_id,
        guardian_id=row.guardian_id,
        line_user_id=None,
        school_day=row.school_day,
        occurrence=row.occurrence,
        at=row.created_at,
        content=row.content,
        channel=channel,
    )


def _whose(row: Any) -> Told:
    return Told(row.student_id, row.guardian_id, row.school_day, row.occurrence)


def _addressed(
    session: Session, rungs: Sequence[Rung], guardian_ids: Sequence[UUID]
) -> dict[Channel, set[UUID]]:
    """Return by channel who has an address there."""
    if not guardian_ids:
        return {}
    asked = set(guardian_ids)
    return {rung.channel: set(rung.address_of(session, asked)) for rung in rungs}


def _stuck(session: Session, now: datetime) -> list[Any]:
    """Lock and return the no-shows LINE did not carry; those in other hands wait for next time."""
    late = now - timedelta(minutes=FALLBACK_MINUTES)
    values = {"since": now - WINDOW, "late": late}
    return list(run(session, _stuck_on_line, values))


def _standings(
    session: Session, stuck: Sequence[Any], now: datetime
) -> dict[Told, dict[Channel, Standing]]:
    """Return how each of these no-shows stands on every channel it was given to."""
    values = {"since": now - WINDOW, "student_ids": list({row.student_id for row in stuck})}
    found: dict[Told, dict[Channel, Standing]] = defaultdict(dict)
    for row in run(session, _on_every_channel, values):
        standing = Standing(NoticeState(row.state), row.since)
        found[_whose(row)][Channel(row.channel)] = standing
    return found


def _ticked(session: Session, stuck: Sequence[Any]) -> set[tuple[UUID, UUID, Channel]]:
    """Return (child, guardian, channel) where who is bound ticked the box of no-shows."""
    values = {"student_ids": list({row.student_id for row in stuck})}
    rows = run(session, _boxes, values)
    return {(row.student_id, row.guardian_id, Channel(row.channel)) for row in rows}


@cache
def _stuck_on_line(_engine: str) -> Any:
    row = table_of(Notice).c
    # As the index of climbing notices names them.
    climbing = (NoticeKind.NO_SHOW.value, NoticeKind.CORRECTION.value)
    columns = (row.student_id, row.guardian_id, row.school_day, row.occurrence)
    is_late = and_(row.state.in_(UNFINISHED_STATES), row.created_at <= _moment("late"))
    return (
        select(row.id, *columns, row.content, row.created_at)
        .where(
            is_literally(row.kind, climbing),
            row.kind == NoticeKind.NO_SHOW.value,
            row.channel == Channel.LINE.value,
            row.guardian_id.is_not(None),
            row.created_at > _moment("since"),
            row.moot_at.is_(None),
            or_(row.state.in_(_values(FAILED)), is_late),
        )
        .with_for_update(skip_locked=True)
    )


@cache
def _on_every_channel(engine: str) -> Any:
    row = table_of(Notice).c
    # What came back goes to a second address first, which has its minutes too.
    since = case((row.outcome == BOUNCED, row.due_at), else_=row.created_at).label("since")
    whose = (row.student_id, row.guardian_id, row.school_day, row.occurrence)
    return select(*whose, row.channel, row.state, since).where(
        is_one_of(engine, row.student_id, "student_ids"),
        row.kind == NoticeKind.NO_SHOW.value,
        row.guardian_id.is_not(None),
        row.created_at > _moment("since"),
    )


@cache
def _boxes(engine: str) -> Any:
    binding, box = table_of(Binding), table_of(Subscription)
    return (
        select(binding.c.student_id, binding.c.guardian_id, box.c.channel)
        .join(box, box.c.binding_id == binding.c.id)
        .where(
            is_one_of(engine, binding.c.student_id, "student_ids"),
            binding.c.ended_at.is_(None),
            box.c.kind == EventKind.NO_SHOW.value,
            box.c.is_on,
        )
    )


def _values(states: Collection[NoticeState]) -> list[str]:
    return [state.value for state in states]


def _moment(name: str) -> Any:
    return bindparam(name, type_=UtcDateTime)
