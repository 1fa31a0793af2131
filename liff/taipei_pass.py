"""Linking a LINE user and a Taipei Pass member: start → callback → confirm.

Start and finish must be the same browser of the same signed-in LINE user: the state lives in the
cookie that carries the session, and a link is made only after the person saw both names.
"""

from authlib.integrations.base_client.errors import MismatchingStateError
from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.db import snapshot, transaction
from core.notices.announce import tell_linked
from core.people.bindings import children_of
from core.people.guardians import PassMember, find_link_of_member, link_account
from core.people.names import masked_name
from core.people.sessions import pending_link, session_line_name, set_pending_link
from core.people.tables import WebSession
from liff.guard import HOME, open_to_all, signed_in
from liff.pass_client import (
    PassDown,
    fetch_member,
    forget_states,
    is_own_state,
    make_pass_client,
)
from liff.present import phone_link
from liff.privacy import CONSENT
from liff.visit import Visit, current_visit


@signed_in
def start_pass() -> ResponseReturnValue:
    """Go to Taipei Pass with a fresh state and PKCE challenge."""
    settings = current_visit().house.settings
    forget_states()
    callback = f"{settings.base_url.rstrip('/')}{url_for('liff.finish_pass')}"
    answer: Response = make_pass_client(settings).authorize_redirect(callback)
    return answer


@open_to_all
def finish_pass() -> ResponseReturnValue:
    """Take the member from Taipei Pass; a return into another browser links nothing."""
    visit = current_visit()
    if visit.web_session is None or not is_own_state(request.args.get("state", "")):
        return _message("pass_elsewhere"), 400
    if "error" in request.args:
        forget_states()
        return redirect(url_for("liff.show_home", note="pass_left"), 303)
    settings = visit.house.settings
    try:
        member = fetch_member(make_pass_client(settings), settings.taipei_pass("profile"))
    except MismatchingStateError:
        return _message("pass_elsewhere"), 400
    except PassDown:
        return _message("pass_down"), 503
    if not member.is_gold:
        return _show_upgrade(visit)
    with transaction(visit.house.engine) as database:
        set_pending_link(database, visit.house.vault, visit.get_session(), member)
    return redirect(url_for("liff.show_confirm"), 303)


@signed_in
def show_confirm() -> ResponseReturnValue:
    """Show both accounts side by side."""
    visit = current_visit()
    member = pending_link(visit.house.vault, visit.get_session())
    if member is None:
        return redirect(url_for("liff.show_home"), 303)
    return _render_confirm(visit, member, is_wrong=False)


@signed_in
def confirm_link() -> ResponseReturnValue:
    """Link, or forget the member when it is not the person's own account."""
    visit = current_visit()
    member = pending_link(visit.house.vault, visit.get_session())
    if member is None:
        return _show_done(is_linked=visit.guardian is not None)
    if request.form.get("answer") != "link":
        _forget_member(visit)
        return redirect(url_for("liff.show_home", note="not_me"), 303)
    if request.form.get("consent") != CONSENT.version:
        return _render_confirm(visit, member, is_wrong=True), 422
    has_children = _link(visit, member)
    if has_children is None:
        return _show_done(is_linked=True)
    page = "liff.show_home" if has_children else "liff.show_new_child"
    return redirect(url_for(page, note="linked"), 303)


def _show_done(*, is_linked: bool) -> ResponseReturnValue:
    note = "linked" if is_linked else None
    return redirect(url_for("liff.show_home", note=note), 303)


def _link(visit: Visit, member: PassMember) -> bool | None:
    """Return whether the guardian has children; None when a twin of this request was first."""
    house, line_user_id = visit.house, visit.get_session().line_user_id
    with transaction(house.engine) as database:
        if not _is_still_pending(database, visit.get_session()):
            return None
        link = link_account(
            database,
            house.vault,
            line_user_id=line_user_id,
            member=member,
            consent_version=CONSENT.version,
            now=visit.now,
        )
        tell_linked(
            database,
            house.settings,
            guardian_id=link.guardian.id,
            member_name=member.real_name,
            line_user_id=line_user_id,
            moved_from=link.moved_from,
            now=visit.now,
        )
        set_pending_link(database, house.vault, visit.get_session(), None)
        has_children = bool(children_of(database, link.guardian.id))
    house.notices_due.set()
    if link.moved_from is not None:
        visit.on_link(link.moved_from, False)
    visit.on_link(line_user_id, has_children)
    return has_children


def _is_still_pending(database: Session, web_session: WebSession) -> bool:
    # Read again under a lock: a double tap sends two requests that both saw the member waiting.
    row = database.get(WebSession, web_session.token_hash, with_for_update=True)
    return row is not None and row.pending_link_sealed is not None


def _forget_member(visit: Visit) -> None:
    with transaction(visit.house.engine) as database:
        set_pending_link(database, visit.house.vault, visit.get_session(), None)


def _render_confirm(visit: Visit, member: PassMember, *, is_wrong: bool) -> str:
    web_session = visit.get_session()
    with snapshot(visit.house.engine) as database:
        held = find_link_of_member(database, member.pass_id)
        is_moved = held is not None and held.line_user_id != web_session.line_user_id
    return render_template(
        "confirm.html",
        line_name=session_line_name(visit.house.vault, web_session),
        member_name=masked_name(member.real_name),
        is_moved=is_moved,
        consent=CONSENT,
        is_wrong=is_wrong,
    )


def _show_upgrade(visit: Visit) -> ResponseReturnValue:
    phone = phone_link(visit.house.settings.pass_line)
    return render_template("general_member.html", phone=phone), 403


def _message(kind: str) -> str:
    return render_template("message.html", kind=kind, href=HOME)
