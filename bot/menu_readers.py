"""Whose rich menu is which.

Of everybody it is needed when a menu is replaced, as LINE forgets who saw the old one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from bot.answer import MenuKind
from bot.menu_areas import menu_for
from core.people.bindings import children_of
from core.people.guardians import find_guardian
from core.people.staff import roles_of
from core.people.tables import AccountLink, Binding, Staff


def readers_by_menu(session: Session) -> Mapping[MenuKind, Sequence[str]]:
    """Return the LINE users with a menu of their own; everybody else sees the default."""
    parents = set(_parents(session))
    roles: dict[str, list[Staff]] = defaultdict(list)
    for role in session.exec(select(Staff).where(col(Staff.revoked_at).is_(None))):
        roles[role.line_user_id].append(role)
    found: dict[MenuKind, list[str]] = defaultdict(list)
    for user in sorted(parents | set(roles)):
        kind = menu_for(has_children=user in parents, roles=roles.get(user, []))
        found[kind].append(user)
    return found


def menu_of(session: Session, line_user_id: str) -> MenuKind:
    """Return the menu that fits somebody as they are now."""
    guardian = find_guardian(session, line_user_id)
    has_children = guardian is not None and bool(children_of(session, guardian.id))
    return menu_for(has_children=has_children, roles=roles_of(session, line_user_id))


def _parents(session: Session) -> Sequence[str]:
    statement = (
        select(AccountLink.line_user_id)
        .join(Binding, col(Binding.guardian_id) == col(AccountLink.guardian_id))
        .where(col(AccountLink.unlinked_at).is_(None), col(Binding.ended_at).is_(None))
        .distinct()
    )
    return session.exec(statement).all()
