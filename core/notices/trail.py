"""What was told to a guardian, for the pages."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlmodel import Session

from core.db import table_of
from core.kinds import Channel, NoticeKind, NoticeState
from core.notices.tables import Notice
from core.rows import run

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
    values = {"guardian_id": guardian_id, "student_id": student_id, "day": school_day}
    rows = run(session, _told_on, values)
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


def told_days(
    session: Session, guardian_id: UUID, student_id: UUID, first: date, last: date
) -> set[date]:
    """Return the days from first to last that this guardian was told something about."""
    values = {"guardian_id": guardian_id, "student_id": student_id, "first": first, "last": last}
    return set(run(session, _told_days, values).scalars())


@cache
def _told_on(_engine: str) -> Any:
    row = table_of(Notice).c
    return (
        select(row.kind, row.channel, row.state, row.settled_at, row.created_at, row.outcome)
        .where(*_of_child(), row.school_day == bindparam("day"))
        .order_by(row.created_at, row.id)
    )


@cache
def _told_days(_engine: str) -> Any:
    day = table_of(Notice).c.school_day
    in_span = day.between(bindparam("first"), bindparam("last"))
    return select(day).where(*_of_child(), in_span).distinct()


def _of_child() -> tuple[Any, ...]:
    row = table_of(Notice).c
    return (
        row.guardian_id == bindparam("guardian_id"),
        row.delegate_id.is_(None),
        row.student_id == bindparam("student_id"),
    )


def last_accepted(session: Session, guardian_id: UUID) -> datetime | None:
    """Return when LINE last accepted something for this guardian."""
    return accepted_by(session, guardian_id).get(Channel.LINE)


def accepted_by(session: Session, guardian_id: UUID) -> dict[Channel, datetime]:
    """Return when each channel last accepted something for this guardian, if ever."""
    rows = run(session, _accepted, {"guardian_id": guardian_id})
    return {Channel(row.channel): row.at for row in rows if row.at is not None}


@cache
def _accepted(_engine: str) -> Any:
    row = table_of(Notice).c
    return (
        select(row.channel, func.max(row.settled_at).label("at"))
        .where(
            row.guardian_id == bindparam("guardian_id"),
            row.delegate_id.is_(None),
            row.state == NoticeState.ACCEPTED.value,
        )
        .group_by(row.channel)
    )


def missed_while_blocked(session: Session, guardian_id: UUID, now: datetime) -> int:
    """Return how many notices LINE could not show since it last took one, as far as 30 days back.

    That is while the person had blocked the account.
    """
    last = last_accepted(session, guardian_id)
    since = max(last or now - IDLE_AFTER, now - IDLE_AFTER)
    values = {"guardian_id": guardian_id, "since": since}
    return int(run(session, _blocked, values).scalar_one())


@cache
def _blocked(_engine: str) -> Any:
    row = table_of(Notice).c
    return select(func.count()).where(
        row.guardian_id == bindparam("guardian_id"),
        row.delegate_id.is_(None),
        row.channel == Channel.LINE.value,
        row.state == NoticeState.REFUSED.value,
        row.outcome == "unfollowed",
        row.created_at > bindparam("since"),
    )


def is_idle(session: Session, guardian_id: UUID, now: datetime) -> bool:
    """Tell whether LINE accepted nothing for 30 days although there was something to tell.

    Holidays alone don't count, nor what nobody wanted to hear.
    """
    last = last_accepted(session, guardian_id)
    if last is not None and last > now - IDLE_AFTER:
        return False
    return bool(run(session, _missed, {"guardian_id": guardian_id, "since": now - IDLE_AFTER}))


@cache
def _missed(_engine: str) -> Any:
    row = table_of(Notice).c
    return (
        select(row.id)
        .where(
            row.guardian_id == bindparam("guardian_id"),
            row.delegate_id.is_(None),
            row.channel == Channel.LINE.value,
            row.state.in_([state.value for state in NOT_TOLD]),
            row.created_at > bindparam("since"),
        )
        .limit(1)
    )
