"""Leases on the outbox: claim what is due, settle what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.db import UtcDateTime, table_of
from core.delivery.rights import rights_of
from core.kinds import Channel, NoticeState
from core.notices.tables import Notice

LEASE = timedelta(seconds=30)
QUIETLY = {"synchronize_session": False}
LEASED_COLUMNS = (
    "id", "kind", "line_user_id", "retry_key", "content", "is_silent", "attempts", "first_tried_at"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leased:
    """A notice in a sender's hands. `content` is the JSON array of message objects."""

    id: UUID
    lease_token: UUID
    kind: str
    line_user_id: str
    retry_key: UUID
    content: bytes
    is_silent: bool
    attempts: int
    first_tried_at: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a try. With `due_at` the notice goes back to wait for another one.

    `is_try` False: the request certainly did nothing, so it does not count.
    """

    notice_id: UUID
    lease_token: UUID
    state: NoticeState
    outcome: str
    due_at: datetime | None = None
    is_try: bool = True
    line_request_id: str | None = None


def claim(session: Session, *, now: datetime, limit: int) -> list[Leased]:
    """Lease up to `limit` due notices, most urgent first; joins the caller's transaction.

    A notice is due when pending and ripe, or when its lease ran out (its sender died). One of a
    guardian, child and channel at a time, oldest first, so that a departure never overtakes its
    arrival. What somebody may no longer hear ends here: this is the last look before it leaves.
    """
    _expire(session, now)
    rows = session.execute(_due(now).limit(limit)).all()
    if not rows:
        return []
    unwanted = _end_unwanted(session, {row.id for row in rows}, now)
    return _lease(session, [row for row in rows if row.id not in unwanted], now)


def _expire(session: Session, now: datetime) -> None:
    # One that was tried may have been read: to call it not sent would be a guess.
    was_tried = col(Notice.first_tried_at).is_not(None)
    session.execute(
        update(Notice)
        .where(_is_unfinished(Notice), _is_free(now), col(Notice.expires_at) <= now)
        .values(
            state=case((was_tried, NoticeState.UNKNOWN.value), else_=NoticeState.EXPIRED.value),
            outcome="expired",
            settled_at=now,
        )
        .execution_options(**QUIETLY)
    )


def _is_unfinished(notice: Any) -> ColumnElement[bool]:
    # Written out in the statement: SQLite matches a partial index only by its literal words.
    states = [NoticeState.PENDING.value, NoticeState.LEASED.value]
    return col(notice.state).in_(
        bindparam(None, states, unique=True, expanding=True, literal_execute=True)
    )


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(col(Notice.state) == NoticeState.PENDING, col(Notice.due_at) <= now),
        and_(col(Notice.state) == NoticeState.LEASED, col(Notice.lease_until) < now),
    )


def _due(now: datetime) -> Any:
    earlier = aliased(Notice)
    waits_for_another = exists().where(
        col(earlier.guardian_id) == col(Notice.guardian_id),
        col(earlier.student_id) == col(Notice.student_id),
        col(earlier.school_day) == col(Notice.school_day),
        col(earlier.channel) == col(Notice.channel),
        _is_unfinished(earlier),
        tuple_(col(earlier.created_at), col(earlier.id))
        < tuple_(col(Notice.created_at), col(Notice.id)),
    )
    return (
        select(*(col(getattr(Notice, name)) for name in LEASED_COLUMNS))
        .where(
            _is_unfinished(Notice),
            _is_free(now),
            col(Notice.channel) == Channel.LINE,
            ~waits_for_another,
        )
        .order_by(col(Notice.priority), col(Notice.due_at), col(Notice.id))
        .with_for_update(skip_locked=True, of=Notice)
    )


def _end_unwanted(session: Session, ids: set[UUID], now: datetime) -> set[UUID]:
    rows = session.execute(rights_of(ids)).all()
    not_wanted = {row.id for row in rows if not row.is_wanted}
    blocked = {row.id for row in rows if row.is_wanted and row.is_blocked}
    for ended, state, outcome in (
        (not_wanted, NoticeState.CANCELLED, "not_wanted"),
        (blocked, NoticeState.REFUSED, "unfollowed"),
    ):
        if ended:
            session.execute(
                update(Notice)
                .where(col(Notice.id).in_(ended))
                .values(state=state, outcome=outcome, settled_at=now)
                .execution_options(**QUIETLY)
            )
    return not_wanted | blocked


def _lease(session: Session, rows: list[Any], now: datetime) -> list[Leased]:
    token = uuid4()
    session.execute(
        update(Notice)
        .where(col(Notice.id).in_([row.id for row in rows]), _is_free(now))
        .values(
            state=NoticeState.LEASED,
            lease_token=token,
            lease_until=now + LEASE,
            attempts=col(Notice.attempts) + 1,
            # Typed: an untyped moment would be stored as it is, whatever its zone.
            first_tried_at=func.coalesce(col(Notice.first_tried_at), literal(now, UtcDateTime)),
        )
        .execution_options(**QUIETLY)
    )
    return [
        Leased(
            id=row.id,
            lease_token=token,
            kind=row.kind,
            line_user_id=row.line_user_id,
            retry_key=row.retry_key,
            content=row.content,
            is_silent=row.is_silent,
            attempts=row.attempts + 1,
            first_tried_at=row.first_tried_at or now,
        )
        for row in rows
    ]


def settle(session: Session, settlements: Sequence[Settlement], now: datetime) -> None:
    """Write what became of leased notices; joins the caller's transaction.

    Only where the lease is still ours: after a stall another sender owns the row and its word
    counts. Rows are taken in the order of their ids, as everywhere.
    """
    rows = [_values(one, now) for one in sorted(settlements, key=lambda one: str(one.notice_id))]
    if rows:
        session.connection().execute(_settling(), rows)


def _values(one: Settlement, now: datetime) -> dict[str, Any]:
    return {
        "of_id": one.notice_id,
        "of_token": one.lease_token,
        "new_state": one.state,
        "new_outcome": one.outcome,
        "new_due_at": one.due_at or now,
        "new_settled_at": None if one.due_at else now,
        "uncounted": 0 if one.is_try else 1,
        "request_id": one.line_request_id,
    }


def _settling() -> Any:
    notice = table_of(Notice)
    attempts = notice.c.attempts - bindparam("uncounted")
    return (
        update(notice)
        .where(
            notice.c.id == bindparam("of_id"),
            notice.c.lease_token == bindparam("of_token"),
            notice.c.state == NoticeState.LEASED,
        )
        .values(
            state=bindparam("new_state"),
            outcome=bindparam("new_outcome"),
            due_at=bindparam("new_due_at"),
            settled_at=bindparam("new_settled_at"),
            attempts=attempts,
            # What was certainly never sent was never tried.
            first_tried_at=case((attempts == 0, None), else_=notice.c.first_tried_at),
            line_request_id=func.coalesce(bindparam("request_id"), notice.c.line_request_id),
            lease_until=None,
            lease_token=None,
        )
    )
