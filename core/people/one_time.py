"""A code or secret that is shown once: sealed until then, for whoever asked, for minutes."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from core.crypto import Vault
from core.people.tables import OneTimeText

TEXT = "one_time_text.text"
SHOWN_WITHIN = timedelta(minutes=10)


def keep_text(
    session: Session,
    vault: Vault,
    facts: Mapping[str, str],
    *,
    by: str,
    now: datetime,
    good_for: timedelta = SHOWN_WITHIN,
) -> UUID:
    """Keep what is to be shown once and return its id; joins the caller's transaction."""
    row = OneTimeText(
        asked_by=by,
        asked_at=now,
        expires_at=now + good_for,
        text_sealed=vault.seal(orjson.dumps(dict(facts)).decode(), TEXT),
    )
    session.add(row)
    session.flush()
    return row.id


def is_waiting(session: Session, text_id: UUID, askers: Collection[str], now: datetime) -> bool:
    """Tell whether one of the askers can still be shown it; looking spends nothing."""
    statement = select(OneTimeText.id).where(*_is_open(text_id, askers, now))
    return session.exec(statement).first() is not None


def peek_text(
    session: Session, vault: Vault, text_id: UUID, askers: Collection[str], now: datetime
) -> dict[str, str] | None:
    """Return what was kept and keep it, for what may be looked through; None as `show_text`."""
    conditions = _is_open(text_id, askers, now)
    sealed = session.exec(select(OneTimeText.text_sealed).where(*conditions)).first()
    return orjson.loads(vault.open(sealed, TEXT)) if sealed else None


def show_text(
    session: Session, vault: Vault, text_id: UUID, askers: Collection[str], now: datetime
) -> dict[str, str] | None:
    """Return what was kept and forget it; None the second time, too late, or for others.

    Joins the caller's transaction.
    """
    conditions = _is_open(text_id, askers, now)
    sealed = session.exec(select(OneTimeText.text_sealed).where(*conditions)).first()
    shown = session.execute(
        update(OneTimeText)
        .where(*conditions)
        .values(shown_at=now, text_sealed=None)
        .returning(col(OneTimeText.id))
        .execution_options(synchronize_session=False)
    ).first()
    if sealed is None or shown is None:
        return None
    facts: dict[str, str] = orjson.loads(vault.open(sealed, TEXT))
    return facts


def _is_open(
    text_id: UUID, askers: Collection[str], now: datetime
) -> tuple[ColumnElement[bool], ...]:
    return (
        col(OneTimeText.id) == text_id,
        col(OneTimeText.asked_by).in_(askers),
        col(OneTimeText.shown_at).is_(None),
        col(OneTimeText.expires_at) > now,
    )
