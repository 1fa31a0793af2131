"""Who writes to us: the guardian behind a LINE user, and the children."""

from dataclasses import dataclass

from sqlmodel import Session

from bot.answer import MenuKind
from core.people.bindings import BoundChild, children_of
from core.people.guardians import find_guardian, has_been_linked
from core.people.tables import Guardian


@dataclass(frozen=True, slots=True)
class Person:
    """A LINE user as we know it; `guardian` is None while not linked to Taipei Pass."""

    line_user_id: str
    guardian: Guardian | None
    children: list[BoundChild]
    was_linked: bool

    @property
    def menu(self) -> MenuKind:
        """Return the rich menu that fits."""
        return MenuKind.PARENT if self.children else MenuKind.UNBOUND


def find_person(session: Session, line_user_id: str) -> Person:
    """Return what is known of the LINE user."""
    guardian = find_guardian(session, line_user_id)
    children = children_of(session, guardian.id) if guardian else []
    return Person(line_user_id, guardian, children, has_been_linked(session, line_user_id))
