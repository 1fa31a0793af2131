"""States of texts. Receipts come in any order, twice or never; the result is the same."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from core.orders.tables import SmsText, TextState

# From the first to the last. A failure outweighs an arrival: of several parts the worst counts.
COURSE = (
    TextState.QUEUED,
    TextState.UNKNOWN,
    TextState.SENT,
    TextState.DELIVERED,
    TextState.EXPIRED,
    TextState.FAILED,
    TextState.CANCELLED,
)


def earlier(state: TextState) -> tuple[TextState, ...]:
    """Return the states from which a text may come to this one. Pure.

    Only what never left us is cancelled.
    """
    if state is TextState.CANCELLED:
        return (TextState.QUEUED,)
    return COURSE[: COURSE.index(state)]


def move_text(session: Session, text_id: UUID, state: TextState, now: datetime) -> bool:
    """Bring a text forward, never back, and tell whether anything changed.

    Joins the caller's transaction.
    """
    moved = session.execute(
        update(SmsText)
        .where(col(SmsText.id) == text_id, col(SmsText.state).in_(earlier(state)))
        .values(state=state.value, changed_at=now)
        .returning(col(SmsText.id))
        .execution_options(synchronize_session=False)
    ).first()
    return moved is not None
