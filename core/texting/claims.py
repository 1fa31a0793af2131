"""Texts that are due: leased to one sender for a while, each counted before it leaves.

What a dead sender had in hand is never sent again: nobody can tell whether it went out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col

from core.db import insert_for
from core.house import House
from core.kinds import Channel, NoticeKind, NoticeState
from core.notices.queue import (
    QUIETLY,
    Held,
    end_unsent,
    goes_by,
    has_due,
    is_abandoned,
    is_free,
    is_ripe,
    lease_due,
    with_readers,
)
from core.notices.tables import Notice
from core.orders.tables import SmsText, TextState
from core.orders.texts import move_text
from core.post.texts import Text
from core.receipts.signing import receipts_address
from core.texting.last_look import ENDS, LastLook, Ready

# Outlasts a batch that begins late and an answer that takes as long as it may.
LEASE = timedelta(seconds=180)


@dataclass(frozen=True, slots=True)
class TextOut:
    """A text in a sender's hands. `text_id` is the row by which it is counted."""

    held: Held
    text_id: UUID
    kind: NoticeKind
    text: Text
    attempts: int
    expires_at: datetime


def has_texts(session: Session, now: datetime) -> bool:
    """Tell whether a text is due, or was lost with its sender; only reads."""
    return has_due(session, Channel.SMS, is_free(now), now)


def claim_texts(
    session: Session, house: House, provider: str, *, limit: int, now: datetime
) -> list[TextOut]:
    """Lease up to `limit` due texts, most urgent first; joins the caller's transaction.

    One about a child at a time for each reader, oldest first. What may not be told any more, or
    has nowhere to go, ends here.
    """
    _end_abandoned(session, now)
    ripe = is_ripe(now)
    taken = lease_due(session, Channel.SMS, ripe, lease=LEASE, limit=limit, now=now)
    if not taken:
        return []
    found, look = [], LastLook(session, house.vault, now)
    rows: list[Any] = list(session.execute(with_readers(list(taken))))
    for notice, guardian, binding in rows:
        ready = look.at(notice, guardian, binding)
        if isinstance(ready, Ready):
            text_id = _count(session, notice, ready, provider, now)
            found.append(_text_out(house, notice, ready, text_id, provider))
        else:
            end_unsent(session, notice.id, ENDS[ready], ready, now, tried_at=taken[notice.id])
    return found


def _end_abandoned(session: Session, now: datetime) -> None:
    lost = session.scalars(
        update(Notice)
        .where(goes_by(Channel.SMS), is_abandoned(now))
        .values(
            state=NoticeState.UNKNOWN,
            outcome="lease_lost",
            settled_at=now,
            lease_until=None,
            lease_token=None,
        )
        .returning(col(Notice.id))
        .execution_options(**QUIETLY)
    ).all()
    if lost:
        texts = select(col(SmsText.id)).where(col(SmsText.notice_id).in_(lost))
        for text_id in session.scalars(texts).all():
            move_text(session, text_id, TextState.UNKNOWN, now)


def _count(session: Session, notice: Notice, ready: Ready, provider: str, now: datetime) -> UUID:
    """Return the row by which a text is counted, the same for every try."""
    row = SmsText(
        notice_id=notice.id,
        order_id=notice.order_id,
        purpose=ready.purpose,
        kind=notice.kind,
        school_code=ready.school_code,
        school_day=notice.school_day,
        client_id=str(notice.retry_key),
        provider=provider,
        created_at=now,
        changed_at=now,
    )
    new = insert_for(session, SmsText).values(row.model_dump())
    session.execute(new.on_conflict_do_nothing(index_elements=["client_id"]))
    counted = select(col(SmsText.id)).where(col(SmsText.client_id) == row.client_id)
    return session.scalars(counted).one()


def _text_out(house: House, notice: Notice, ready: Ready, text_id: UUID, provider: str) -> TextOut:
    assert notice.lease_token is not None  # noqa: S101  # set by the claim
    address = receipts_address(house.settings, provider, notice.retry_key)
    return TextOut(
        # What was tried and lost ends at once, so nobody tried this one.
        Held(notice.id, notice.lease_token, was_tried=False),
        text_id,
        NoticeKind(notice.kind),
        Text(notice.retry_key, ready.phone, ready.body, address),
        notice.attempts,
        notice.expires_at,
    )
