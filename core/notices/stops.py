"""What waits and shall not be told any more: it does not hold, or somebody may not hear it now."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlmodel import Session, col

from core.db import table_of
from core.kinds import UNFINISHED_STATES, NoticeKind, NoticeState
from core.notices.tables import Notice
from core.rows import is_one_of, run

# Where what does not hold any more lies, to be tried no more: by a sender, or when it is replayed.
NEVER_AGAIN = (NoticeState.LEASED, NoticeState.DEAD)


def cancel_waiting(
    session: Session, *, guardian_id: UUID, student_id: UUID, now: datetime, outcome: str
) -> None:
    """Stop what waits for a guardian, and for those in their stead, about a child.

    `outcome` is our word for why. What is in a sender's hands gets no further try. Joins the
    caller's transaction.
    """
    theirs = (col(Notice.guardian_id) == guardian_id, col(Notice.student_id) == student_id)
    _stop(session, theirs, now, outcome)


def cancel_delegates(
    session: Session, delegate_ids: Collection[UUID], now: datetime, outcome: str
) -> None:
    """Stop what waits for these delegates; joins the caller's transaction."""
    _stop(session, (col(Notice.delegate_id).in_(delegate_ids),), now, outcome)


def cancel_no_shows(
    session: Session,
    student_ids: Sequence[UUID],
    school_day: date,
    now: datetime,
    outcome: str = "tap_came",
) -> list[Any]:
    """Stop the children's waiting no-shows and return those that may have been read.

    `outcome` is our word for why: tap_came, leave_came, school_answered, closure, sealed. Rows, by
    occurrence: student_id, guardian_id, channel, first_tried_at, occurrence. Joins the caller's
    transaction, which holds the children's day rows.
    """
    theirs = (
        col(Notice.student_id).in_(student_ids),
        col(Notice.school_day) == school_day,
        col(Notice.kind) == NoticeKind.NO_SHOW,
    )
    hold(session, *theirs)
    make_moot(session, student_ids, school_day, now)
    stop_held(session, theirs, now, outcome, no_more=NEVER_AGAIN)
    names = ("student_id", "guardian_id", "channel", "first_tried_at", "occurrence")
    columns = [col(getattr(Notice, name)) for name in names]
    tried = select(*columns).where(*theirs, *may_have_been_read())
    return list(session.execute(tried.order_by(col(Notice.occurrence))).all())


def uncorrected(session: Session, read: Sequence[Any], school_day: date) -> list[Any]:
    """Return those of these no-shows that no correction followed yet."""
    if not read:
        return []
    corrected = _corrected(session, {row.student_id for row in read}, school_day)
    return [
        row for row in read if row.occurrence > corrected.get((row.student_id, row.guardian_id), 0)
    ]


def moot_no_shows(
    session: Session, student_ids: Collection[UUID], school_day: date
) -> dict[UUID, int]:
    """Return by child which of its no-shows of the day was the last that does not hold any more.

    The next one is another matter; while one holds, there is no next one.
    """
    if not student_ids:
        return {}
    rows = run(session, _moot, {"student_ids": list(student_ids), "day": school_day})
    return {row.student_id: row.latest for row in rows}


@cache
def _moot(engine: str) -> Any:
    notice = table_of(Notice)
    return (
        select(notice.c.student_id, func.max(notice.c.occurrence).label("latest"))
        .where(
            is_one_of(engine, notice.c.student_id, "student_ids"),
            notice.c.school_day == bindparam("day", type_=notice.c.school_day.type),
            notice.c.kind == NoticeKind.NO_SHOW.value,
            notice.c.moot_at.is_not(None),
        )
        .group_by(notice.c.student_id)
    )


def _corrected(
    session: Session, student_ids: Collection[UUID], school_day: date
) -> dict[tuple[UUID, UUID], int]:
    latest = func.max(col(Notice.occurrence)).label("latest")
    rows = session.execute(
        select(col(Notice.student_id), col(Notice.guardian_id), latest)
        .where(
            col(Notice.student_id).in_(student_ids),
            col(Notice.school_day) == school_day,
            col(Notice.kind) == NoticeKind.CORRECTION,
        )
        .group_by(col(Notice.student_id), col(Notice.guardian_id))
    )
    return {(row.student_id, row.guardian_id): row.latest for row in rows}


def make_moot(
    session: Session, student_ids: Sequence[UUID], school_day: date, now: datetime
) -> None:
    """Let the children's no-shows go to no further channel; what waits or was told stays as it is.

    For an answer, by whomever, it is enough. Joins the caller's transaction.
    """
    session.execute(
        update(Notice)
        .where(
            col(Notice.student_id).in_(student_ids),
            col(Notice.school_day) == school_day,
            col(Notice.kind) == NoticeKind.NO_SHOW,
            col(Notice.moot_at).is_(None),
        )
        .values(moot_at=now)
        .execution_options(synchronize_session=False)
    )


def hold(session: Session, *which: ColumnElement[bool]) -> None:
    """Take these notices in the order of their ids, as everywhere, before any of them is changed.

    Joins the caller's transaction.
    """
    taken = select(col(Notice.id)).where(*which).order_by(col(Notice.id)).with_for_update()
    session.execute(taken)


def stop_held(
    session: Session,
    which: tuple[ColumnElement[bool], ...],
    now: datetime,
    outcome: str,
    no_more: Collection[NoticeState] = (NoticeState.LEASED,),
) -> None:
    """Cancel what waits of these; those in the states `no_more` get no further try.

    One in a sender's hands may be on its way, and one that LINE called wrong a person may let wait
    again. Joins the caller's transaction, which holds the notices.
    """
    ended = {"state": NoticeState.CANCELLED, "outcome": outcome, "settled_at": now}
    for states, values in (((NoticeState.PENDING,), ended), (no_more, {"expires_at": now})):
        session.execute(
            update(Notice)
            .where(*which, col(Notice.state).in_(states))
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def may_have_been_read() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a notice was tried, and not said to have failed for good."""
    failed = (NoticeState.REFUSED, NoticeState.DEAD)
    return col(Notice.first_tried_at).is_not(None), col(Notice.state).not_in(failed)


def _stop(
    session: Session, theirs: tuple[ColumnElement[bool], ...], now: datetime, outcome: str
) -> None:
    hold(session, *theirs, col(Notice.state).in_(UNFINISHED_STATES))
    stop_held(session, theirs, now, outcome)
