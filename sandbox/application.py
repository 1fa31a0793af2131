"""Puts the stand-ins' routes on one origin."""

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from sandbox.app_push import door as app_push
from sandbox.gate import panel
from sandbox.inspector import handles, records
from sandbox.line import account, account_link, content, groups, menu_batches, rich_menus, tokens
from sandbox.login import api, liff, liff_calls, liff_login
from sandbox.looks import page_files
from sandbox.mail import mailbox
from sandbox.phone import page, talk
from sandbox.settings import Settings
from sandbox.sms import mitake
from sandbox.state import make_state
from sandbox.taipei_pass.doors import gold, login, oauth, recovery, register
from sandbox.wire.answer import Refusal
from sandbox.wire.request import answer_refusal, stamp

_DOORS = (
    account,
    content,
    groups,
    menu_batches,
    rich_menus,
    tokens,
    api,
    account_link,
    page_files,
    liff,
    liff_calls,
    liff_login,
    oauth,
    login,
    recovery,
    register,
    gold,
    mitake,
    mailbox,
    app_push,
    page,
    talk,
    panel,
    records,
    handles,
)
_PLATFORM = ("/v2/", "/oauth2/", "/friendship/", "/user/")


def create_app(settings: Settings) -> Flask:
    """Return the application with a fresh world; background threads are not started yet."""
    app = Flask("sandbox", template_folder=None, static_folder=None)
    app.extensions["sandbox"] = make_state(settings)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    for door in _DOORS:
        app.register_blueprint(door.bp)
    app.register_blueprint(oauth.bureau_bp)
    app.register_blueprint(oauth.isso_bp)
    app.register_error_handler(Refusal, answer_refusal)
    app.register_error_handler(404, _not_found)
    app.register_error_handler(405, _not_found)
    app.before_request(_keep_apps_out)
    app.after_request(_stamp_platform)
    return app


def _keep_apps_out() -> None:
    # What the inspector knows an app cannot know; one that asks with its token asks by mistake.
    if request.path.startswith("/inspect") and "Authorization" in request.headers:
        raise Refusal(403, "The inspector is for checkers, not for the app")


def _not_found(error: HTTPException) -> Response:
    status = error.code or 404
    text = "Not found" if status == 404 else "Method Not Allowed"
    return answer_refusal(Refusal(status, text))


def _stamp_platform(answer: Response) -> Response:
    return stamp(answer) if request.path.startswith(_PLATFORM) else answer
