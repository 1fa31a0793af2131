"""Linking where LIFF can't be used: the chat's link → Taipei Pass → LINE's own dialog.

LINE's link token says whose chat the link came from, and LINE makes sure that the browser belongs
to the same LINE user, so a link passed on to somebody else links nothing. The `accountLink` event
ends it (bot/handlers/account_link.py).
"""

import re
import secrets
from urllib.parse import urlencode

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from core.crypto import fingerprint
from core.db import transaction
from core.identity.tables import LinkTicket
from core.identity.tickets import Browser, Question, ask_line, end_ticket, waiting_member
from core.people.names import masked_name
from liff.guard import open_to_all
from liff.privacy import CONSENT, notice_facts
from liff.providers import taipei_pass_site
from liff.sign_in import begin, find_waiting, is_shown
from liff.visit import Visit, current_visit

BROWSER_KEY = "account_link"
# Source: LINE docs, "Linking user accounts"; the shape of a link token is not published.
LINK_TOKEN = re.compile(r"[\w.~+/=-]{8,200}", re.ASCII)


@open_to_all
def show_account_link() -> ResponseReturnValue:
    """Show what the link from the chat does; it counts in this browser only."""
    token = request.args.get("linkToken", "")
    if not LINK_TOKEN.fullmatch(token):
        return render_template("message.html", kind="link_broken", href=None), 400
    return render_template("account_link.html", link_token=token)


@open_to_all
def start_account_link() -> ResponseReturnValue:
    """Go to Taipei Pass; the link token waits on the ticket."""
    token = request.form.get("linkToken", "")
    if not LINK_TOKEN.fullmatch(token):
        return render_template("message.html", kind="link_broken", href=None), 400
    key = session[BROWSER_KEY] = secrets.token_urlsafe(32)
    visit = current_visit()
    site = taipei_pass_site(visit.house.settings)
    return begin(visit, site, _browser(key), url_for("liff.finish_pass"), token)


def link_browser() -> Browser | None:
    """Return this browser as one that LINE will name the user of."""
    key = session.get(BROWSER_KEY)
    return _browser(key) if isinstance(key, str) else None


def _browser(key: str) -> Browser:
    return Browser(fingerprint(key), None)


@open_to_all
def show_account_link_confirm() -> ResponseReturnValue:
    """Show whose Taipei Pass account it is, before LINE is asked."""
    visit = current_visit()
    ticket = _find(visit)
    return _show_over() if ticket is None else _render(visit, ticket, is_wrong=False)


@open_to_all
def confirm_account_link() -> ResponseReturnValue:
    """Send the person to LINE's dialog with a nonce, or forget the member."""
    visit = current_visit()
    ticket = _find(visit)
    if ticket is None or not is_shown(ticket):
        return _show_over()
    if request.form.get("answer") != "link":
        with transaction(visit.house.engine) as database:
            end_ticket(database, ticket, visit.now)
        return render_template("message.html", kind="link_left", href=None)
    if request.form.get("consent") != CONSENT.version:
        return _render(visit, ticket, is_wrong=True), 422
    with transaction(visit.house.engine) as database:
        question = ask_line(database, visit.house.vault, ticket, CONSENT.version, visit.now)
    return _show_over() if question is None else redirect(_dialog(visit, question), 303)


def _find(visit: Visit) -> LinkTicket | None:
    browser = link_browser()
    if browser is None:
        return None
    return find_waiting(visit, browser, taipei_pass_site(visit.house.settings))


def _dialog(visit: Visit, question: Question) -> str:
    query = urlencode({"linkToken": question.link_token, "nonce": question.nonce})
    return f"{visit.house.settings.line_access}/dialog/bot/accountLink?{query}"


def _render(visit: Visit, ticket: LinkTicket, *, is_wrong: bool) -> str:
    member = waiting_member(visit.house.vault, ticket)
    return render_template(
        "confirm.html",
        line_name="",
        is_outside=True,
        member_name=masked_name(member.real_name),
        is_gold=member.is_gold,
        ticket_id=ticket.id,
        is_moved=False,
        is_replaced=False,
        consent=CONSENT,
        **notice_facts(visit.house.settings),
        is_wrong=is_wrong,
    )


def _show_over() -> ResponseReturnValue:
    return render_template("message.html", kind="link_broken", href=None), 400
