"""Who did something, as staff read it."""

from uuid import UUID

from sqlmodel import Session

from core.crypto import Vault
from core.notices.staff_words import ROLE_WORDS
from core.people.staff import staff_name
from core.people.tables import Staff, StaffRole

OPERATORS = "維運人員"


def actor_words(database: Session, vault: Vault, actor: str) -> str:
    """Return 高明哲（學校管理者）; whoever is no member of staff is 維運人員."""
    kind, _, text = actor.partition(":")
    try:
        person = database.get(Staff, UUID(text)) if kind == "staff" else None
    except ValueError:
        person = None
    if person is None:
        return OPERATORS
    return f"{staff_name(vault, person)}（{ROLE_WORDS[StaffRole(person.role)]}）"
