"""How to reach a guardian beside LINE: two e-mail addresses and a mobile number, sealed."""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import update
from sqlmodel import Session, col

from core.audit import record_audit
from core.crypto import SealBroken, Vault
from core.errors import InputError
from core.people.guardians import EMAIL, PHONE
from core.people.tables import Guardian

MOBILE = re.compile(r"09\d{8}", re.ASCII)


class ContactSlot(StrEnum):
    """Which of a guardian's addresses; also how their columns begin."""

    EMAIL1 = "email1"
    EMAIL2 = "email2"
    PHONE = "phone"

    @property
    def is_email(self) -> bool:
        """Tell whether letters go there."""
        return self is not ContactSlot.PHONE

    @property
    def other(self) -> "ContactSlot | None":
        """Return the field that may not hold the same."""
        pair = {ContactSlot.EMAIL1: ContactSlot.EMAIL2, ContactSlot.EMAIL2: ContactSlot.EMAIL1}
        return pair.get(self)


# Letters go to the first of these that is verified.
EMAILS = (ContactSlot.EMAIL1, ContactSlot.EMAIL2)


@dataclass(frozen=True, slots=True)
class Contact:
    """One address in clear, empty where there is none; something is sent to verified ones only."""

    slot: ContactSlot
    address: str
    is_verified: bool

    @property
    def masked(self) -> str:
        """Return it as pages may show it."""
        return masked(self.slot, self.address)


def contact_in(vault: Vault, guardian: Guardian, slot: ContactSlot) -> Contact:
    """Return what is held in one slot, in clear."""
    sealed: str | None = getattr(guardian, f"{slot}_sealed")
    is_verified: bool = getattr(guardian, f"{slot}_is_verified")
    address = vault.open(sealed, purpose_of(slot)) if sealed else ""
    return Contact(slot, address, is_verified and bool(address))


def verified_in(vault: Vault, guardian: Guardian, *slots: ContactSlot) -> Contact | None:
    """Return the first of these that is verified."""
    for slot in slots:
        # One value that does not open must not hold up everybody's messages.
        with suppress(SealBroken):
            contact = contact_in(vault, guardian, slot)
            if contact.is_verified:
                return contact
    return None


def purpose_of(slot: ContactSlot) -> str:
    """Return what an address is sealed for."""
    return EMAIL if slot.is_email else PHONE


def parse_contact(slot: ContactSlot, text: str) -> str:
    """Return an address in its usual form, or empty.

    Raises InputError("email" or "phone", "address").
    """
    return parse_email(text) if slot.is_email else parse_phone(text)


def parse_email(text: str) -> str:
    """Return the address in its usual form, or empty. Raises InputError("email", "address")."""
    if not text.strip():
        return ""
    try:
        # Whether the domain takes mail is asked when something is sent, not while a page waits.
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise InputError("email", "address") from None


def parse_phone(text: str) -> str:
    """Return 09 and eight digits, or empty. Raises InputError("phone", "address")."""
    typed = re.sub(r"[\s()-]", "", unicodedata.normalize("NFKC", text))
    local = re.sub(r"^\+886", "0", typed)
    if local and not MOBILE.fullmatch(local):
        raise InputError("phone", "address")
    return local


def is_same(one: str, other: str) -> bool:
    """Tell whether two addresses are one mailbox, or one number."""
    return one.casefold() == other.casefold()


def masked(slot: ContactSlot, address: str) -> str:
    """Return m***@example.org or 0900***101, empty for nothing."""
    if not slot.is_email:
        return f"{address[:4]}***{address[-3:]}" if address else ""
    name, _, host = address.partition("@")
    return f"{name[:1]}***@{host}" if host else ""


def write_contact(
    session: Session, vault: Vault, guardian_id: UUID, contact: Contact, now: datetime
) -> None:
    """Write an address, an empty one for none; joins the caller's transaction."""
    slot, address = contact.slot, contact.address
    values: dict[str, object] = {
        f"{slot}_sealed": vault.seal(address, purpose_of(slot)) if address else None,
        f"{slot}_is_verified": contact.is_verified and bool(address),
    }
    is_there = (col(Guardian.id) == guardian_id, col(Guardian.erased_at).is_(None))
    session.execute(update(Guardian).where(*is_there).values(**values))
    actor = f"guardian:{guardian_id}"
    action = "contact.verify" if contact.is_verified else "contact.change"
    record_audit(session, actor=actor, action=action, subject=actor, now=now)
