"""Signing in with LINE's ID token, and signing out."""

import logging

from flask import jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from core.db import transaction
from core.people.sessions import open_session
from liff.guard import HOME, open_to_all, own_path, render_start
from liff.line_login import TokenProblem, verify_id_token
from liff.visit import SESSION_TOKEN, current_visit, leave

logger = logging.getLogger(__name__)
STATUS = {
    TokenProblem.EXPIRED: 401,
    TokenProblem.INVALID: 401,
    TokenProblem.UNAVAILABLE: 503,
}


@open_to_all
def show_start() -> ResponseReturnValue:
    """Prove the LINE user anew: whoever opens the pages from a chat is who they belong to."""
    wanted = own_path(request.args.get("next", HOME))
    if "late" in request.args:
        return render_template("message.html", kind="late", href=wanted)
    if "bye" in request.args:
        return render_template("message.html", kind="bye", href=HOME)
    leave()
    return render_start(wanted)


@open_to_all
def start_session() -> ResponseReturnValue:
    """Exchange an ID token for our own session; everything the cookie held before is gone."""
    settings = current_visit().house.settings
    identity = verify_id_token(settings.line_api, settings.line_login_channel_id, _sent_token())
    if isinstance(identity, TokenProblem):
        logger.info("sign_in", extra={"outcome": identity.value})
        return jsonify(error=identity.value), STATUS[identity]
    leave()
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        session[SESSION_TOKEN] = open_session(
            database,
            visit.house.vault,
            line_user_id=identity.user_id,
            line_name=identity.name,
            now=visit.now,
        )
    logger.info("sign_in", extra={"outcome": "signed_in"})
    return "", 204


@open_to_all
def end_session() -> ResponseReturnValue:
    """Sign this browser out."""
    leave()
    return redirect(url_for("liff.show_start", bye=1), 303)


def _sent_token() -> str:
    body = request.get_json(silent=True)
    token = body.get("id_token") if isinstance(body, dict) else request.form.get("id_token")
    return token if isinstance(token, str) else ""
