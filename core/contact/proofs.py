"""Asking for a code and typing it; every function joins the caller's transaction.

The guardian's row is the lock of all that is theirs here: presses at once come one by one.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from core.binding.tries import contact_subjects, take_slots
from core.contact.tables import ContactProof, ProofState
from core.crypto import Vault
from core.db import table_of
from core.kinds import NoticeState
from core.people.contacts import (
    Contact,
    ContactSlot,
    contact_in,
    is_same,
    write_contact,
)
from core.people.tables import Guardian
from core.rows import run_models

ADDRESS = "contact_proof.address"
CODE = "contact_proof.code"
DIGITS, TRIES = 4, 5
# Source: the manuals of Taipei Pass name the digits only; the rest is ours.
GOOD_FOR = timedelta(minutes=5)
RESEND_AFTER = timedelta(seconds=60)
# A grey-listing server lets a letter in after some minutes; a code that comes later is no use.
SEND_FOR = timedelta(minutes=10)


class Asked(StrEnum):
    """What became of asking for a code. WAIT: one went to this address less than a minute ago."""

    SENT = "sent"
    WAIT = "wait"
    LIMIT = "limit"
    SAME = "same"
    PROVED = "proved"


class Tried(StrEnum):
    """What became of a typed code. NONE: no code waits to be typed."""

    PROVED = "proved"
    WRONG = "wrong"
    SPENT = "spent"
    EXPIRED = "expired"
    SAME = "same"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Proof:
    """A code as the pages show it. `code` itself is never among it."""

    slot: ContactSlot
    address: str
    state: ProofState
    letter: NoticeState
    tries_left: int
    asked_at: datetime
    expires_at: datetime
    settled_at: datetime | None

    def wait_seconds(self, now: datetime) -> int:
        """Return how long a new code to the same address must wait; 0 for not at all."""
        left = (self.asked_at + RESEND_AFTER - now).total_seconds()
        return max(0, -int(-left // 1))


def ask_code(
    session: Session,
    vault: Vault,
    guardian_id: UUID,
    slot: ContactSlot,
    address: str,
    *,
    now: datetime,
) -> Asked:
    """Send a code to an address, whoever else may have it; the code before it ends.

    A verified address stays what it is until the new one is proved; anything else is replaced.
    """
    guardian = _lock(session, guardian_id)
    held = contact_in(vault, guardian, slot)
    if held.is_verified and is_same(held.address, address):
        return Asked.PROVED
    if _is_in_other(session, vault, guardian, slot, address):
        return Asked.SAME
    last = last_proof(session, vault, guardian_id, slot)
    if last and is_same(last.address, address) and last.wait_seconds(now):
        return Asked.WAIT
    if not take_slots(session, contact_subjects(vault, guardian.taipei_pass_id, address), now):
        return Asked.LIMIT
    _end_waiting(session, guardian_id, slot, ProofState.REPLACED, now)
    if not held.is_verified and held.address != address:
        write_contact(session, vault, guardian_id, Contact(slot, address, False), now)
    session.add(_new_proof(vault, guardian, slot, address, now))
    session.flush()
    return Asked.SENT


def try_code(
    session: Session,
    vault: Vault,
    guardian_id: UUID,
    slot: ContactSlot,
    typed: str,
    *,
    now: datetime,
) -> Tried:
    """Take a typed code: the right one makes its address the guardian's, verified."""
    guardian = _lock(session, guardian_id)
    row = _waiting(session, guardian_id, slot)
    if row is None:
        return Tried.NONE
    if now >= row.expires_at:
        _end(row, ProofState.EXPIRED, now)
        return Tried.EXPIRED
    code = vault.open(row.code_sealed, CODE) if row.code_sealed else ""
    if not code or not hmac.compare_digest(typed.encode(), code.encode()):
        return _miss(row, now)
    address = vault.open(row.address_sealed, ADDRESS)
    if _is_in_other(session, vault, guardian, slot, address):
        _end(row, ProofState.WITHDRAWN, now)
        return Tried.SAME
    _end(row, ProofState.PROVED, now)
    write_contact(session, vault, guardian_id, Contact(slot, address, True), now)
    return Tried.PROVED


def remove_contact(
    session: Session, vault: Vault, guardian_id: UUID, slot: ContactSlot, now: datetime
) -> None:
    """Forget an address, and the code on its way to it."""
    _lock(session, guardian_id)
    _end_waiting(session, guardian_id, slot, ProofState.WITHDRAWN, now)
    write_contact(session, vault, guardian_id, Contact(slot, "", False), now)


def last_proof(
    session: Session, vault: Vault, guardian_id: UUID, slot: ContactSlot
) -> Proof | None:
    """Return the newest code asked for in this slot, whatever became of it; only reads."""
    values = {"guardian_id": guardian_id, "slot": slot.value}
    rows = run_models(session, _newest, ContactProof, values)
    if not rows:
        return None
    row = rows[0]
    return Proof(
        ContactSlot(row.slot),
        vault.open(row.address_sealed, ADDRESS),
        ProofState(row.state),
        NoticeState(row.letter),
        row.tries_left,
        row.asked_at,
        row.expires_at,
        row.settled_at,
    )


@cache
def _newest(_engine: str) -> Any:
    proof = table_of(ContactProof)
    return (
        proof.select()
        .where(proof.c.guardian_id == bindparam("guardian_id"), proof.c.slot == bindparam("slot"))
        # Of two asked for at one moment the one that still counts.
        .order_by(proof.c.asked_at.desc(), proof.c.ended_at.is_not(None))
        .limit(1)
    )


def _lock(session: Session, guardian_id: UUID) -> Guardian:
    # FOR NO KEY UPDATE: whoever tells the guardian something need not wait, as an approval of the
    # order that this code is to wait for.
    hold = {"key_share": True}
    return session.get_one(Guardian, guardian_id, with_for_update=hold, populate_existing=True)


def _is_in_other(
    session: Session, vault: Vault, guardian: Guardian, slot: ContactSlot, address: str
) -> bool:
    """Tell whether the guardian's other field holds this address, or waits for its code."""
    if slot.other is None:
        return False
    held = [contact_in(vault, guardian, slot.other).address]
    last = last_proof(session, vault, guardian.id, slot.other)
    if last is not None and last.state is ProofState.WAITING:
        held.append(last.address)
    return any(is_same(one, address) for one in held)


def _waiting(session: Session, guardian_id: UUID, slot: ContactSlot) -> ContactProof | None:
    """Return the code that counts, its row locked; who sends its letter writes to it too."""
    return session.scalars(
        select(ContactProof)
        .where(
            col(ContactProof.guardian_id) == guardian_id,
            col(ContactProof.slot) == slot,
            col(ContactProof.state) == ProofState.WAITING,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def _new_proof(
    vault: Vault, guardian: Guardian, slot: ContactSlot, address: str, now: datetime
) -> ContactProof:
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    return ContactProof(
        guardian_id=guardian.id,
        slot=slot,
        address_sealed=vault.seal(address, ADDRESS),
        code_sealed=vault.seal(code, CODE),
        language=guardian.locale,
        tries_left=TRIES,
        asked_at=now,
        expires_at=now + SEND_FOR + GOOD_FOR,
        due_at=now,
        give_up_at=now + SEND_FOR,
    )


def _miss(row: ContactProof, now: datetime) -> Tried:
    row.tries_left -= 1
    if row.tries_left > 0:
        return Tried.WRONG
    _end(row, ProofState.SPENT, now)
    return Tried.SPENT


def _end(row: ContactProof, state: ProofState, now: datetime) -> None:
    row.state, row.ended_at, row.code_sealed = state, now, None


def _end_waiting(
    session: Session, guardian_id: UUID, slot: ContactSlot, state: ProofState, now: datetime
) -> None:
    """End the code that counts; its letter stays where it is if it has not left."""
    row = _waiting(session, guardian_id, slot)
    if row is None:
        return
    _end(row, state, now)
    if row.letter == NoticeState.PENDING:
        row.letter, row.settled_at, row.outcome = NoticeState.CANCELLED, now, state
    # The next one may only be written when this one is out of the way.
    session.flush()
