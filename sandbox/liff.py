"""LIFF: the liff.line.me redirector, the SDK stand-in, and sign-in outside LINE."""

import base64
import json
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request

from sandbox.line_login import bearer_person, cors_headers
from sandbox.line_messages import check_send
from sandbox.line_request import Refusal, json_body
from sandbox.people import Json, Person
from sandbox.state import current

bp = Blueprint("liff", __name__, template_folder="pages")
PERSON_PARAMETER = "phone"


@bp.get("/liff-sdk.js")
def sdk() -> Response:
    """Serve the SDK stand-in."""
    with bp.open_resource("liff_sdk/liff-sdk.js") as script:
        answer = Response(script.read(), mimetype="text/javascript")
    answer.headers["cache-control"] = "no-cache"
    return answer


@bp.get("/sandbox-pages.css")
def page_styles() -> Response:
    """Serve the looks of the sign-in pages."""
    with bp.open_resource("pages/pages.css") as styles:
        return Response(styles.read(), mimetype="text/css")


@bp.get("/liff/<liff_id>")
@bp.get("/liff/<liff_id>/")
@bp.get("/liff/<liff_id>/<path:path>")
def open_app(liff_id: str, path: str = "") -> Response:
    """Redirect to the endpoint URL as liff.line.me does: extra path in liff.state, tokens in hash.

    Without `phone` it is a browser outside LINE, which gets no tokens.
    """
    if liff_id != current().settings.liff_id:
        raise Refusal(404, "Not found")
    query = [(key, value) for key, value in parse_qsl(request.query_string.decode(), True)]
    person = current().world.people.get(dict(query).get(PERSON_PARAMETER, ""))
    extra = [(key, value) for key, value in query if key != PERSON_PARAMETER]
    state = (f"/{path}" if path else "") + (f"?{urlencode(extra)}" if extra else "")
    target = current().settings.liff_endpoint
    if state:
        target += f"?{urlencode({'liff.state': state})}"
    if person:
        target += f"#{urlencode(_tokens(person))}"
    return make_response(redirect(target, 302))


@bp.get("/liff/authorize")
def authorize() -> Response:
    """Let someone outside LINE pick who they are; then return with tokens."""
    redirect_uri = request.args.get("redirect_uri", "")
    if not redirect_uri.startswith(current().settings.liff_endpoint):
        raise Refusal(400, "redirect_uri must start with the endpoint URL")
    person = current().world.people.get(request.args.get(PERSON_PARAMETER, ""))
    if person:
        page = urlsplit(redirect_uri)._replace(fragment="").geturl()
        tokens = urlencode(_tokens(person) | {"external": "1"})
        return make_response(redirect(f"{page}#{tokens}", 302))
    people = list(current().world.people.values())
    links = [
        (person, f"?{urlencode({'redirect_uri': redirect_uri, PERSON_PARAMETER: person.user_id})}")
        for person in people
    ]
    return make_response(render_template("line_sign_in.html", links=links))


@bp.post("/liff/messages")
def send_messages() -> Response:
    """Say something in the person's name; text reaches the webhook, Flex and templates do not."""
    person, _ = bearer_person()
    body = json_body()
    details = check_send(body, "validate")
    if details:
        raise Refusal(400, f"The request body has {len(details)} error(s)", details)
    for message in body["messages"]:
        _say(person, message)
    answer = make_response({})
    answer.headers.update(cors_headers())
    return answer


@bp.route("/liff/messages", methods=["OPTIONS"])
def preflight() -> Response:
    """Answer a browser's question before a call with a bearer token."""
    answer = make_response("", 204)
    answer.headers.update(cors_headers())
    return answer


def _say(person: Person, message: Json) -> None:
    state = current()
    message_id = state.world.say(person, message)
    if message["type"] == "text":
        state.webhooks.put(state.events.text(person, message_id, str(message["text"])))


def _tokens(person: Person) -> dict[str, str]:
    state = current()
    return {
        "access_token": state.logins.make_access_token(person.user_id),
        "context_token": _context_token(person),
        "feature_token": "sandbox.feature",
        "id_token": state.logins.make_id_token(person.user_id, person.name),
        "client_id": state.settings.line_login_channel_id,
    }


def _context_token(person: Person) -> str:
    # As LINE's: three parts, only the middle one is read, and nobody checks the signature.
    settings = current().settings
    context: Json = {
        "type": "utou",
        "userId": person.user_id,
        "liffId": settings.liff_id,
        "endpointUrl": settings.liff_endpoint,
        "permanentLinkPattern": "concat",
        "viewType": "full",
        "availability": {"permission": {"permission": True, "minVer": "9.6.0"}},
    }
    return f"{_base64url({'alg': 'none'})}.{_base64url(context)}.sandbox"


def _base64url(part: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
