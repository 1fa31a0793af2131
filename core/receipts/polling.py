"""Asking after texts that nobody told of: long without a receipt, or never answered for.

choose (one short transaction) -> ask with none open -> write down (another). Nothing is sent again.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlmodel import Session, col

from core.db import transaction
from core.house import House
from core.kinds import NoticeState
from core.notices.tables import Notice
from core.orders.tables import SmsText, TextState
from core.post.mitake import text_sender
from core.post.texts import Asked, TextSender
from core.receipts.kept import drop_old, match_kept, tell_of
from core.rows import is_literally

logger = logging.getLogger(__name__)

# Receipts come within seconds as a rule; a phone that is off is tried for a day or two.
FIRST_ASKED_AFTER = timedelta(minutes=10)
ASKED_AGAIN_AFTER = timedelta(hours=1)
ASKED_FOR = timedelta(hours=72)
MOST_ASKED = 100
OPEN = (TextState.QUEUED.value, TextState.SENT.value, TextState.UNKNOWN.value)
# How a text ends that waited with its notice and never left, or may have.
ENDS = {
    NoticeState.CANCELLED: TextState.CANCELLED,
    NoticeState.EXPIRED: TextState.EXPIRED,
    NoticeState.UNKNOWN: TextState.UNKNOWN,
    NoticeState.REFUSED: TextState.FAILED,
    NoticeState.DEAD: TextState.FAILED,
}


def run_receipt_tick(house: House) -> None:
    """Match early receipts, end what never left, and ask after what is silent."""
    sender, now = text_sender(house.settings), house.clock.now()
    with transaction(house.engine) as session:
        match_kept(session, now)
        drop_old(session, now)
        end_with_notices(session, now)
        asked = choose_silent(session, sender.name, now) if sender else []
    if sender and asked:
        _ask(house, sender, asked)


def choose_silent(session: Session, provider: str, now: datetime) -> list[Asked]:
    """Return texts to ask after, and note that they are asked after; joins the transaction."""
    row = SmsText
    silent = (
        select(col(row.id))
        .where(
            is_literally(col(row.state), OPEN),
            col(row.state) != TextState.QUEUED,
            col(row.provider) == provider,
            col(row.created_at) > now - ASKED_FOR,
            col(row.created_at) <= now - FIRST_ASKED_AFTER,
            or_(col(row.asked_at).is_(None), col(row.asked_at) <= now - ASKED_AGAIN_AFTER),
        )
        .order_by(col(row.created_at), col(row.id))
        .limit(MOST_ASKED)
        .with_for_update(skip_locked=True)
    )
    chosen: list[Any] = list(
        session.execute(
            update(row)
            .where(col(row.id).in_(silent))
            .values(asked_at=now)
            .returning(col(row.client_id), col(row.provider_id))
            .execution_options(synchronize_session=False)
        )
    )
    return [Asked(UUID(one.client_id), one.provider_id or "") for one in chosen]


def end_with_notices(session: Session, now: datetime) -> None:
    """End texts that waited for another try when their notice ended; joins the transaction."""
    for ended, state in ENDS.items():
        notices = select(col(Notice.id)).where(col(Notice.state) == ended)
        session.execute(
            update(SmsText)
            .where(
                is_literally(col(SmsText.state), OPEN),
                col(SmsText.state) == TextState.QUEUED,
                col(SmsText.notice_id).in_(notices),
            )
            .values(state=state, changed_at=now)
            .execution_options(synchronize_session=False)
        )


def _ask(house: House, sender: TextSender, asked: Sequence[Asked]) -> None:
    found = sender.ask(asked)
    with transaction(house.engine) as session:
        for key, one in found.items():
            tell_of(session, key, sender.name, one, house.clock.now())
    extra = {"action": "sms_ask", "count": len(asked), "found": len(found)}
    logger.info("asked after texts", extra=extra)
