"""The outbox: rows written in the transaction of the fact they tell of."""

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from core.db import table_of
from core.kinds import Channel, NoticeKind, NoticeState
from core.notices.doubtful import end_doubtful
from core.notices.fairness import Turns
from core.notices.tables import Notice
from core.rows import insert_given, run_rows
from core.values import value

# A fixed namespace of ours: the same dedupe key gives the same retry key on every machine.
RETRY_NAMESPACE = UUID("6f0b6d3e-5c1c-5b7e-9d0a-7f3f0e2b9a11")
# LINE remembers a retry key for 24 h from the first try; past 23 h a repeat could be a new message.
RETRY_HORIZON = timedelta(hours=23)
GATE_NEWS = frozenset({NoticeKind.ARRIVAL, NoticeKind.DEPARTURE})
PRIORITIES = {
    NoticeKind.CORRECTION: 0,
    NoticeKind.NO_SHOW: 1,
    NoticeKind.NO_TAP_OUT: 1,
    NoticeKind.ANSWERED: 1,
    NoticeKind.SCHOOL_REPLY: 1,
    NoticeKind.SCHOOL_SILENT: 1,
    NoticeKind.HELP_ASKED: 1,
    NoticeKind.HELP_GIVEN: 1,
    NoticeKind.AT_HOME: 1,
    NoticeKind.REVIEW: 1,
    NoticeKind.HELD: 1,
    NoticeKind.HELD_EXPIRED: 1,
    NoticeKind.SKIPPED_LATE: 1,
    NoticeKind.READER_SILENT: 1,
    NoticeKind.READER_CLONED: 1,
    NoticeKind.READER_GAP: 1,
    NoticeKind.CLOSURE_ASKED: 1,
    NoticeKind.CLOSURE_FOUND: 1,
    NoticeKind.LOOKS: 1,
    NoticeKind.ARRIVAL: 2,
    NoticeKind.DEPARTURE: 2,
}
OTHER_PRIORITY = 3
# A reader back on line brings a whole morning at once; it must not hold up what happens now.
LIVE_FOR = timedelta(minutes=5)
LATE_PRIORITY = 4
# The name under which PostgreSQL tells that notices were written.
WRITTEN = "notices_written"
# News past this age is not news: it is shown on the page and not pushed.
AGE_LIMITS = {
    NoticeKind.ARRIVAL: timedelta(minutes=60),
    NoticeKind.DEPARTURE: timedelta(minutes=60),
    NoticeKind.NO_SHOW: timedelta(minutes=120),
    NoticeKind.NO_TAP_OUT: timedelta(minutes=120),
    NoticeKind.ANSWERED: timedelta(minutes=120),
    NoticeKind.SCHOOL_SILENT: timedelta(minutes=120),
    NoticeKind.HELP_ASKED: timedelta(minutes=120),
    NoticeKind.HELP_GIVEN: timedelta(minutes=120),
    NoticeKind.AT_HOME: timedelta(minutes=120),
    NoticeKind.REVIEW: timedelta(minutes=120),
    NoticeKind.HELD: timedelta(minutes=120),
    NoticeKind.EMAIL_DIGEST: timedelta(hours=6),
}
# They go to the account they are about, wherever the link is by then.
LINK_NEWS = (NoticeKind.LINK_NEW, NoticeKind.LINK_OLD, NoticeKind.UNLINKED)


@value(kw_only=True)
class NewNotice:
    """What to tell whom: a guardian, a member of staff, or the number of the SMS order it goes by.

    With `delegate_id` it is the guardian's news, and goes to somebody in their stead.

    `line_user_id` is None where LINE is not the channel.
    `at` is the moment of the thing told (of a make-up tap: of its recording); `about` names it
    where no occurrence does (such as the binding); `content` is the frozen JSON array of LINE
    message objects. With `ended` (a state and our word for why) the row is written only for the
    record. It goes out from `due_at` on, None for at once; `may_ride` lets it go with other news of
    the guardian's children; what is silent makes no sound on the phone. Turns are the child's
    school's; what names none shares one.
    """

    kind: NoticeKind
    guardian_id: UUID | None = None
    staff_id: UUID | None = None
    delegate_id: UUID | None = None
    order_id: UUID | None = None
    line_user_id: str | None
    school_day: date
    at: datetime
    content: bytes
    student_id: UUID | None = None
    occurrence: int = 1
    about: str = ""
    tap_id: UUID | None = None
    ended: tuple[NoticeState, str] | None = None
    may_ride: bool = False
    due_at: datetime | None = None
    is_silent: bool = False
    channel: Channel = Channel.LINE
    school_code: str = ""

    @property
    def dedupe_key(self) -> str:
        """Return the identity of what is told: one such key, one message."""
        what = self.about or str(self.occurrence)
        whom = self.delegate_id or self.guardian_id or self.staff_id or self.order_id
        parts = (self.student_id or "-", self.school_day, self.kind, what, whom, self.channel)
        return "/".join(str(part) for part in parts)


def enqueue(session: Session, notices: Sequence[NewNotice], now: datetime) -> int:
    """Write the notices into the caller's transaction and return how many were new.

    What was told before (same dedupe key) is left alone. Old news and what can't be sent is written
    in its end state, so that the page can show it and the sum of states stays whole.
    """
    if not notices:
        return 0
    rows = [_row(notice, now, _next_place(session)) for notice in notices]
    end_doubtful(session, rows, [notice.at for notice in notices], now)
    turns: Turns = session.info.setdefault("turns", Turns())
    for notice, row in zip(notices, rows, strict=True):
        queue = (notice.school_code, notice.channel, row["priority"])
        is_waiting = row["state"] is NoticeState.PENDING
        row["turn_at"] = turns.take(queue, now) if is_waiting else now
    names = tuple(rows[0])
    columns = [table_of(Notice).c[name] for name in names]
    written = run_rows(session, lambda engine: _insert(engine, names), columns, rows)
    count: int = written.rowcount
    return count


@cache
def _insert(engine: str, names: tuple[str, ...]) -> Any:
    statement = insert_given(engine, table_of(Notice), names)
    statement = statement.on_conflict_do_nothing(index_elements=["retry_key", "school_day"])
    if engine == "postgresql":
        # Tells senders in other processes at the commit; within a transaction it is told once.
        statement = statement.returning(func.pg_notify(WRITTEN, ""))
    return statement.execution_options(preserve_rowcount=True)


def _next_place(session: Session) -> int:
    # Runs through the whole transaction, so that its notices keep the order they were written in.
    place: int = session.info.get("notices", 0)
    session.info["notices"] = place + 1
    return place


def _row(notice: NewNotice, now: datetime, place: int) -> dict[str, Any]:
    expires_at = min(notice.at + AGE_LIMITS.get(notice.kind, RETRY_HORIZON), now + RETRY_HORIZON)
    state, outcome = notice.ended or (NoticeState.PENDING, None)
    if notice.ended is None and expires_at <= now:
        state, outcome = NoticeState.EXPIRED, "stale"
    dedupe_key = notice.dedupe_key
    return {
        "id": uuid4(),
        "dedupe_key": dedupe_key,
        "retry_key": retry_key_of(dedupe_key),
        "kind": notice.kind,
        "student_id": notice.student_id,
        "guardian_id": notice.guardian_id,
        "staff_id": notice.staff_id,
        "delegate_id": notice.delegate_id,
        "order_id": notice.order_id,
        "channel": notice.channel,
        "line_user_id": notice.line_user_id,
        "school_day": notice.school_day,
        "occurrence": notice.occurrence,
        "tap_id": notice.tap_id,
        "content": notice.content,
        "is_silent": notice.is_silent,
        "may_ride": notice.may_ride,
        "priority": _priority(notice, now),
        "state": state,
        # The head-of-line rule goes by this moment.
        "created_at": now + timedelta(microseconds=place),
        "due_at": notice.due_at or now,
        "expires_at": expires_at,
        "attempts": 0,
        "settled_at": now if state is not NoticeState.PENDING else None,
        "outcome": outcome,
    }


def retry_key_of(dedupe_key: str) -> UUID:
    """Return the key under which what is told travels; the same for the same thing, everywhere."""
    return uuid.uuid5(RETRY_NAMESPACE, dedupe_key)


def _priority(notice: NewNotice, now: datetime) -> int:
    if notice.kind in GATE_NEWS and now - notice.at > LIVE_FOR:
        return LATE_PRIORITY
    return PRIORITIES.get(notice.kind, OTHER_PRIORITY)


def told_taps(
    session: Session, student_ids: Collection[UUID], school_days: Collection[date]
) -> set[tuple[UUID, UUID]]:
    """Return the (tap, guardian or delegate) pairs of these days that have a notice already."""
    if not student_ids:
        return set()
    rows = session.execute(
        select(
            col(Notice.tap_id),
            func.coalesce(col(Notice.delegate_id), col(Notice.guardian_id)).label("whom"),
        ).where(
            col(Notice.student_id).in_(student_ids),
            col(Notice.school_day).in_(school_days),
            col(Notice.tap_id).is_not(None),
        )
    )
    return {(row.tap_id, row.whom) for row in rows}


def told_numbers(
    session: Session, student_ids: Collection[UUID], school_days: Collection[date]
) -> dict[tuple[UUID, date], dict[NoticeKind, dict[UUID, int]]]:
    """Return by child and day, and by kind, the number under which each tap was told."""
    if not student_ids:
        return {}
    names = ("student_id", "school_day", "kind", "tap_id", "occurrence")
    rows = session.execute(
        select(*(col(getattr(Notice, name)) for name in names)).where(
            col(Notice.student_id).in_(student_ids),
            col(Notice.school_day).in_(school_days),
            col(Notice.kind).in_(GATE_NEWS),
            col(Notice.tap_id).is_not(None),
        )
    )
    found: dict[tuple[UUID, date], dict[NoticeKind, dict[UUID, int]]] = {}
    for row in rows:
        told = found.setdefault((row.student_id, row.school_day), {})
        told.setdefault(NoticeKind(row.kind), {})[row.tap_id] = row.occurrence
    return found


def readdress(session: Session, *, guardian_id: UUID, moved_from: str, line_user_id: str) -> None:
    """Send what waits for a guardian to the LINE account the link moved to.

    Only what was never tried: the recipient under a retry key must not change. Joins the caller's
    transaction.
    """
    session.execute(
        update(Notice)
        .where(
            col(Notice.guardian_id) == guardian_id,
            col(Notice.delegate_id).is_(None),
            col(Notice.line_user_id) == moved_from,
            col(Notice.state) == NoticeState.PENDING,
            col(Notice.first_tried_at).is_(None),
            col(Notice.kind).not_in(LINK_NEWS),
        )
        .values(line_user_id=line_user_id)
        .execution_options(synchronize_session=False)
    )
