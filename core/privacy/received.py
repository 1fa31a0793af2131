"""What came to somebody's LINE account on behalf of others: it stops, and names them no more.

The rows are the other guardians' records and stay.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import String, case, cast, func, literal, or_, select, update
from sqlmodel import Session, col

from core.binding.tables import Delegate
from core.db import UtcDateTime
from core.kinds import NoticeState
from core.notices.outbox import LINK_NEWS
from core.notices.tables import Notice
from core.privacy.people import Person

CLOSED = "account_closed"


def leave_delegations(session: Session, person: Person, now: datetime) -> None:
    """End what the person receives in others' stead, and forget their address in others' notices.

    News for staff is work, which goes on. Joins the caller's transaction.
    """
    if not person.line_user_ids:
        return
    _stop_notices(session, person, now)
    session.execute(
        update(Delegate)
        .where(
            col(Delegate.line_user_id).in_(person.line_user_ids),
            col(Delegate.binding_id).not_in(person.binding_ids),
        )
        .values(
            line_user_id=None,
            ended_at=func.coalesce(col(Delegate.ended_at), literal(now, UtcDateTime)),
            ended_by=func.coalesce(col(Delegate.ended_by), CLOSED),
        )
        .execution_options(synchronize_session=False)
    )


def stop_waiting(session: Session, theirs: Any, now: datetime) -> None:
    """Cancel what waits among these notices; what a sender has in hand gets no further try."""
    # Taken in the order of their ids, as everywhere.
    session.execute(select(col(Notice.id)).where(theirs).order_by(col(Notice.id)).with_for_update())
    changes: dict[NoticeState, dict[str, object]] = {
        NoticeState.PENDING: {
            "state": NoticeState.CANCELLED,
            "outcome": CLOSED,
            "settled_at": now,
        },
        NoticeState.LEASED: {"expires_at": now},
    }
    for state, values in changes.items():
        session.execute(
            update(Notice)
            .where(theirs, col(Notice.state) == state)
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def _stop_notices(session: Session, person: Person, now: datetime) -> None:
    delegations = select(col(Delegate.id)).where(
        col(Delegate.line_user_id).in_(person.line_user_ids)
    )
    others = (col(Notice.guardian_id) != person.guardian_id) & or_(
        col(Notice.line_user_id).in_(person.line_user_ids),
        col(Notice.delegate_id).in_(delegations),
    )
    stop_waiting(session, others, now)
    # News of links carries the account in its key; any other key stays, so nothing is told twice.
    erased = literal("erased/", String) + cast(col(Notice.id), String)
    key = case((col(Notice.kind).in_(LINK_NEWS), erased), else_=col(Notice.dedupe_key))
    session.execute(
        update(Notice)
        .where(others)
        .values(line_user_id=None, content=b"[]", dedupe_key=key)
        .execution_options(synchronize_session=False)
    )
