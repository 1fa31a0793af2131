"""怎麼通知我: how each of a guardian's addresses stands, as account and contact pages show it."""

from dataclasses import dataclass

from flask import url_for
from sqlmodel import Session

from core.contact.proofs import last_proof
from core.contact.tables import ProofState
from core.languages.speech import N_
from core.people.contacts import ContactSlot, contact_in, masked
from core.people.tables import Guardian
from core.post.mitake import text_sender
from core.post.smtp import smtp_route
from core.settings import Settings
from liff.visit import Visit

# The first two are names, the same in every language.
TITLES = {
    ContactSlot.EMAIL1: "e-mail 1",
    ContactSlot.EMAIL2: "e-mail 2",
    ContactSlot.PHONE: N_("手機"),
}


@dataclass(frozen=True, slots=True)
class Way:
    """One address: masked, verified or not; `waiting` is a masked one whose code is to be typed."""

    slot: ContactSlot
    title: str
    masked: str
    is_verified: bool
    waiting: str
    is_offered: bool
    href: str


def ways_of(database: Session, visit: Visit, guardian: Guardian) -> list[Way]:
    """Return every address of a guardian, empty ones too; only reads."""
    return [_way(database, visit, guardian, slot) for slot in ContactSlot]


def is_offered(settings: Settings, slot: ContactSlot) -> bool:
    """Tell whether a code can be sent there."""
    return (smtp_route(settings) if slot.is_email else text_sender(settings)) is not None


def _way(database: Session, visit: Visit, guardian: Guardian, slot: ContactSlot) -> Way:
    vault = visit.house.vault
    held = contact_in(vault, guardian, slot)
    proof = last_proof(database, vault, guardian.id, slot)
    is_open = proof is not None and proof.state is ProofState.WAITING
    is_waiting = is_open and proof is not None and visit.now < proof.expires_at
    address = proof.address if proof and is_waiting else ""
    page = "liff.show_code" if address else "liff.show_field"
    return Way(
        slot,
        TITLES[slot],
        held.masked,
        held.is_verified,
        masked(slot, address),
        is_offered(visit.house.settings, slot),
        url_for(page, slot=slot),
    )
