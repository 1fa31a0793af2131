"""LIFF: the liff.line.me redirector with LINE's consent page, and the SDK stand-in."""

from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request

from sandbox.login.liff_calls import context_token
from sandbox.login.liff_login import DENIED, PERSON_PARAMETER
from sandbox.looks.page_files import joined
from sandbox.people import Person
from sandbox.state import current
from sandbox.wire.answer import Refusal

bp = Blueprint("liff", __name__, template_folder="templates")
# One classic script for the pages, in parts for its readers.
_SDK_PARTS = ("store.js", "start.js", "surface.js")


@bp.get("/liff-sdk.js")
def sdk() -> Response:
    """Serve the SDK stand-in."""
    parts = joined(Path(bp.root_path) / "liff_sdk", _SDK_PARTS)
    script = f'(function () {{\n"use strict";\n{parts}}})();\n'
    answer = Response(script, mimetype="text/javascript")
    answer.headers["cache-control"] = "no-cache"
    return answer


@bp.route("/liff/<liff_id>", methods=["GET", "POST"])
@bp.route("/liff/<liff_id>/", methods=["GET", "POST"])
@bp.route("/liff/<liff_id>/<path:path>", methods=["GET", "POST"])
def open_app(liff_id: str, path: str = "") -> Response:
    """Redirect to the endpoint URL as liff.line.me does: extra path in liff.state, tokens in hash.

    Without `phone` it is a browser outside LINE, which gets no tokens. Who has to agree first is
    asked on a page; a refusal goes back as `error` and `error_description`.
    """
    if liff_id != current().settings.liff_id:
        raise Refusal(404, "Not found")
    person = current().world.people.get(request.args.get(PERSON_PARAMETER, ""))
    state = {"liff.state": _extra(path)} if _extra(path) else {}
    if person is None:
        return _to_endpoint(state)
    answer = request.form.get("answer")
    if answer == "refuse":
        return _to_endpoint(DENIED | {"liffOAuth2Error": "true"} | state)
    if answer == "agree":
        current().liff_app.agreed.add(person.user_id)
    if current().liff_app.needs_consent(person.user_id):
        return make_response(render_template("liff_consent.html", person=person))
    return _to_endpoint(state, _tokens(person))


def _extra(path: str) -> str:
    query = parse_qsl(request.query_string.decode(), keep_blank_values=True)
    extra = [(key, value) for key, value in query if key != PERSON_PARAMETER]
    return (f"/{path}" if path else "") + (f"?{urlencode(extra)}" if extra else "")


def _to_endpoint(query: dict[str, str], tokens: dict[str, str] | None = None) -> Response:
    target = current().settings.liff_endpoint
    target += f"?{urlencode(query)}" if query else ""
    target += f"#{urlencode(tokens)}" if tokens else ""
    return make_response(redirect(target, 302))


def _tokens(person: Person) -> dict[str, str]:
    state = current()
    scope = state.liff_app.scope
    tokens = {
        "access_token": state.logins.make_access_token(person.user_id, " ".join(scope)),
        "context_token": context_token(person, is_in_client=True),
        "feature_token": "sandbox.feature",
    }
    if "openid" in scope:
        tokens["id_token"] = state.logins.make_id_token(person.user_id, person.name)
    return tokens | {"client_id": state.settings.line_login_channel_id}
