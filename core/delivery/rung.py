"""The channels beside LINE as rungs of the ladder: where a no-show goes that LINE did not carry."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from core.crypto import Vault
from core.kinds import Channel
from core.people.contacts import ContactSlot, verified_in
from core.people.tables import Guardian


@dataclass(frozen=True, slots=True)
class ContactRung:
    """Open to whoever has a verified address in one of `slots`, and ticked the box if it must be.

    Who ended the messages is left out as they leave.
    """

    channel: Channel
    slots: tuple[ContactSlot, ...]
    needs_tick: bool
    vault: Vault

    def address_of(self, session: Session, guardian_ids: Collection[UUID]) -> dict[UUID, str]:
        """Return the verified addresses of those guardians who have one."""
        rows = session.scalars(
            select(Guardian).where(
                col(Guardian.id).in_(guardian_ids), col(Guardian.stopped_at).is_(None)
            )
        )
        contacts = {row.id: verified_in(self.vault, row, *self.slots) for row in rows}
        return {one: contact.address for one, contact in contacts.items() if contact}
