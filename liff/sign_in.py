"""Signing in elsewhere, as far as all providers and all our pages go the same way.

begin (ticket opened) -> the provider -> take_member (ticket used, code exchanged, member kept).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from authlib.integrations.base_client.errors import MismatchingStateError
from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.db import snapshot, transaction
from core.identity.tables import LinkTicket
from core.identity.tickets import (
    Browser,
    Start,
    find_ticket,
    keep_member,
    open_ticket,
    use_ticket,
    waiting_ticket,
)
from core.people.guardians import PassMember
from liff.guard import HOME
from liff.pass_client import (
    NotAPerson,
    PassDown,
    begin_sign_in,
    fetch_member,
    is_own_state,
    make_pass_client,
)
from liff.providers import LoginSite
from liff.visit import Visit


class Outcome(StrEnum):
    """How somebody came back."""

    CAME = "came"
    # Browser-back: this ticket was used already.
    AGAIN = "again"
    LEFT = "left"
    ELSEWHERE = "pass_elsewhere"
    LATE = "pass_late"
    DOWN = "pass_down"
    NOT_A_PERSON = "pass_organisation"


STATUS = {
    Outcome.ELSEWHERE: 400,
    Outcome.LATE: 400,
    Outcome.DOWN: 503,
    Outcome.NOT_A_PERSON: 403,
}


@dataclass(frozen=True, slots=True)
class Return:
    """Who came back from the provider, and to which ticket; neither where nobody did."""

    outcome: Outcome
    ticket: LinkTicket | None = None
    browser: Browser | None = None
    member: PassMember | None = None


def begin(
    visit: Visit, site: LoginSite, browser: Browser, path: str, link_token: str | None = None
) -> ResponseReturnValue:
    """Send the person to the provider with a fresh state; `path` is where to come back to."""
    callback = f"{visit.house.settings.base_url.rstrip('/')}{path}"
    address, state = begin_sign_in(make_pass_client(site), callback)
    with transaction(visit.house.engine) as database:
        start = Start(site.provider, state, link_token)
        open_ticket(database, visit.house.vault, browser, start, visit.now)
    return redirect(address, 302)


def take_member(visit: Visit, site: LoginSite, browsers: Sequence[Browser]) -> Return:
    """Return who came back to a ticket of one of these browsers; nothing is kept yet."""
    start = Start(site.provider, request.args.get("state", ""))
    found = _find(visit, browsers, start)
    if found is None:
        return Return(Outcome.ELSEWHERE)
    browser, ticket = found
    if ticket.returned_at is not None:
        return Return(Outcome.AGAIN, ticket, browser)
    client = make_pass_client(site)
    if not is_own_state(client, start.state):
        return Return(Outcome.ELSEWHERE)
    with transaction(visit.house.engine) as database:
        if not use_ticket(database, ticket, visit.now):
            return Return(Outcome.LATE)
    if "error" in request.args:
        return Return(Outcome.LEFT, ticket, browser)
    try:
        return Return(Outcome.CAME, ticket, browser, fetch_member(client, site))
    except MismatchingStateError:
        return Return(Outcome.ELSEWHERE)
    except PassDown:
        return Return(Outcome.DOWN)
    except NotAPerson:
        return Return(Outcome.NOT_A_PERSON)


def keep(visit: Visit, ticket: LinkTicket, member: PassMember) -> None:
    """Let the member wait for the person's yes."""
    with transaction(visit.house.engine) as database:
        keep_member(database, visit.house.vault, ticket, member, visit.now)


def find_waiting(visit: Visit, browser: Browser, site: LoginSite) -> LinkTicket | None:
    """Return the ticket of this browser whose member waits for a yes."""
    with snapshot(visit.house.engine) as database:
        return waiting_ticket(database, browser, site.provider, visit.now)


def is_shown(ticket: LinkTicket) -> bool:
    """Tell whether the form that was sent is the one that named this ticket's member."""
    return request.form.get("ticket", str(ticket.id)) == str(ticket.id)


def show_failure(outcome: Outcome) -> ResponseReturnValue:
    """Say why nothing came of a sign-in."""
    return render_template("message.html", kind=outcome.value, href=HOME), STATUS[outcome]


def own_browser(visit: Visit) -> Browser:
    """Return this signed-in browser. Raises AccessError 401."""
    web_session = visit.get_session()
    return Browser(web_session.token_hash, web_session.line_user_id)


def _find(
    visit: Visit, browsers: Sequence[Browser], start: Start
) -> tuple[Browser, LinkTicket] | None:
    with snapshot(visit.house.engine) as database:
        for browser in browsers:
            ticket = find_ticket(database, browser, start)
            if ticket is not None:
                return browser, ticket
    return None
