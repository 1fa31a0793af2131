"""Receipts are kept first and matched then: early, late, twice, in any order, or for nobody.

Every function joins the caller's transaction.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlmodel import Session, col

from core.db import insert_for
from core.orders.tables import SmsText, TextState
from core.orders.texts import move_text
from core.post.texts import Fate, Found
from core.receipts.tables import SmsReceipt

STATES = {
    Fate.WAITING: TextState.SENT,
    Fate.ARRIVED: TextState.DELIVERED,
    Fate.FAILED: TextState.FAILED,
}
# A receipt that waits so long is for no text of ours.
KEPT_FOR = timedelta(days=30)
# As many at once as a reader back on line brings in a moment.
MOST_MATCHED = 500


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a firm says of one text. `key` is ours, None where the firm names only its own id."""

    provider: str
    found: Found
    key: UUID | None = None


def take_receipt(session: Session, receipt: Receipt, now: datetime) -> bool:
    """Keep what was said and move its text; tell whether a text of ours is meant.

    A second receipt of the same says nothing new.
    """
    _keep(session, receipt, now)
    if receipt.key is not None:
        return tell_of(session, receipt.key, receipt.provider, receipt.found, now)
    text_id = session.scalar(
        select(col(SmsText.id)).where(
            col(SmsText.provider) == receipt.provider,
            col(SmsText.provider_id) == receipt.found.reference,
        )
    )
    if text_id is not None:
        _apply(session, text_id, receipt.provider, receipt.found, now)
    return text_id is not None


def tell_of(session: Session, key: UUID, provider: str, found: Found, now: datetime) -> bool:
    """Move the text we know by its key, and learn the firm's id of it; tell whether it is ours."""
    row: Any = session.execute(
        select(col(SmsText.id), col(SmsText.provider_id)).where(
            col(SmsText.client_id) == str(key), col(SmsText.provider) == provider
        )
    ).first()
    if row is None:
        return False
    if row.provider_id is None:
        name_text(session, row.id, provider, found.reference, now)
    _apply(session, row.id, provider, found, now)
    return True


def name_text(
    session: Session, text_id: UUID, provider: str, reference: str, now: datetime
) -> None:
    """Write down the firm's id of a text, and heed what it said of it before."""
    session.execute(
        update(SmsText)
        .where(col(SmsText.id) == text_id, col(SmsText.provider_id).is_(None))
        .values(provider_id=reference)
        .execution_options(synchronize_session=False)
    )
    kept = select(col(SmsReceipt.fate)).where(_is_of(provider, reference))
    for fate in session.scalars(kept).all():
        _apply(session, text_id, provider, Found(reference, Fate(fate)), now)


def match_kept(session: Session, now: datetime) -> int:
    """Match receipts that crossed with their text's own answer; return how many."""
    early = (
        select(
            col(SmsText.id),
            col(SmsReceipt.provider),
            col(SmsReceipt.provider_id),
            col(SmsReceipt.fate),
        )
        .join(
            SmsText,
            and_(
                col(SmsText.provider) == col(SmsReceipt.provider),
                col(SmsText.provider_id) == col(SmsReceipt.provider_id),
            ),
        )
        .where(col(SmsReceipt.matched_at).is_(None))
        .order_by(col(SmsReceipt.received_at), col(SmsReceipt.id))
        .limit(MOST_MATCHED)
    )
    rows: list[Any] = list(session.execute(early))
    for row in rows:
        _apply(session, row.id, row.provider, Found(row.provider_id, Fate(row.fate)), now)
    return len(rows)


def drop_old(session: Session, now: datetime) -> None:
    """Forget receipts that were kept long enough."""
    session.execute(delete(SmsReceipt).where(col(SmsReceipt.received_at) < now - KEPT_FOR))


def _keep(session: Session, receipt: Receipt, now: datetime) -> None:
    row = SmsReceipt(
        provider=receipt.provider,
        provider_id=receipt.found.reference,
        fate=receipt.found.fate,
        received_at=now,
    )
    statement = insert_for(session, SmsReceipt).values(row.model_dump())
    session.execute(
        statement.on_conflict_do_nothing(index_elements=["provider", "provider_id", "fate"])
    )


def _apply(session: Session, text_id: UUID, provider: str, found: Found, now: datetime) -> None:
    move_text(session, text_id, STATES[found.fate], now)
    session.execute(
        update(SmsReceipt)
        .where(
            _is_of(provider, found.reference),
            col(SmsReceipt.fate) == found.fate,
            col(SmsReceipt.matched_at).is_(None),
        )
        .values(matched_at=now)
        .execution_options(synchronize_session=False)
    )


def _is_of(provider: str, reference: str) -> ColumnElement[bool]:
    return and_(col(SmsReceipt.provider) == provider, col(SmsReceipt.provider_id) == reference)
