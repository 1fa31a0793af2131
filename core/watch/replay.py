"""Replay: what LINE called wrong may wait again, once a person has put the cause right."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlmodel import Session, col

from core.audit import record_audit
from core.kinds import NoticeState
from core.notices.outbox import RETRY_HORIZON
from core.notices.tables import Notice
from core.watch.counting import hold_counts, uncount
from core.watch.made import count_again


class Replay(StrEnum):
    """What became of a wish to replay."""

    WAITING = "waiting"
    NO_SUCH = "no_such"
    NOT_DEAD = "not_dead"
    TOO_LATE = "too_late"
    OLD_NEWS = "old_news"
    MOOT = "moot"


def to_look_at(session: Session, since: datetime) -> list[Notice]:
    """Return what is dead or unknown since a moment, the latest first."""
    return list(
        session.scalars(
            select(Notice)
            .where(
                col(Notice.state).in_((NoticeState.DEAD, NoticeState.UNKNOWN)),
                col(Notice.settled_at) >= since,
            )
            .order_by(col(Notice.settled_at).desc())
        )
    )


def replay(session: Session, notice_id: UUID, *, by: str, now: datetime) -> Replay:
    """Let a dead notice, and all that went in the same push, wait again; joins the transaction.

    Only while LINE surely remembers the retry key, and while the news is news: no no-show of a
    child that came, is on leave or was answered for since.
    """
    counts = hold_counts(session, now)
    asked = session.get(Notice, notice_id)
    if asked is None:
        return Replay.NO_SUCH
    push = _hold_push(session, asked.rides_with or asked.id)
    refusal = _refusal(push, now)
    if refusal is not None:
        return refusal
    ids = [one.id for one in push]
    uncount(session, ids, counts)
    count_again(session, ids, now)
    session.execute(
        update(Notice)
        .where(col(Notice.id).in_(ids), col(Notice.state) == NoticeState.DEAD)
        .values(
            state=NoticeState.PENDING,
            outcome=None,
            settled_at=None,
            due_at=now,
            turn_at=now,
            lease_until=None,
            lease_token=None,
        )
        .execution_options(synchronize_session=False)
    )
    for one in ids:
        record_audit(session, actor=by, action="notice.replay", subject=f"notice:{one}", now=now)
    return Replay.WAITING


def _hold_push(session: Session, head: UUID) -> Sequence[Notice]:
    statement = (
        select(Notice)
        .where(or_(col(Notice.id) == head, col(Notice.rides_with) == head))
        .order_by(col(Notice.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalars(statement).all()


def _refusal(push: Sequence[Notice], now: datetime) -> Replay | None:
    # Under a retry key the same push goes out again or none: one of it alone would be another.
    if any(one.state != NoticeState.DEAD for one in push):
        return Replay.NOT_DEAD
    tried = [one.first_tried_at for one in push if one.first_tried_at is not None]
    if tried and now - min(tried) >= RETRY_HORIZON:
        return Replay.TOO_LATE
    # Before its age: what was called off has no time left either, and this says why.
    if any(one.moot_at is not None for one in push):
        return Replay.MOOT
    if any(one.expires_at <= now for one in push):
        return Replay.OLD_NEWS
    return None
