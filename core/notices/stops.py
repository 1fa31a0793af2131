"""What waits and shall not be told any more, because somebody may not hear it now."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col

from core.kinds import UNFINISHED_STATES, NoticeState
from core.notices.tables import Notice


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


def _stop(session: Session, theirs: tuple[Any, ...], now: datetime, outcome: str) -> None:
    # Taken in the order of their ids, as everywhere, before any of them is changed.
    open_ones = (*theirs, col(Notice.state).in_(UNFINISHED_STATES))
    session.execute(
        select(col(Notice.id)).where(*open_ones).order_by(col(Notice.id)).with_for_update()
    )
    for state, values in (
        (
            NoticeState.PENDING,
            {"state": NoticeState.CANCELLED, "outcome": outcome, "settled_at": now},
        ),
        (NoticeState.LEASED, {"expires_at": now}),
    ):
        session.execute(
            update(Notice)
            .where(*theirs, col(Notice.state) == state)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
