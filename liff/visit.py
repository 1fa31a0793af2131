"""Who is here, when it is and in which house: what the pages of one request share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import g, session

from core.db import snapshot, transaction
from core.errors import AccessError
from core.house import House
from core.people.guardians import find_guardian
from core.people.sessions import (
    end_session,
    find_session,
    is_due_for_touch,
    touch_session,
)
from core.people.tables import Guardian, Staff, WebSession

SESSION_TOKEN = "sid"  # noqa: S105
OnLink = Callable[[str, bool], None]


@dataclass(slots=True)
class Visit:
    """One request. `guardian` is set when the signed-in LINE user is linked; `roles` by the guard
    of staff pages.

    `on_link(line_user_id, is_bound)` changes that person's rich menu; call it after the commit.
    """

    house: House
    on_link: OnLink
    now: datetime
    web_session: WebSession | None = None
    guardian: Guardian | None = None
    roles: Sequence[Staff] = ()

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


def open_visit(house: House, on_link: OnLink) -> None:
    """Find out who is here, before a page is made."""
    visit = Visit(house, on_link, house.clock.now())
    token = session.get(SESSION_TOKEN)
    if isinstance(token, str):
        with snapshot(house.engine) as database:
            visit.web_session = find_session(database, token, visit.now)
            if visit.web_session is not None:
                visit.guardian = find_guardian(database, visit.web_session.line_user_id)
        if visit.web_session and is_due_for_touch(visit.web_session, visit.now):
            with transaction(house.engine) as database:
                touch_session(database, token, visit.now)
    g.visit = visit


def current_visit() -> Visit:
    """Return the visit of this request."""
    return cast(Visit, g.visit)


def leave() -> None:
    """End this browser's session and forget everything its cookie held."""
    visit = current_visit()
    token = session.get(SESSION_TOKEN)
    if isinstance(token, str):
        with transaction(visit.house.engine) as database:
            end_session(database, token, visit.now)
    session.clear()
    visit.web_session = visit.guardian = None
