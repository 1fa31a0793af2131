"""Readers: their secrets and signatures, and when they were heard."""

import base64
import logging
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeGuard
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, update
from sqlmodel import Session, col

from core.audit import AuditEntry, record_audit
from core.crypto import Vault
from core.db import UtcDateTime, table_of
from core.errors import AccessError, InputError
from core.gate.signatures import SECRET, Caller
from core.gate.tables import Reader, ReaderNonce
from core.kinds import Direction
from core.rows import insert_given, is_one_of, run, run_rows

logger = logging.getLogger(__name__)

# Characters that say where a reader stands.
MAX_GATE = 20
NONCE_MEMORY = timedelta(minutes=10)
ROTATE = "reader.rotate"
NEXT_SEEN = "reader.next_secret_seen"


class SecretChanged(AccessError):
    """The secret a request was checked against is none of the reader's now, or sealed anew."""


@dataclass(frozen=True, slots=True)
class HeldReader:
    """A reader whose row is held; `clock_offset_seconds` as in the table."""

    id: UUID
    school_code: str
    gate: str
    direction: str
    boot_id: str | None
    clock_offset_seconds: float | None
    secret_sealed: str
    next_secret_sealed: str | None


def add_reader(
    session: Session,
    vault: Vault,
    *,
    school_code: str,
    gate: str,
    direction: Direction,
    now: datetime,
    by: str = "operator",
) -> tuple[Reader, str]:
    """Return the new reader and its secret, which is shown this once; joins the transaction."""
    secret = _new_secret()
    reader = Reader(
        school_code=school_code,
        gate=gate,
        direction=direction,
        secret_sealed=vault.seal(secret, SECRET),
        added_at=now,
    )
    session.add(reader)
    session.flush()
    _audit(session, reader.id, "reader.add", by, now)
    return reader, secret


def rotate_secret(
    session: Session, vault: Vault, reader_id: UUID, *, by: str, now: datetime, again: bool = False
) -> str:
    """Return the reader's next secret, shown this once; the present one stays good until the end.

    Joins the transaction. Raises InputError: unknown, revoked, rotating (`again` replaces the next
    secret).
    """
    reader = _working(session, reader_id)
    if reader.next_secret_sealed is not None and not again:
        raise InputError("rotating")
    secret = _new_secret()
    reader.next_secret_sealed = vault.seal(secret, SECRET)
    _audit(session, reader_id, ROTATE, by, now)
    return secret


def finish_rotation(
    session: Session, reader_id: UUID, *, by: str, now: datetime, unseen: bool = False
) -> None:
    """Drop the old secret; the next one takes its place. Joins the transaction.

    Raises InputError: unknown, revoked, not_rotating, unseen (no request was signed with the next
    secret yet; `unseen` goes on nevertheless).
    """
    reader = _working(session, reader_id)
    if reader.next_secret_sealed is None:
        raise InputError("not_rotating")
    if not unseen and next_secret_seen_at(session, reader_id) is None:
        raise InputError("unseen")
    reader.secret_sealed, reader.next_secret_sealed = reader.next_secret_sealed, None
    _audit(session, reader_id, "reader.rotate_finish", by, now)


def revoke_reader(session: Session, reader_id: UUID, *, by: str, now: datetime) -> None:
    """Refuse the reader from its next request on; joins the transaction.

    Raises InputError: unknown, revoked.
    """
    reader = _working(session, reader_id)
    reader.revoked_at = now
    _audit(session, reader_id, "reader.revoke", by, now)


def next_secret_seen_at(session: Session, reader_id: UUID) -> datetime | None:
    """Return when the reader first signed with its next secret, None as long as it did not."""
    latest = session.execute(
        select(col(AuditEntry.action), col(AuditEntry.at))
        .where(
            col(AuditEntry.subject) == f"reader:{reader_id}",
            col(AuditEntry.action).in_([ROTATE, NEXT_SEEN]),
        )
        # Made and used within one moment: what was seen sorts first.
        .order_by(col(AuditEntry.at).desc(), col(AuditEntry.action))
        .limit(1)
    ).first()
    return latest.at if latest and latest.action == NEXT_SEEN else None


def admit(
    session: Session, callers: Sequence[Caller], now: datetime
) -> list[HeldReader | AccessError]:
    """Note the contacts and return each caller's reader, its row held; joins the transaction.

    Requests of one reader take turns from here on. Instead of a reader stands AccessError 401 for a
    replay and for a secret that was dropped meanwhile, and 403 for a reader revoked meanwhile. The
    id of a request is remembered with what it brings, so a request that failed can be sent again.
    """
    held = _hold_readers(session, {caller.reader_id for caller in callers}, now)
    judged = [_judged(caller, held.get(caller.reader_id)) for caller in callers]
    good = [one for one, reader in zip(callers, judged, strict=True) if _is_good(reader)]
    fresh = _note_requests(session, good, now)
    admitted: list[HeldReader | AccessError] = []
    for caller, reader in zip(callers, judged, strict=True):
        request = (caller.reader_id, caller.webhook_id)
        is_replay = _is_good(reader) and request not in fresh
        admitted.append(AccessError("replayed", 401) if is_replay else reader)
        # Of two copies that came together, one is the replay.
        fresh.discard(request)
    _note_next_secrets(session, callers, admitted, now)
    return admitted


def _judged(caller: Caller, reader: HeldReader | None) -> HeldReader | AccessError:
    if reader is None:
        return AccessError("revoked", 403)
    if caller.secret_sealed not in (reader.secret_sealed, reader.next_secret_sealed):
        return SecretChanged("bad_signature", 401)
    return reader


def _is_good(reader: HeldReader | AccessError) -> TypeGuard[HeldReader]:
    return isinstance(reader, HeldReader)


def _note_requests(
    session: Session, callers: Sequence[Caller], now: datetime
) -> set[tuple[UUID, str]]:
    """Return which (reader, webhook-id) were never seen before."""
    if not callers:
        return set()
    rows = [
        {"reader_id": one.reader_id, "webhook_id": one.webhook_id, "seen_at": now}
        for one in callers
    ]
    noted = run_rows(session, _new_nonces, list(table_of(ReaderNonce).c), rows)
    return {(row.reader_id, row.webhook_id) for row in noted}


def _hold_readers(session: Session, reader_ids: set[UUID], now: datetime) -> dict[UUID, HeldReader]:
    held = run(session, _contact, {"reader_ids": list(reader_ids), "now": now})
    return {row.id: HeldReader(*row) for row in held}


def _note_next_secrets(
    session: Session,
    callers: Sequence[Caller],
    admitted: Sequence[HeldReader | AccessError],
    now: datetime,
) -> None:
    for caller, reader in zip(callers, admitted, strict=True):
        if not _is_good(reader) or caller.secret_sealed != reader.next_secret_sealed:
            continue
        if next_secret_seen_at(session, reader.id) is None:
            _audit(session, reader.id, NEXT_SEEN, f"reader:{reader.id}", now)


@cache
def _new_nonces(engine: str) -> Any:
    nonce = table_of(ReaderNonce)
    statement = insert_given(engine, nonce, nonce.c.keys(), ["reader_id", "webhook_id"])
    return statement.on_conflict_do_nothing().returning(nonce.c.reader_id, nonce.c.webhook_id)


@cache
def _contact(engine: str) -> Any:
    reader = table_of(Reader)
    # Held in one order, so that two groups of requests can't wait for each other.
    among = select(reader.c.id).where(is_one_of(engine, reader.c.id, "reader_ids"))
    in_order = among.order_by(reader.c.id).with_for_update(key_share=True)
    return (
        update(reader)
        .where(reader.c.id.in_(in_order), reader.c.revoked_at.is_(None))
        .values(last_contact_at=bindparam("now", type_=UtcDateTime))
        .returning(*(reader.c[one.name] for one in fields(HeldReader)))
    )


def record_heartbeat(
    session: Session,
    reader: Reader,
    *,
    clock_offset_seconds: float,
    last_seq: int,
    buffered: int,
) -> None:
    """Note what a heartbeat measured and said; joins the caller's transaction."""
    reader.clock_offset_seconds = clock_offset_seconds
    reader.last_seq = last_seq
    reader.buffered = buffered
    session.flush()


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
    return last_contacts(session, [school_code])[school_code]


def last_contacts(session: Session, school_codes: Collection[str]) -> dict[str, datetime | None]:
    """Return when each school's readers were last heard; one query, however many."""
    rows = run(session, _contacts, {"codes": list(school_codes)}) if school_codes else []
    return dict.fromkeys(school_codes) | {row.school_code: row.heard for row in rows}


@cache
def _contacts(engine: str) -> Any:
    reader = table_of(Reader).c
    return (
        select(reader.school_code, func.max(reader.last_contact_at).label("heard"))
        .where(is_one_of(engine, reader.school_code, "codes"), reader.revoked_at.is_(None))
        .group_by(reader.school_code)
    )


def purge_nonces(session: Session, now: datetime) -> None:
    """Forget request ids too old to be accepted anyway; joins the caller's transaction."""
    session.execute(delete(ReaderNonce).where(col(ReaderNonce.seen_at) < now - NONCE_MEMORY))


def _working(session: Session, reader_id: UUID) -> Reader:
    reader = session.get(Reader, reader_id, with_for_update=True)
    if reader is None:
        raise InputError("unknown")
    if reader.revoked_at is not None:
        raise InputError("revoked")
    return reader


def _audit(session: Session, reader_id: UUID, action: str, by: str, now: datetime) -> None:
    record_audit(session, actor=by, action=action, subject=f"reader:{reader_id}", now=now)


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
