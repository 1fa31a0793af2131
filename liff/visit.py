"""Who is here, when it is and in which house: what the pages of one request share."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import g, session
from sqlmodel import Session

from core.db import snapshot, transaction
from core.errors import AccessError
from core.house import House
from core.identity.identities import viewed_guardian
from core.identity.standing import Standing, standing_of
from core.people.guardians import find_guardian
from core.people.sessions import (
    end_session,
    find_session,
    is_due_for_touch,
    touch_session,
)
from core.people.tables import Guardian, Staff, WebSession
from liff.line_login import LineLogin

SESSION_TOKEN = "sid"  # noqa: S105
# A random name of this browser, which outlives its sessions: an ID token stays with it.
BROWSER = "browser"
# What somebody chose to read here, or what LINE speaks on this phone; no secret of anybody.
LANGUAGE = "language"
OnLink = Callable[[str, bool], None]


@dataclass(slots=True)
class Visit:
    """One request. `guardian` is set when the signed-in LINE user is linked, or looks by another
    account (`is_linked` is False then); `roles` by the guard of staff pages.

    `on_link(line_user_id, is_bound)` changes that person's rich menu; call it after the commit.
    """

    house: House
    on_link: OnLink
    login: LineLogin
    now: datetime
    web_session: WebSession | None = None
    guardian: Guardian | None = None
    is_linked: bool = False
    roles: Sequence[Staff] = ()

    @property
    def standing(self) -> Standing:
        """Return what the guardian here may do."""
        return standing_of(self.get_guardian(), is_linked=self.is_linked)

    @property
    def actors(self) -> list[str]:
        """Return this person as records may name staff: one for each role."""
        return [f"staff:{role.id}" for role in self.roles]

    def get_session(self) -> WebSession:
        """Return the signed-in browser. Raises AccessError 401."""
        if self.web_session is None:
            raise AccessError("signed_out", 401)
        return self.web_session

    def get_guardian(self) -> Guardian:
        """Return the linked guardian. Raises AccessError 403."""
        if self.guardian is None:
            raise AccessError("not_linked", 403)
        return self.guardian


def open_visit(house: House, on_link: OnLink, login: LineLogin) -> None:
    """Find out who is here, before a page is made."""
    visit = Visit(house, on_link, login, house.clock.now())
    token = session.get(SESSION_TOKEN)
    if isinstance(token, str):
        with snapshot(house.engine) as database:
            visit.web_session = find_session(database, token, visit.now)
            if visit.web_session is not None:
                _find_guardian(database, visit, visit.web_session)
        if visit.web_session and is_due_for_touch(visit.web_session, visit.now):
            with transaction(house.engine) as database:
                touch_session(database, token, visit.now)
    g.visit = visit


def _find_guardian(database: Session, visit: Visit, web_session: WebSession) -> None:
    visit.guardian = find_guardian(database, web_session.line_user_id)
    visit.is_linked = visit.guardian is not None
    if visit.guardian is None and visit.house.settings.has_bureau_login:
        visit.guardian = viewed_guardian(database, web_session.token_hash)


def current_visit() -> Visit:
    """Return the visit of this request."""
    return cast(Visit, g.visit)


def browser_name() -> str:
    """Return this browser's name; a browser without one gets it."""
    name = session.get(BROWSER)
    if not isinstance(name, str):
        name = session[BROWSER] = secrets.token_urlsafe(32)
        # Kept when LINE's browser is closed: it may come back with the token it had.
        session.permanent = True
    return name


def leave() -> None:
    """End this browser's session and forget what its cookie held, but for the browser's name."""
    visit = current_visit()
    token = session.get(SESSION_TOKEN)
    if isinstance(token, str):
        with transaction(visit.house.engine) as database:
            end_session(database, token, visit.now)
    forget()


def forget() -> None:
    """Empty the cookie, but for the browser's name and its language."""
    visit = current_visit()
    kept = {name: session[name] for name in (BROWSER, LANGUAGE) if name in session}
    session.clear()
    if kept:
        session.update(kept)
        session.permanent = True
    visit.web_session = visit.guardian = None
    visit.is_linked = False
