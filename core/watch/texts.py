"""Text messages after they have left us: what receipts said of them, and which are missing."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.orders.tables import SmsText, TextState
from core.receipts.polling import ASKED_FOR, OPEN
from core.receipts.tables import SmsReceipt
from core.rows import is_literally

OVER = timedelta(hours=1)
# Receipts come within seconds as a rule; then the firm is asked, and after ASKED_FOR no more.
USUAL = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class TextSums:
    """`states` of those that changed within OVER; `silent` have no receipt though they should."""

    states: Counter[tuple[str]]
    silent: int
    oldest_silent: datetime | None
    unmatched: int


def text_sums(session: Session, now: datetime) -> TextSums:
    """Return how texts stand; every query reads an index of its own."""
    rows: list[Any] = list(
        session.execute(
            select(col(SmsText.state), func.count())
            .where(col(SmsText.changed_at) > now - OVER)
            .group_by(col(SmsText.state))
        )
    )
    silent: Any = session.execute(
        select(
            func.count().label("number"), func.min(col(SmsText.created_at)).label("oldest")
        ).where(
            is_literally(col(SmsText.state), OPEN),
            col(SmsText.state) != TextState.QUEUED,
            col(SmsText.created_at).between(now - ASKED_FOR, now - USUAL),
        )
    ).one()
    unmatched = select(func.count()).where(col(SmsReceipt.matched_at).is_(None))
    return TextSums(
        Counter({(state,): number for state, number in rows}),
        silent.number,
        silent.oldest,
        session.scalar(unmatched) or 0,
    )
