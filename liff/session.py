"""Signing in with LINE's ID token, and signing out.

A token signs in once: a second browser that brings it is refused. The browser that used it may
come back with it, since LIFF hands out one token for an hour, however often a page is opened.
"""

import logging
from urllib.parse import urlsplit

from flask import jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.db import snapshot, transaction
from core.errors import AccessError
from core.languages.language import language_of
from core.people.languages import language_of_line_user
from core.people.sessions import PROOF_LIMIT, end_all_sessions, end_session, open_session
from core.people.used_tokens import (
    TokenUse,
    close_tokens_of_browser,
    close_tokens_of_user,
    use_token,
)
from core.privacy.orders import void_orders
from liff.guard import HOME, open_to_all, own_path, render_start, signed_in
from liff.json_body import sent_in_json
from liff.languages import keep_language
from liff.line_login import LineIdentity, TokenProblem
from liff.visit import (
    BROWSER,
    LANGUAGE,
    SESSION_TOKEN,
    Visit,
    browser_name,
    current_visit,
    forget,
    leave,
)

logger = logging.getLogger(__name__)
STATUS = {
    TokenProblem.EXPIRED: 401,
    TokenProblem.INVALID: 401,
    TokenProblem.UNAVAILABLE: 503,
}
# Besides what can be wrong with a token: it was used elsewhere, it is too old to prove a person
# anew, the request does not come from our own page.
USED, STALE, FOREIGN = "used", "stale", "foreign"


@open_to_all
def show_start() -> ResponseReturnValue:
    """Prove the LINE user anew: whoever opens the pages from a chat is who they belong to."""
    wanted = own_path(request.args.get("next", HOME))
    if "late" in request.args:
        return render_template("message.html", kind="late", href=wanted)
    if "bye" in request.args:
        kind = "bye_everywhere" if request.args["bye"] == "all" else "bye"
        return render_template("message.html", kind=kind, href=HOME)
    if "prove" in request.args and current_visit().web_session is not None:
        return render_start(wanted, is_proof=True)
    leave()
    return render_start(wanted)


@open_to_all
def start_session() -> ResponseReturnValue:
    """Exchange an ID token for our own session; everything the cookie held before is gone."""
    if not _is_from_our_page():
        return _refuse(FOREIGN, 403)
    visit = current_visit()
    identity = visit.login.verify(_sent("id_token"), visit.now)
    if isinstance(identity, TokenProblem):
        return _refuse(identity.value, STATUS[identity])
    if _sent("prove") and visit.now - identity.issued_at > PROOF_LIMIT:
        return _refuse(STALE, 401)
    try:
        token = _open(identity)
    except AccessError as error:
        return _refuse(error.code, error.status)
    forget()
    session[SESSION_TOKEN] = token
    _keep_language(identity.user_id)
    logger.info("sign_in", extra={"outcome": "signed_in"})
    return "", 204


def is_told_here() -> bool:
    """Tell whether the token that was sent can be judged without asking LINE."""
    visit = current_visit()
    return not visit.login.needs_line(_sent("id_token"), visit.now)


@open_to_all
def end_session_here() -> ResponseReturnValue:
    """Sign this browser out; the token it signed in with opens nothing any more."""
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        if BROWSER in session:
            close_tokens_of_browser(database, browser_name(), visit.now)
        _void_orders(database, visit)
    leave()
    session.pop(BROWSER, None)
    return redirect(url_for("liff.show_start", bye=1), 303)


@signed_in
def end_sessions_everywhere() -> ResponseReturnValue:
    """Sign the person out of every browser, this one too."""
    visit = current_visit()
    line_user_id = visit.get_session().line_user_id
    with transaction(visit.house.engine) as database:
        end_all_sessions(database, line_user_id, visit.now)
        close_tokens_of_user(database, line_user_id, visit.now)
        _void_orders(database, visit)
    forget()
    session.pop(BROWSER, None)
    return redirect(url_for("liff.show_start", bye="all"), 303)


def _void_orders(database: Session, visit: Visit) -> None:
    # Whoever only looks does not end what the guardian asked for.
    if visit.is_linked:
        void_orders(database, visit.get_guardian().id, visit.now)


def _keep_language(line_user_id: str) -> None:
    """Keep what was chosen in the chat, or here, or else the language of LINE on this phone."""
    with snapshot(current_visit().house.engine) as database:
        chosen = language_of_line_user(database, line_user_id)
    language = chosen or language_of(str(session.get(LANGUAGE) or _sent("language")))
    if language is not None:
        keep_language(language)


def _open(identity: LineIdentity) -> str:
    """Return the token of the new session; the browser's old one ends. Raises AccessError 401."""
    visit = current_visit()
    old = session.get(SESSION_TOKEN)
    use = TokenUse(
        token=identity.signed,
        expires_at=identity.expires_at,
        line_user_id=identity.user_id,
        browser=browser_name(),
    )
    with transaction(visit.house.engine) as database:
        token = open_session(
            database,
            visit.house.vault,
            line_user_id=identity.user_id,
            line_name=identity.name,
            proved_at=identity.issued_at,
            now=visit.now,
        )
        if not use_token(database, use, token, visit.now):
            raise AccessError(USED, 401)
        if isinstance(old, str):
            end_session(database, old, visit.now)
    return token


def _is_from_our_page() -> bool:
    """Tell whether a browser that says where a request comes from names our own pages.

    Otherwise another site could sign a person in as somebody else. Old browsers say nothing; the
    token of the form holds against those.
    """
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    ours = urlsplit(current_visit().house.settings.base_url)
    own = {f"{ours.scheme}://{ours.netloc}", request.host_url.rstrip("/")}
    return site == "same-origin" and (origin is None or origin in own)


def _refuse(error: str, status: int) -> ResponseReturnValue:
    logger.info("sign_in", extra={"outcome": error})
    return jsonify(error=error), status


def _sent(name: str) -> str:
    return sent_in_json(name) or request.form.get(name, "")
