"""A copy is asked for, told by LINE, and fetched once within ten minutes while the link lasts."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlmodel import Session, col

from core.audit import record_audit
from core.clock import school_day_of
from core.kinds import NoticeKind
from core.notices.outbox import NewNotice, enqueue
from core.notices.templates import content_of
from core.notices.wording import NoticeFacts
from core.people.guardians import find_link_of_guardian
from core.people.languages import language_of_guardian
from core.people.tables import AccountLink
from core.privacy.tables import CopyOrder
from core.settings import Settings

GOOD_FOR = timedelta(minutes=10)


def order_copy(
    session: Session, settings: Settings, guardian_id: UUID, now: datetime
) -> UUID | None:
    """Note that the guardian wants a copy, tell them, and return the order's id.

    None when one can be fetched already: a button pressed twice makes one copy. Joins the caller's
    transaction.
    """
    if open_order(session, guardian_id, now) is not None:
        return None
    order = CopyOrder(guardian_id=guardian_id, asked_at=now, expires_at=now + GOOD_FOR)
    session.add(order)
    session.flush()
    _note(session, guardian_id, "copy.ask", now)
    _tell(session, settings, order, now)
    return order.id


def open_order(session: Session, guardian_id: UUID, now: datetime) -> CopyOrder | None:
    """Return the guardian's copy that can still be fetched."""
    statement = select(CopyOrder).where(col(CopyOrder.guardian_id) == guardian_id, *_is_open(now))
    return session.execute(statement.order_by(col(CopyOrder.asked_at).desc())).scalars().first()


def is_fetchable(session: Session, order_id: UUID, now: datetime) -> bool:
    """Tell whether the copy can still be fetched; only reads."""
    statement = select(col(CopyOrder.id)).where(col(CopyOrder.id) == order_id, *_is_open(now))
    return session.execute(statement).first() is not None


def take_order(session: Session, order_id: UUID, now: datetime) -> UUID | None:
    """Use the order up and return whose it is; None when it is used or over. Joins the transaction.

    The row count of one statement decides, so that two fetches at once give one copy.
    """
    guardian_id = session.execute(
        update(CopyOrder)
        .where(col(CopyOrder.id) == order_id, *_is_open(now))
        .values(fetched_at=now)
        .returning(col(CopyOrder.guardian_id))
        .execution_options(synchronize_session=False)
    ).scalar()
    if guardian_id is not None:
        _note(session, guardian_id, "copy.fetch", now)
    return guardian_id


def void_orders(session: Session, guardian_id: UUID, now: datetime) -> None:
    """Let nothing be fetched any more: whoever asked signed out. Joins the caller's transaction."""
    session.execute(
        update(CopyOrder)
        .where(col(CopyOrder.guardian_id) == guardian_id, *_is_open(now))
        .values(expires_at=now)
        .execution_options(synchronize_session=False)
    )


def _is_open(now: datetime) -> tuple[Any, ...]:
    # An unlinked or moved account takes what was asked from it along.
    same_link = exists().where(
        col(AccountLink.guardian_id) == col(CopyOrder.guardian_id),
        col(AccountLink.unlinked_at).is_(None),
        col(AccountLink.linked_at) <= col(CopyOrder.asked_at),
    )
    return (col(CopyOrder.fetched_at).is_(None), col(CopyOrder.expires_at) > now, same_link)


def _note(session: Session, guardian_id: UUID, action: str, now: datetime) -> None:
    actor = f"guardian:{guardian_id}"
    record_audit(session, actor=actor, action=action, subject=actor, now=now)


def _tell(session: Session, settings: Settings, order: CopyOrder, now: datetime) -> None:
    link = find_link_of_guardian(session, order.guardian_id)
    if link is None:
        return
    facts = NoticeFacts(
        child="",
        school="",
        school_phone="",
        school_day=school_day_of(now),
        # Our own page, where the link to the file stands: a forwarded message opens nothing.
        link=f"https://liff.line.me/{settings.liff_id}/my-data",
        at=order.expires_at,
        hotline=settings.hotline,
        language=language_of_guardian(session, order.guardian_id),
    )
    notice = NewNotice(
        kind=NoticeKind.COPY_READY,
        guardian_id=order.guardian_id,
        line_user_id=link.line_user_id,
        school_day=facts.school_day,
        at=now,
        about=str(order.id),
        content=content_of(NoticeKind.COPY_READY, facts),
    )
    enqueue(session, [notice], now)
