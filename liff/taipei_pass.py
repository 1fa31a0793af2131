"""Linking a LINE user and a Taipei Pass member: start → callback → confirm.

Start, return and yes must come from the same browser of the same signed-in LINE user; a one-time
ticket holds them together. A link is made only after the person saw both names.
"""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.binding.rules import codes_may_vouch
from core.db import snapshot, transaction
from core.identity.identities import Provider
from core.identity.tables import LinkTicket
from core.identity.tickets import Browser, end_ticket, waiting_member, waiting_ticket
from core.notices.links import Consented, make_link
from core.people.bindings import children_of
from core.people.guardians import Link, find_link, find_link_of_member, note_level
from core.people.names import masked_name
from core.people.sessions import prove_session, session_line_name
from liff.account_link import link_browser
from liff.guard import open_to_all, signed_in, take_wanted
from liff.present import phone_link
from liff.privacy import CONSENT, notice_facts
from liff.providers import taipei_pass_site
from liff.sign_in import (
    Outcome,
    Return,
    begin,
    find_waiting,
    is_shown,
    keep,
    own_browser,
    show_failure,
    take_member,
)
from liff.visit import Visit, current_visit


@signed_in
def start_pass() -> ResponseReturnValue:
    """Go to Taipei Pass with a fresh state."""
    visit = current_visit()
    site = taipei_pass_site(visit.house.settings)
    return begin(visit, site, own_browser(visit), url_for("liff.finish_pass"))


@open_to_all
def finish_pass() -> ResponseReturnValue:
    """Take the member from Taipei Pass; a return into another browser links nothing."""
    visit = current_visit()
    came = take_member(visit, taipei_pass_site(visit.house.settings), _browsers(visit))
    is_outside = came.ticket is not None and came.ticket.line_user_id is None
    confirm = url_for("liff.show_account_link_confirm" if is_outside else "liff.show_confirm")
    match came.outcome:
        case Outcome.CAME:
            return _meet(visit, came, confirm)
        case Outcome.AGAIN:
            return redirect(confirm, 303)
        case Outcome.LEFT if not is_outside:
            return redirect(url_for("liff.show_home", note="pass_left"), 303)
        case Outcome.LEFT:
            return render_template("message.html", kind="link_left", href=None)
    return show_failure(came.outcome)


def _browsers(visit: Visit) -> list[Browser]:
    inside = [own_browser(visit)] if visit.web_session is not None else []
    outside = link_browser()
    return [*inside, outside] if outside else inside


def _meet(visit: Visit, came: Return, confirm: str) -> ResponseReturnValue:
    if came.ticket is None or came.member is None:
        return show_failure(Outcome.ELSEWHERE)
    with transaction(visit.house.engine) as database:
        note_level(database, came.member, visit.now)
        may_link = came.member.is_gold or codes_may_vouch(database)
    if may_link:
        keep(visit, came.ticket, came.member)
    if came.member.is_gold:
        return redirect(confirm, 303)
    is_outside = came.ticket.line_user_id is None
    return _show_upgrade(visit, is_outside=is_outside, by_code=confirm if may_link else "")


@signed_in
def show_confirm() -> ResponseReturnValue:
    """Show both accounts side by side."""
    visit = current_visit()
    ticket = find_waiting(visit, own_browser(visit), taipei_pass_site(visit.house.settings))
    if ticket is None:
        return redirect(url_for("liff.show_home"), 303)
    return _render_confirm(visit, ticket, is_wrong=False)


@signed_in
def confirm_link() -> ResponseReturnValue:
    """Link, or forget the member when it is not the person's own account."""
    visit = current_visit()
    ticket = find_waiting(visit, own_browser(visit), taipei_pass_site(visit.house.settings))
    if ticket is None:
        return _show_done(visit)
    if not is_shown(ticket):
        return redirect(url_for("liff.show_confirm"), 303)
    if request.form.get("answer") != "link":
        _refuse(visit, ticket)
        note = "declined" if request.form.get("answer") == "declined" else "not_me"
        return redirect(url_for("liff.show_home", note=note), 303)
    if request.form.get("consent") != CONSENT.version:
        return _render_confirm(visit, ticket, is_wrong=True), 422
    has_children = _link(visit)
    if has_children is None:
        return _show_done(visit)
    page = "liff.show_home" if has_children else "liff.show_new_child"
    return redirect(take_wanted() or url_for(page, note="linked"), 303)


def _show_done(visit: Visit) -> ResponseReturnValue:
    # Looked up anew: a twin of this request may have linked since it came in.
    with snapshot(visit.house.engine) as database:
        is_linked = find_link(database, visit.get_session().line_user_id) is not None
    note = "linked" if is_linked else None
    return redirect(url_for("liff.show_home", note=note), 303)


def _link(visit: Visit) -> bool | None:
    """Return whether the guardian has children; None when a twin of this request was first."""
    house, browser = visit.house, own_browser(visit)
    line_user_id = visit.get_session().line_user_id
    with transaction(house.engine) as database:
        who = _take_consented(database, visit, browser)
        if who is None:
            return None
        link: Link = make_link(database, house, line_user_id, who, visit.now)
        prove_session(database, visit.get_session(), visit.now)
        has_children = bool(children_of(database, link.guardian.id))
    house.notices_due.set()
    if link.moved_from is not None:
        visit.on_link(link.moved_from, False)
    visit.on_link(line_user_id, has_children)
    return has_children


def _take_consented(database: Session, visit: Visit, browser: Browser) -> Consented | None:
    # Asked anew: a double tap sends two requests that both saw the member waiting.
    ticket = waiting_ticket(database, browser, Provider.TAIPEI_PASS, visit.now)
    if ticket is None or not is_shown(ticket):
        return None
    member = waiting_member(visit.house.vault, ticket)
    if not end_ticket(database, ticket, visit.now):
        return None
    return Consented(member, CONSENT.version)


def _refuse(visit: Visit, ticket: LinkTicket) -> None:
    with transaction(visit.house.engine) as database:
        end_ticket(database, ticket, visit.now)


def _render_confirm(visit: Visit, ticket: LinkTicket, *, is_wrong: bool) -> str:
    web_session = visit.get_session()
    member = waiting_member(visit.house.vault, ticket)
    with snapshot(visit.house.engine) as database:
        held = find_link_of_member(database, member.pass_id)
        own = find_link(database, web_session.line_user_id)
        is_moved = held is not None and held.line_user_id != web_session.line_user_id
        is_replaced = own is not None and (held is None or held.id != own.id)
    return render_template(
        "confirm.html",
        line_name=session_line_name(visit.house.vault, web_session),
        member_name=masked_name(member.real_name),
        is_gold=member.is_gold,
        ticket_id=ticket.id,
        is_moved=is_moved,
        is_replaced=is_replaced,
        consent=CONSENT,
        is_wrong=is_wrong,
        **notice_facts(visit.house.settings),
    )


def _show_upgrade(visit: Visit, *, is_outside: bool, by_code: str) -> ResponseReturnValue:
    phone = phone_link(visit.house.settings.pass_line)
    ways = {"is_outside": is_outside, "by_code": by_code}
    return render_template("general_member.html", phone=phone, **ways), 403
