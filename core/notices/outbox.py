"""The outbox: rows written with the fact they tell of, leased to a sender, settled by outcome."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
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

from core.db import UtcDateTime, insert_for, table_of
from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.notices.tables import Notice
from core.people.tables import AccountLink, Binding, Subscription

# A fixed namespace of ours: the same dedupe key gives the same retry key on every machine.
RETRY_NAMESPACE = UUID("6f0b6d3e-5c1c-5b7e-9d0a-7f3f0e2b9a11")
LEASE = timedelta(seconds=30)
# LINE remembers a retry key for 24 h from the first try; past 23 h a repeat could be a new message.
RETRY_HORIZON = timedelta(hours=23)
PRIORITIES = {
    NoticeKind.CORRECTION: 0,
    NoticeKind.NO_SHOW: 1,
    NoticeKind.ARRIVAL: 2,
    NoticeKind.DEPARTURE: 2,
}
OTHER_PRIORITY = 3
# News past this age is not news: it is shown on the page and not pushed.
AGE_LIMITS = {
    NoticeKind.ARRIVAL: timedelta(minutes=60),
    NoticeKind.DEPARTURE: timedelta(minutes=60),
    NoticeKind.NO_SHOW: timedelta(minutes=120),
}
UNFINISHED = (NoticeState.PENDING, NoticeState.LEASED)
# Told only to somebody who still has the box ticked for the child. A correction goes to whoever
# may have read the no-show.
SUBSCRIBED = {kind.value: kind.value for kind in EventKind} | {
    NoticeKind.CORRECTION.value: EventKind.NO_SHOW.value
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    """What to tell whom.

    `at` is the moment of the thing told; `about` names it where no occurrence does (such as the
    binding). With `ended` (a state and our word for why) the row is written only for the record.
    """

    kind: NoticeKind
    guardian_id: UUID
    line_user_id: str
    school_day: date
    at: datetime
    messages: list[dict[str, Any]]
    student_id: UUID | None = None
    occurrence: int = 1
    about: str = ""
    tap_id: UUID | None = None
    ended: tuple[NoticeState, str] | None = None
    channel: Channel = Channel.LINE

    @property
    def dedupe_key(self) -> str:
        """Return the identity of what is told: one such key, one message."""
        what = self.about or str(self.occurrence)
        parts = (self.student_id or "-", self.school_day, self.kind, what, self.guardian_id)
        return "/".join(str(part) for part in (*parts, self.channel))


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
    """What became of a try. With `due_at` the notice goes back to wait for another one."""

    notice_id: UUID
    lease_token: UUID
    state: NoticeState
    outcome: str
    due_at: datetime | None = None
    is_try: bool = True
    line_request_id: str | None = None


def enqueue(session: Session, notices: Sequence[NewNotice], now: datetime) -> int:
    """Write the notices into the caller's transaction and return how many were new.

    What was told before (same dedupe key) is left alone. Old news and what can't be sent is written
    in its end state, so that the page can show it and the sum of states stays whole.
    """
    if not notices:
        return 0
    rows = [_row(notice, now, place) for place, notice in enumerate(notices)]
    statement = insert_for(session, table_of(Notice)).on_conflict_do_nothing()
    return len(session.execute(statement.returning(table_of(Notice).c.id), rows).all())


def _row(notice: NewNotice, now: datetime, place: int) -> dict[str, Any]:
    expires_at = min(notice.at + AGE_LIMITS.get(notice.kind, RETRY_HORIZON), now + RETRY_HORIZON)
    state, outcome = notice.ended or (NoticeState.PENDING, None)
    if notice.ended is None and expires_at <= now:
        state, outcome = NoticeState.EXPIRED, "stale"
    return {
        "id": uuid4(),
        "dedupe_key": notice.dedupe_key,
        "retry_key": uuid.uuid5(RETRY_NAMESPACE, notice.dedupe_key),
        "kind": notice.kind,
        "student_id": notice.student_id,
        "guardian_id": notice.guardian_id,
        "channel": notice.channel,
        "line_user_id": notice.line_user_id,
        "school_day": notice.school_day,
        "occurrence": notice.occurrence,
        "tap_id": notice.tap_id,
        "content": orjson.dumps(notice.messages),
        "is_silent": False,
        "priority": PRIORITIES.get(notice.kind, OTHER_PRIORITY),
        "state": state,
        # Notices of one batch keep their order: the head-of-line rule goes by this moment.
        "created_at": now + timedelta(microseconds=place),
        "due_at": now,
        "expires_at": expires_at,
        "attempts": 0,
        "settled_at": now if state is not NoticeState.PENDING else None,
        "outcome": outcome,
    }


def claim(session: Session, *, now: datetime, limit: int) -> list[Leased]:
    """Lease up to `limit` due notices, most urgent first; joins the caller's transaction.

    A notice is due when pending and ripe, or when its lease ran out (its sender died). One of a
    guardian, child and channel at a time, oldest first, so that a departure never overtakes its
    arrival. What the guardian may no longer hear, or a tap has overtaken, is cancelled here: this
    is the last look before it leaves.
    """
    _expire(session, now)
    rows = session.execute(_due(now).limit(limit)).all()
    if not rows:
        return []
    due = {row.id for row in rows}
    overtaken = due - set(session.scalars(_still_wanted(due)))
    _cancel(session, overtaken, now)
    chosen = [row for row in rows if row.id not in overtaken]
    return _lease(session, chosen, now)


def _expire(session: Session, now: datetime) -> None:
    session.execute(
        update(Notice)
        .where(_is_free(now), col(Notice.expires_at) <= now)
        .values(state=NoticeState.EXPIRED, outcome="expired", settled_at=now)
        .execution_options(synchronize_session=False)
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
        col(earlier.state).in_(UNFINISHED),
        tuple_(col(earlier.created_at), col(earlier.id))
        < tuple_(col(Notice.created_at), col(Notice.id)),
    )
    return (
        select(*(col(getattr(Notice, name)) for name in _LEASED_COLUMNS))
        .where(
            col(Notice.state).in_(UNFINISHED),
            _is_free(now),
            col(Notice.channel) == Channel.LINE,
            ~waits_for_another,
        )
        .order_by(col(Notice.priority), col(Notice.due_at), col(Notice.id))
        .with_for_update(skip_locked=True, of=Notice)
    )


_LEASED_COLUMNS = (
    "id", "kind", "line_user_id", "retry_key", "content", "is_silent", "attempts", "first_tried_at"
)  # fmt: skip


def _still_wanted(ids: set[UUID]) -> Any:
    """Select those of the notices that may still be told.

    The link is open and the same; for news of a child, the binding is open, the box ticked.
    """
    link_is_open = exists().where(
        col(AccountLink.guardian_id) == col(Notice.guardian_id),
        col(AccountLink.line_user_id) == col(Notice.line_user_id),
        col(AccountLink.unlinked_at).is_(None),
    )
    box_is_ticked = exists().where(
        col(Binding.guardian_id) == col(Notice.guardian_id),
        col(Binding.student_id) == col(Notice.student_id),
        col(Binding.ended_at).is_(None),
        col(Subscription.binding_id) == col(Binding.id),
        col(Subscription.channel) == col(Notice.channel),
        col(Subscription.kind) == _subscribed_kind(),
        col(Subscription.is_on),
    )
    return select(col(Notice.id)).where(
        col(Notice.id).in_(ids),
        or_(
            # The farewell to a LINE account that was just unlinked is meant for that account.
            col(Notice.kind) == NoticeKind.LINK_OLD,
            and_(link_is_open, or_(col(Notice.kind).not_in(SUBSCRIBED), box_is_ticked)),
        ),
    )


def _subscribed_kind() -> Any:
    is_correction = col(Notice.kind) == NoticeKind.CORRECTION
    return case((is_correction, EventKind.NO_SHOW.value), else_=col(Notice.kind))


def _cancel(session: Session, ids: set[UUID], now: datetime) -> None:
    if ids:
        session.execute(
            update(Notice)
            .where(col(Notice.id).in_(ids))
            .values(state=NoticeState.CANCELLED, outcome="not_wanted", settled_at=now)
            .execution_options(synchronize_session=False)
        )


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
        .execution_options(synchronize_session=False)
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
    counts.
    """
    notice = table_of(Notice)
    rows = [
        {
            "of_id": one.notice_id,
            "of_token": one.lease_token,
            "new_state": one.state,
            "new_outcome": one.outcome,
            "new_due_at": one.due_at or now,
            "new_settled_at": None if one.due_at else now,
            "uncounted": 0 if one.is_try else 1,
            "request_id": one.line_request_id,
        }
        for one in settlements
    ]
    if not rows:
        return
    session.connection().execute(
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
            attempts=notice.c.attempts - bindparam("uncounted"),
            line_request_id=func.coalesce(bindparam("request_id"), notice.c.line_request_id),
            lease_until=None,
            lease_token=None,
        ),
        rows,
    )


def cancel_no_shows(
    session: Session, student_ids: Sequence[UUID], school_day: date, now: datetime
) -> list[Any]:
    """Stop the children's waiting no-shows and return those that may have been read.

    Rows: student_id, guardian_id, first_tried_at. Joins the caller's transaction, which holds the
    children's day rows.
    """
    theirs = (
        col(Notice.student_id).in_(student_ids),
        col(Notice.school_day) == school_day,
        col(Notice.kind) == NoticeKind.NO_SHOW,
    )
    quietly = {"synchronize_session": False}
    session.execute(
        update(Notice)
        .where(*theirs, col(Notice.state) == NoticeState.PENDING)
        .values(state=NoticeState.CANCELLED, outcome="tap_came", settled_at=now)
        .execution_options(**quietly)
    )
    # One in a sender's hands may be on its way. It gets no further try, whatever becomes of this.
    session.execute(
        update(Notice)
        .where(*theirs, col(Notice.state) == NoticeState.LEASED)
        .values(expires_at=now)
        .execution_options(**quietly)
    )
    tried = select(
        col(Notice.student_id), col(Notice.guardian_id), col(Notice.first_tried_at)
    ).where(
        *theirs,
        col(Notice.first_tried_at).is_not(None),
        col(Notice.state).not_in((NoticeState.REFUSED, NoticeState.DEAD)),
    )
    return list(session.execute(tried).all())
