"""Readers: their secrets, signatures, contact and health."""

import base64
import hmac
import logging
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlmodel import Session, col
from standardwebhooks.webhooks import Webhook

from core.crypto import Vault
from core.db import insert_for, table_of
from core.errors import AccessError
from core.gate.tables import Reader, ReaderNonce
from core.kinds import Direction

logger = logging.getLogger(__name__)

SECRET = "reader.secret"  # noqa: S105  # a purpose, not a secret
# Source: Standard Webhooks 1.0 allows five minutes between signing and checking.
TIMESTAMP_TOLERANCE = timedelta(minutes=5)
NONCE_MEMORY = timedelta(minutes=10)
# A gate that was silent for longer says nothing about any child.
CONTACT_LIMIT = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Signature:
    """The three headers of Standard Webhooks, as they came."""

    webhook_id: str
    timestamp: str
    signatures: str


def add_reader(
    session: Session,
    vault: Vault,
    *,
    school_code: str,
    gate: str,
    direction: Direction,
    now: datetime,
) -> tuple[Reader, str]:
    """Return the new reader and its secret, which is shown this once; joins the transaction."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    reader = Reader(
        school_code=school_code,
        gate=gate,
        direction=direction,
        secret_sealed=vault.seal(secret, SECRET),
        added_at=now,
    )
    session.add(reader)
    session.flush()
    return reader, secret


def authenticate(
    session: Session,
    vault: Vault,
    reader_id: UUID,
    signature: Signature,
    body: bytes,
    now: datetime,
) -> Reader:
    """Return the reader that signed this body; joins the caller's transaction.

    Raises AccessError 401 for an unknown reader, a wrong, old or replayed signature, and 403 for a
    revoked reader that signs rightly. The id of the request is remembered with what it brings, so a
    request that failed can be sent again.
    """
    reader = session.get(Reader, reader_id)
    if reader is None or not _is_signed(_secrets_of(vault, reader), signature, body, now):
        raise AccessError("bad_signature", 401)
    if reader.revoked_at is not None:
        raise AccessError("revoked", 403)
    nonce = insert_for(session, table_of(ReaderNonce)).values(
        reader_id=reader_id, webhook_id=signature.webhook_id, seen_at=now
    )
    nonce = nonce.on_conflict_do_nothing().returning(table_of(ReaderNonce).c.seen_at)
    if session.execute(nonce).first() is None:
        raise AccessError("replayed", 401)
    return reader


def _secrets_of(vault: Vault, reader: Reader) -> list[str]:
    sealed = (reader.secret_sealed, reader.next_secret_sealed)
    return [vault.open(one, SECRET) for one in sealed if one]


def _is_signed(keys: list[str], signature: Signature, body: bytes, now: datetime) -> bool:
    try:
        signed_at = datetime.fromtimestamp(int(signature.timestamp), UTC)
        text = body.decode()
    except (ValueError, OverflowError, OSError):
        return False
    # The library checks against the machine's clock; ours may be shifted for a demonstration.
    if abs(now - signed_at) > TIMESTAMP_TOLERANCE or not 0 < len(signature.webhook_id) <= 128:
        return False
    expected = [Webhook(key).sign(signature.webhook_id, signed_at, text) for key in keys]
    given = signature.signatures.split(" ")
    matches = [
        hmac.compare_digest(one.encode(), other.encode()) for one in expected for other in given
    ]
    return any(matches)


def record_contact(
    session: Session,
    reader_id: UUID,
    now: datetime,
    *,
    clock_offset_seconds: float | None = None,
    boot_id: str | None = None,
    last_seq: int | None = None,
    buffered: int | None = None,
) -> None:
    """Note that a reader was heard, and what its heartbeat measured; joins the transaction."""
    measured = {
        "clock_offset_seconds": clock_offset_seconds,
        "boot_id": boot_id,
        "last_seq": last_seq,
        "buffered": buffered,
    }
    known = {name: value for name, value in measured.items() if value is not None}
    session.execute(
        update(Reader)
        .where(col(Reader.id) == reader_id)
        .values(last_contact_at=now, **known)
        .execution_options(synchronize_session=False)
    )


def mark_cloned(session: Session, reader_id: UUID, now: datetime) -> None:
    """Note that two devices were caught using one identity; joins the caller's transaction."""
    session.execute(
        update(Reader)
        .where(col(Reader.id) == reader_id)
        .values(cloned_at=now)
        .execution_options(synchronize_session=False)
    )
    logger.error(
        "two devices with one identity",
        extra={
            "action": "gate",
            "reader_id": str(reader_id),
            "hint": "Give each device an id and secret of its own, then rotate this one's",
        },
    )


def last_contact(session: Session, school_code: str) -> datetime | None:
    """Return when the school's readers were last heard."""
    statement = select(func.max(col(Reader.last_contact_at))).where(
        col(Reader.school_code) == school_code, col(Reader.revoked_at).is_(None)
    )
    return session.execute(statement).scalar_one()


def healthy_since(session: Session, school_code: str, now: datetime) -> datetime | None:
    """Return the oldest of the readers' last contacts when all of them are well, else None.

    A school without readers, with one that was silent for two minutes, or with one that still holds
    taps is not healthy.
    """
    readers = session.scalars(
        select(Reader).where(
            col(Reader.school_code) == school_code, col(Reader.revoked_at).is_(None)
        )
    ).all()
    contacts = [reader.last_contact_at for reader in readers if not reader.buffered]
    known = [contact for contact in contacts if contact is not None]
    if not known or len(known) < len(readers) or now - min(known) > CONTACT_LIMIT:
        return None
    return min(known)


def purge_nonces(session: Session, now: datetime) -> None:
    """Forget request ids too old to be accepted anyway; joins the caller's transaction."""
    session.execute(delete(ReaderNonce).where(col(ReaderNonce.seen_at) < now - NONCE_MEMORY))
