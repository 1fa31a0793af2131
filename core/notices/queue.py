"""The queue of a channel beside LINE: what is due is leased to one sender, and settled by it.

Every function joins the caller's transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select, tuple_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.db import UtcDateTime
from core.kinds import ENDED_STATES, Channel, NoticeKind, NoticeState
from core.notices.tables import Notice
from core.people.tables import Binding, Guardian

QUIETLY = {"synchronize_session": False}
# How a letter stands that was taken and came back.
BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class Held:
    """A notice in a sender's hands. `was_tried`: an earlier sender never said what became of it."""

    id: UUID
    lease_token: UUID
    was_tried: bool


@dataclass(frozen=True, slots=True)
class Next:
    """Where a notice goes from here. With `due_at` it waits to be tried again."""

    state: NoticeState
    due_at: datetime | None = None


def is_ripe(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a notice waits and may go.

    What was due when it was written, and nobody has tried, is due by whatever clock it was: another
    process's may be some milliseconds ahead of this one's.
    """
    since = col(Notice.due_at)
    is_new = and_(since <= col(Notice.created_at), col(Notice.outcome).is_(None))
    return and_(col(Notice.state) == NoticeState.PENDING, or_(since <= now, is_new))


def is_abandoned(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a notice's sender died with it in hand."""
    return and_(col(Notice.state) == NoticeState.LEASED, col(Notice.lease_until) < now)


def is_free(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a notice may be sent by anybody, again if need be."""
    return or_(is_ripe(now), is_abandoned(now))


def goes_by(channel: Channel) -> ColumnElement[bool]:
    """Return the condition that a notice of a channel has not ended."""
    return and_(col(Notice.settled_at).is_(None), col(Notice.channel) == channel)


def has_due(session: Session, channel: Channel, which: ColumnElement[bool], now: datetime) -> bool:
    """Tell whether something is due of a channel, of those that are free; only reads."""
    due = select(col(Notice.id)).where(goes_by(channel), which, col(Notice.expires_at) > now)
    return session.execute(due.limit(1)).first() is not None


def lease_due(
    session: Session,
    channel: Channel,
    which: ColumnElement[bool],
    *,
    lease: timedelta,
    limit: int,
    now: datetime,
) -> dict[UUID, datetime | None]:
    """Lease up to `limit` due notices of a channel, most urgent first.

    One about a child at a time for each reader, oldest first. Return by id when each was first
    tried before.
    """
    due = _due(channel, which, limit, now)
    taken = {row.id: row.first_tried_at for row in session.execute(due)}
    if taken:
        session.execute(
            update(Notice)
            .where(col(Notice.id).in_(taken), which)
            .values(
                state=NoticeState.LEASED,
                lease_token=uuid4(),
                lease_until=now + lease,
                attempts=col(Notice.attempts) + 1,
                first_tried_at=func.coalesce(col(Notice.first_tried_at), literal(now, UtcDateTime)),
            )
            .execution_options(**QUIETLY)
        )
    return taken


def with_readers(ids: Sequence[UUID]) -> Any:
    """Select these notices, each with its guardian and the open binding to its child, if any."""
    is_bound = and_(
        col(Binding.guardian_id) == col(Notice.guardian_id),
        col(Binding.student_id) == col(Notice.student_id),
        col(Binding.ended_at).is_(None),
    )
    return (
        select(Notice, Guardian, Binding)
        .outerjoin(Guardian, col(Guardian.id) == col(Notice.guardian_id))
        .outerjoin(Binding, is_bound)
        .where(col(Notice.id).in_(ids))
        .order_by(col(Notice.priority), col(Notice.turn_at), col(Notice.id))
        .execution_options(populate_existing=True)
    )


def end_unsent(
    session: Session,
    notice_id: UUID,
    state: NoticeState,
    word: str,
    now: datetime,
    *,
    tried_at: datetime | None,
) -> None:
    """End a notice that was leased and is not to go.

    Where an earlier sender tried it, at `tried_at`, it may have been read; else surely not.
    """
    if tried_at and state is NoticeState.REFUSED:
        state = NoticeState.UNKNOWN
    session.execute(
        update(Notice)
        .where(col(Notice.id) == notice_id)
        .values(
            state=state,
            outcome=word,
            settled_at=now,
            first_tried_at=tried_at,
            lease_until=None,
            lease_token=None,
        )
        .execution_options(**QUIETLY)
    )


def send_elsewhere(session: Session, notice_id: UUID, now: datetime) -> bool:
    """Let what came back unread go anew, to whatever address its reader has now; tell whether.

    Only while it is news: not what was called off, or corrected, meanwhile. Until it is tried there
    its wait counts from now.
    """
    other = aliased(Notice)
    is_corrected = exists().where(
        col(other.kind) == NoticeKind.CORRECTION,
        *(
            col(getattr(other, name)) == col(getattr(Notice, name))
            for name in ("student_id", "guardian_id", "school_day")
        ),
    )
    put_back: Any = session.execute(
        update(Notice)
        .where(
            col(Notice.id) == notice_id,
            col(Notice.state) == NoticeState.REFUSED,
            col(Notice.outcome) == BOUNCED,
            col(Notice.expires_at) > now,
            col(Notice.moot_at).is_(None),
            or_(col(Notice.kind) != NoticeKind.NO_SHOW, ~is_corrected),
        )
        .values(state=NoticeState.PENDING, due_at=now, first_tried_at=None, settled_at=None)
        .execution_options(**QUIETLY)
    )
    return bool(put_back.rowcount)


def settle(
    session: Session, held: Held, to: Next, outcome: str | None, now: datetime, *, is_try: bool
) -> bool:
    """Write what became of a notice, where the lease is still ours; tell whether it was.

    `outcome` None leaves the word as it is. Not `is_try`: it certainly did nothing.
    """
    values: dict[str, Any] = {"state": to.state, "lease_until": None, "lease_token": None}
    if outcome is not None:
        values["outcome"] = outcome
    if not is_try:
        values["attempts"] = col(Notice.attempts) - 1
    values |= {"settled_at": now} if to.due_at is None else {"due_at": to.due_at}
    if not held.was_tried and (to.due_at or to.state is NoticeState.EXPIRED):
        # Surely nobody has read it.
        values["first_tried_at"] = None
    mine = (
        col(Notice.id) == held.id,
        col(Notice.lease_token) == held.lease_token,
        col(Notice.state) == NoticeState.LEASED,
    )
    written: Any = session.execute(
        update(Notice).where(*mine).values(**values).execution_options(**QUIETLY)
    )
    return bool(written.rowcount)


def _due(channel: Channel, which: ColumnElement[bool], limit: int, now: datetime) -> Any:
    earlier = aliased(Notice)
    waits = exists().where(
        col(earlier.guardian_id).is_not_distinct_from(col(Notice.guardian_id)),
        col(earlier.student_id) == col(Notice.student_id),
        col(earlier.school_day) == col(Notice.school_day),
        col(earlier.channel) == channel,
        # By what it is not, so that it is looked for by the child and not in the whole queue.
        col(earlier.state).not_in(ENDED_STATES),
        tuple_(col(earlier.created_at), col(earlier.id))
        < tuple_(col(Notice.created_at), col(Notice.id)),
    )
    return (
        select(col(Notice.id), col(Notice.first_tried_at))
        .where(goes_by(channel), which, col(Notice.expires_at) > now, ~waits)
        .order_by(col(Notice.priority), col(Notice.turn_at), col(Notice.id))
        .limit(limit)
        .with_for_update(skip_locked=True, of=Notice)
    )
