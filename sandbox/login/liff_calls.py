"""What LINE's SDK asks api.line.me and liff.line.me for once it runs in a page."""

import base64
import json

from flask import Blueprint, Response, make_response, request

from sandbox.login.api import bearer_person
from sandbox.login.tokens import LoginError
from sandbox.objects.messages import check_send
from sandbox.people import Json, Person
from sandbox.phone.page import follow
from sandbox.state import current
from sandbox.wire.answer import Refusal
from sandbox.wire.inject import faulty
from sandbox.wire.request import json_body, object_body

bp = Blueprint("liff_calls", __name__)
_API_GATES = {"permission": True, "minVer": "9.6.0"}


@bp.get("/liff/v2/apps/<liff_id>/contextToken")
@faulty("context_token")
def external_context(liff_id: str) -> Response:
    """Return the context of a page outside LINE; nobody needs to be signed in."""
    _require_app(liff_id)
    person = _caller()
    return make_response({"contextToken": context_token(person, is_in_client=False)})


@bp.get("/liff/v2/apps/<liff_id>/featureToken")
def feature_token(liff_id: str) -> Response:
    """Return a feature token to a signed-in page."""
    _require_app(liff_id)
    bearer_person()
    return make_response({"featureToken": "sandbox.feature"})


@bp.post("/message/v3/share")
@faulty("send_messages")
def send_messages() -> Response:
    """Say something in the person's name; text reaches the webhook, Flex and templates do not."""
    person, access = bearer_person()
    if "chat_message.write" not in access.scope:
        raise Refusal(403, "user doesn't grant required permissions yet")
    body = json_body()
    details = check_send(body, "validate")
    if details:
        raise Refusal(400, f"The request body has {len(details)} error(s)", details)
    for message in body["messages"]:
        _say(person, message)
    return make_response({})


@bp.get("/liff/v2/incrementalAgreement/unauthorizedPermissions")
def unauthorized_permissions() -> Response:
    """List the scopes of the app that the caller's token lacks."""
    _, access = bearer_person()
    return make_response([one for one in current().liff_app.scope if one not in access.scope])


@bp.post("/oauth2/v2.1/liff/friendship/validate")
def validate_friendship() -> Response:
    """Tell that the account may be offered as a friend."""
    return make_response({"valid": True})


@bp.post("/liff/v2/oaadd/rateLimit")
def friend_rate_limit() -> Response:
    """Tell that the account was not offered too often."""
    return make_response({})


@bp.post("/liff/friendship")
def befriend() -> Response:
    """Add the account as a friend: the yes to the stand-in's requestFriendship()."""
    person, _ = bearer_person()
    follow(person.user_id)
    return make_response("", 204)


@bp.get("/liff/app")
def app_settings() -> Response:
    """Return the LIFF app's settings."""
    return make_response(current().liff_app.picture())


@bp.post("/liff/app")
def change_app() -> Response:
    """Change the LIFF app's settings: asks_consent, bot_prompt, scope."""
    try:
        current().liff_app.change(object_body())
    except ValueError as error:
        raise Refusal(400, str(error)) from error
    return make_response("", 204)


def context_token(person: Person | None, *, is_in_client: bool) -> str:
    """Return a context token: as LINE's three parts, whose middle only is read."""
    settings = current().settings
    context: Json = {
        "type": "utou" if is_in_client else "external",
        "liffId": settings.liff_id,
        "endpointUrl": settings.liff_endpoint,
        "permanentLinkPattern": "concat",
        "viewType": "full",
        "scope": list(current().liff_app.scope),
        "availability": {
            "permission": _API_GATES,
            "subwindowOpen": _API_GATES,
            "skipChannelVerificationScreen": _API_GATES,
            "requestFriendship": _API_GATES,
        },
    }
    if person is not None:
        context["userId"] = person.user_id
    return f"{_base64url({'alg': 'none'})}.{_base64url(context)}.sandbox"


def _base64url(part: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def _require_app(liff_id: str) -> None:
    if liff_id != current().settings.liff_id:
        raise Refusal(404, "Not found")


def _caller() -> Person | None:
    if "Authorization" not in request.headers:
        return None
    try:
        return bearer_person()[0]
    except (Refusal, LoginError):
        return None


def _say(person: Person, message: Json) -> None:
    state = current()
    message_id = state.world.say(person, message)
    if message["type"] == "text":
        state.webhooks.put(state.events.text(person, message_id, str(message["text"])))
