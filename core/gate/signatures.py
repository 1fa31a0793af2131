"""Signatures of readers: who sent a request, by Standard Webhooks."""

import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session
from standardwebhooks.webhooks import Webhook

from core.crypto import Vault
from core.db import table_of
from core.errors import AccessError
from core.gate.tables import Reader
from core.rows import is_one_of, run

# What secrets of readers are sealed for.
SECRET = "reader.secret"  # noqa: S105  # a purpose, not a secret
# Source: Standard Webhooks 1.0 allows five minutes between signing and checking.
TIMESTAMP_TOLERANCE = timedelta(minutes=5)
WEBHOOK_ID = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signature:
    """The three headers of Standard Webhooks, as they came."""

    webhook_id: str
    timestamp: str
    signatures: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed a request rightly. `offset_seconds` is that of the reader's clock, if measured.

    `secret_sealed` is the secret it was signed with, as it was when it was read.
    """

    reader_id: UUID
    webhook_id: str
    secret_sealed: str
    offset_seconds: float | None


def credentials_of(session: Session, reader_ids: Collection[UUID]) -> dict[UUID, Any]:
    """Return what a request of each reader is checked against; only reads."""
    rows = run(session, _credentials, {"reader_ids": list(reader_ids)})
    return {row.id: row for row in rows}


def verify(
    credentials: Any, vault: Vault, signature: Signature, body: bytes, now: datetime
) -> Caller:
    """Return who signed this body, of the reader with these credentials (None: there is none).

    Raises AccessError 401 for an unknown reader, a wrong or an old signature, and 403 for a revoked
    reader that signs rightly.
    """
    if credentials is None:
        raise AccessError("bad_signature", 401)
    sealed = _signing_secret(vault, credentials, signature, body, now)
    if sealed is None:
        raise AccessError("bad_signature", 401)
    if credentials.revoked_at is not None:
        raise AccessError("revoked", 403)
    offset = credentials.clock_offset_seconds
    return Caller(credentials.id, signature.webhook_id, sealed, offset)


@cache
def _credentials(engine: str) -> Any:
    reader = table_of(Reader)
    return select(
        reader.c.id,
        reader.c.secret_sealed,
        reader.c.next_secret_sealed,
        reader.c.revoked_at,
        reader.c.clock_offset_seconds,
    ).where(is_one_of(engine, reader.c.id, "reader_ids"))


def _signing_secret(
    vault: Vault, credentials: Any, signature: Signature, body: bytes, now: datetime
) -> str | None:
    """Return the secret that fits, sealed; None when none does."""
    try:
        signed_at = datetime.fromtimestamp(int(signature.timestamp), UTC)
        text = body.decode()
    except (ValueError, OverflowError, OSError):
        return None
    # The library checks against the machine's clock; ours may be shifted for a demonstration.
    if abs(now - signed_at) > TIMESTAMP_TOLERANCE:
        return None
    if not WEBHOOK_ID.fullmatch(signature.webhook_id):
        return None
    given = [one.encode() for one in signature.signatures.split(" ")]
    for sealed in filter(None, (credentials.secret_sealed, credentials.next_secret_sealed)):
        key = Webhook(vault.open(sealed, SECRET))
        expected = key.sign(signature.webhook_id, signed_at, text).encode()
        if any(hmac.compare_digest(expected, one) for one in given):
            return str(sealed)
    return None
