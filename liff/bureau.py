"""Looking by the bureau's account: start → callback → confirm.

A linked guardian adds the account; later it opens the guardian's pages in any signed-in browser,
to look at only. It never makes or moves a link, so notices go where they went.
"""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.db import snapshot, transaction
from core.identity.identities import (
    Provider,
    add_identity,
    begin_viewing,
    drop_identity,
    find_holder,
)
from core.identity.standing import require_real_name
from core.identity.tables import LinkTicket
from core.identity.tickets import end_ticket, waiting_member
from core.people.guardians import PassMember
from core.people.names import masked_name
from core.people.sessions import session_line_name
from liff.guard import linked, open_to_all, signed_in
from liff.providers import LoginSite, bureau_site
from liff.sign_in import (
    Outcome,
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
def start_bureau() -> ResponseReturnValue:
    """Go to the bureau's sign-in with a fresh state."""
    visit = current_visit()
    return begin(visit, _site(visit), own_browser(visit), url_for("liff.finish_bureau"))


@open_to_all
def finish_bureau() -> ResponseReturnValue:
    """Take the account from the bureau; a return into another browser changes nothing."""
    visit = current_visit()
    site = _site(visit)
    browsers = [own_browser(visit)] if visit.web_session is not None else []
    came = take_member(visit, site, browsers)
    match came.outcome:
        case Outcome.AGAIN:
            return redirect(url_for("liff.show_bureau_confirm"), 303)
        case Outcome.LEFT:
            return redirect(url_for("liff.show_home", note="pass_left"), 303)
    if came.ticket is None or came.member is None:
        return show_failure(came.outcome)
    if not visit.is_linked and _holder(visit, came.member) is None:
        return _say("bureau_unknown"), 403
    keep(visit, came.ticket, came.member)
    return redirect(url_for("liff.show_bureau_confirm"), 303)


@signed_in
def show_bureau_confirm() -> ResponseReturnValue:
    """Show the LINE user and the bureau's account side by side."""
    visit = current_visit()
    ticket = find_waiting(visit, own_browser(visit), _site(visit))
    if ticket is None:
        return redirect(url_for("liff.show_home"), 303)
    member = waiting_member(visit.house.vault, ticket)
    return render_template(
        "bureau_confirm.html",
        line_name=session_line_name(visit.house.vault, visit.get_session()),
        member_name=masked_name(member.real_name),
        ticket_id=ticket.id,
        is_added=visit.is_linked,
    )


@signed_in
def confirm_bureau() -> ResponseReturnValue:
    """Add the account to the linked guardian, or look by it."""
    visit = current_visit()
    ticket = find_waiting(visit, own_browser(visit), _site(visit))
    if ticket is None or not is_shown(ticket):
        return redirect(url_for("liff.show_bureau_confirm"), 303)
    if request.form.get("answer") != "go_on":
        with transaction(visit.house.engine) as database:
            end_ticket(database, ticket, visit.now)
        return redirect(url_for("liff.show_home", note="bureau_left"), 303)
    return _add(visit, ticket) if visit.is_linked else _view(visit, ticket)


def _add(visit: Visit, ticket: LinkTicket) -> ResponseReturnValue:
    require_real_name(visit.standing)
    with transaction(visit.house.engine) as database:
        member = waiting_member(visit.house.vault, ticket)
        is_theirs = end_ticket(database, ticket, visit.now) and add_identity(
            database,
            visit.house.vault,
            provider=Provider.BUREAU,
            member=member,
            guardian_id=visit.get_guardian().id,
            now=visit.now,
        )
    if not is_theirs:
        return _say("bureau_taken"), 409
    return redirect(url_for("liff.show_account", note="bureau_added"), 303)


def _view(visit: Visit, ticket: LinkTicket) -> ResponseReturnValue:
    member = waiting_member(visit.house.vault, ticket)
    with transaction(visit.house.engine) as database:
        if find_holder(database, Provider.BUREAU, member.pass_id) is None:
            return _say("bureau_unknown"), 403
        if end_ticket(database, ticket, visit.now):
            begin_viewing(
                database,
                browser_hash=own_browser(visit).key_hash,
                provider=Provider.BUREAU,
                subject=member.pass_id,
                now=visit.now,
            )
    return redirect(url_for("liff.show_home"), 303)


@linked
def show_drop_bureau() -> ResponseReturnValue:
    """Ask once before the account is taken away."""
    return render_template("bureau_drop.html")


@linked
def drop_bureau() -> ResponseReturnValue:
    """Take the bureau's account away; whoever looks by it stops at once."""
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        guardian_id = visit.get_guardian().id
        drop_identity(database, provider=Provider.BUREAU, guardian_id=guardian_id, now=visit.now)
    return redirect(url_for("liff.show_account", note="bureau_dropped"), 303)


def _site(visit: Visit) -> LoginSite:
    if not visit.house.settings.has_bureau_login:
        abort(404)
    return bureau_site(visit.house.settings)


def _holder(visit: Visit, member: PassMember) -> object:
    with snapshot(visit.house.engine) as database:
        return find_holder(database, Provider.BUREAU, member.pass_id)


def _say(kind: str) -> str:
    return render_template("message.html", kind=kind, href=url_for("liff.show_home"))
