"""Puts the stand-ins' routes on one origin."""

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from sandbox import (
    gate_panel,
    inspect,
    liff,
    line_account,
    line_api,
    line_login,
    line_rich_menus,
    phone,
    taipei_pass,
)
from sandbox.line_request import Refusal, stamp
from sandbox.settings import Settings
from sandbox.state import make_state

_ROOMS = (
    line_api,
    line_account,
    line_rich_menus,
    line_login,
    liff,
    taipei_pass,
    phone,
    gate_panel,
    inspect,
)
_PLATFORM = ("/v2/", "/oauth2/", "/friendship/", "/user/")


def create_app(settings: Settings) -> Flask:
    """Return the application with a fresh world; background threads are not started yet."""
    app = Flask("sandbox", template_folder="templates", static_folder="static")
    app.extensions["sandbox"] = make_state(settings)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    for room in _ROOMS:
        app.register_blueprint(room.bp)
    app.register_error_handler(Refusal, lambda refusal: refusal.answer())
    app.register_error_handler(404, _not_found)
    app.register_error_handler(405, _not_found)
    app.after_request(_stamp_platform)
    return app


def _not_found(error: HTTPException) -> Response:
    status = error.code or 404
    text = "Not found" if status == 404 else "Method Not Allowed"
    return Refusal(status, text).answer()


def _stamp_platform(answer: Response) -> Response:
    return stamp(answer) if request.path.startswith(_PLATFORM) else answer
