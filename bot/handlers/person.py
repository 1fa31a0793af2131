"""Who writes to us: the guardian behind a LINE user and the children, and what staff they are."""

from dataclasses import dataclass

from sqlmodel import Session

from bot.answer import MenuKind
from bot.leave_words import find_child, folded
from bot.menu_areas import menu_for
from bot.of_child import SHORTEST_NAME
from core.crypto import fingerprint
from core.people.bindings import BoundChild
from core.people.doors import for_guardian
from core.people.guardians import find_guardian, has_been_linked
from core.people.names import given_name
from core.people.staff import has_been_staff, roles_of
from core.people.tables import Guardian, Staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A LINE user as we know it; `guardian` is None while not linked to Taipei Pass.

    `roles` are those held now. `was_staff`: there are none any more.
    """

    line_user_id: str
    guardian: Guardian | None
    children: list[BoundChild]
    was_linked: bool
    roles: list[Staff]
    was_staff: bool

    @property
    def menu(self) -> MenuKind:
        """Return the rich menu that fits."""
        return menu_for(has_children=bool(self.children), roles=self.roles)

    @property
    def child_names(self) -> list[tuple[str, ...]]:
        """Return what each child is called: as we call it, in full, and by its given name."""
        return [(one.given_name, one.name, given_name(one.name)) for one in self.children]

    @property
    def actor(self) -> str:
        """Return who acts, as records name it; of somebody unknown only that it is the same one."""
        if self.guardian is not None:
            return f"guardian:{self.guardian.id}"
        if self.roles:
            return f"staff:{self.roles[0].id}"
        return f"stranger:{fingerprint(self.line_user_id)[:16]}"

    @property
    def is_only_staff(self) -> bool:
        """Tell whether the words that parents type too are meant for the school."""
        return bool(self.roles) and not self.children


def find_person(session: Session, line_user_id: str) -> Person:
    """Return what is known of the LINE user now."""
    guardian = find_guardian(session, line_user_id)
    roles = roles_of(session, line_user_id)
    return Person(
        line_user_id=line_user_id,
        guardian=guardian,
        children=for_guardian(session, guardian.id).children() if guardian else [],
        was_linked=guardian is not None or has_been_linked(session, line_user_id),
        roles=roles,
        was_staff=not roles and has_been_staff(session, line_user_id),
    )


def named_child(person: Person, said: str) -> BoundChild | None:
    """Return the one of several children a text names; 天 alone is no name in 今天."""
    names = [[one for one in own if len(one) >= SHORTEST_NAME] for own in person.child_names]
    place, _rest = find_child(folded(said), names)
    return person.children[place] if place is not None and len(person.children) > 1 else None
