"""The token by which the bureau's gateway finds a guardian's 酷課 APP: sealed, and soon forgotten.

It goes with what it came by: the link, the last child, the bureau's account, the person's data.
"""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlmodel import Session, col

from core.audit import record_audit
from core.crypto import SealBroken, Vault
from core.people.tables import Binding, Guardian

TOKEN = "guardian.app_token"  # noqa: S105
CONNECTED, DISCONNECTED, GONE = "app.connect", "app.disconnect", "app.gone"


def app_token_of(vault: Vault, guardian: Guardian | None) -> str:
    """Return the token in clear, "" where there is none that can be read."""
    if guardian is not None and guardian.app_token_sealed:
        with suppress(SealBroken):
            return vault.open(guardian.app_token_sealed, TOKEN)
    return ""


def keep_app_token(
    session: Session, vault: Vault, guardian_id: UUID, token: str, now: datetime
) -> None:
    """Keep a token in place of an earlier one; joins the caller's transaction."""
    sealed = vault.seal(token, TOKEN)
    session.execute(
        update(Guardian)
        .where(col(Guardian.id) == guardian_id, col(Guardian.erased_at).is_(None))
        .values(app_token_sealed=sealed, app_connected_at=now)
    )
    _audit(session, guardian_id, f"guardian:{guardian_id}", CONNECTED, now)


def forget_app_token(session: Session, guardian_id: UUID, now: datetime) -> bool:
    """Forget the token, and tell whether there was one; joins the caller's transaction."""
    forgotten = session.execute(
        update(Guardian)
        .where(col(Guardian.id) == guardian_id, col(Guardian.app_token_sealed).is_not(None))
        .values(app_token_sealed=None, app_connected_at=None)
        .returning(col(Guardian.id))
    )
    if forgotten.first() is None:
        return False
    _audit(session, guardian_id, f"guardian:{guardian_id}", DISCONNECTED, now)
    return True


def forget_childless_token(session: Session, guardian_id: UUID, now: datetime) -> None:
    """Forget the token of a guardian who has no child any more; joins the transaction."""
    has_child = exists().where(
        col(Binding.guardian_id) == guardian_id, col(Binding.ended_at).is_(None)
    )
    if not session.execute(select(has_child)).scalar_one():
        forget_app_token(session, guardian_id, now)


def close_app_token(
    session: Session, vault: Vault, guardian_id: UUID, token: str, by: str, now: datetime
) -> bool:
    """Forget a token the gateway knows no more; tell whether it was still the guardian's.

    Joins the caller's transaction. One that was renewed meanwhile stays.
    """
    guardian = session.get_one(Guardian, guardian_id, with_for_update=True, populate_existing=True)
    if app_token_of(vault, guardian) != token:
        return False
    guardian.app_token_sealed = guardian.app_connected_at = None
    session.flush()
    _audit(session, guardian_id, by, GONE, now)
    return True


def _audit(session: Session, guardian_id: UUID, actor: str, action: str, now: datetime) -> None:
    subject = f"guardian:{guardian_id}"
    record_audit(session, actor=actor, action=action, subject=subject, now=now)
