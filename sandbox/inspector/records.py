"""The inspector: what really happened, and handles for checks from outside.

The app never calls these; they stand for what only the people and the platform know.
"""

import json

from flask import Blueprint, Response, make_response, request

from sandbox.state import current
from sandbox.webhooks.sender import encode
from sandbox.wire.answer import Refusal
from sandbox.wire.request import object_body

bp = Blueprint("inspect", __name__, url_prefix="/inspect")


@bp.get("/messages")
def messages() -> Response:
    """Return what each person saw, oldest first; `user_id` narrows it to one."""
    user_id = request.args.get("user_id")
    with current().world.lock:
        return make_response(current().sights.seen_by(user_id))


@bp.get("/ledger")
def ledger() -> Response:
    """Return all retry keys with their attempts and acceptances."""
    with current().world.lock:
        return make_response(current().retry_keys.picture())


@bp.get("/people")
def people() -> Response:
    """Return everybody's standing with the account."""
    state = current()
    with state.world.lock:
        rows = [
            {
                "user_id": person.user_id,
                "name": person.name,
                "role": person.role,
                "device": person.device,
                "friend": person.friend,
                "blocked": person.blocked,
                "deleted": person.deleted,
                "unread": person.unread,
                "rings": person.rings,
                "linked_menu": state.menus.links.get(person.user_id),
            }
            for person in state.world.people.values()
        ]
    return make_response(rows)


@bp.get("/webhooks")
def webhooks() -> Response:
    """Return the webhooks sent, oldest first, with how the app took them."""
    return make_response(list(current().webhooks.sent))


@bp.post("/webhooks")
def send_webhook() -> Response:
    """Send any events now: duplicates, disorder, unknown types, `signature` for a wrong one."""
    body = object_body()
    events = body.get("events")
    if not isinstance(events, list):
        raise Refusal(400, "events must be a list")
    raw = json.dumps(body["body"]).encode() if "body" in body else encode(events)
    attempt = current().webhooks.post(raw, signature=str(body.get("signature", "")))
    return make_response({"status": attempt.status, "reason": attempt.reason})


@bp.post("/id-token")
def id_token() -> Response:
    """Mint an ID token of a person; `claims` replaces claims (expired, other channel, …)."""
    body = object_body()
    person = current().world.people.get(str(body.get("user_id")))
    claims = body.get("claims", {})
    if person is None or not isinstance(claims, dict):
        raise Refusal(400, "user_id and claims are needed")
    token = current().logins.make_id_token(person.user_id, person.name, claims)
    return make_response({"id_token": token})


@bp.post("/rotate-keys")
def rotate_keys() -> Response:
    """Sign ID tokens with a new key from now on."""
    current().logins.rotate()
    return make_response("", 204)


@bp.post("/quota")
def set_quota() -> Response:
    """Set the plan: {"limit": number or null, "used": number}."""
    body, state = object_body(), current()
    limit, used = body.get("limit"), body.get("used")
    if not (limit is None or isinstance(limit, int)) or not (used is None or isinstance(used, int)):
        raise Refusal(400, "limit and used must be whole numbers")
    with state.world.lock:
        state.quota.limit = limit
        if used is not None:
            state.quota.set_used(used, state.clock.now())
    return make_response("", 204)


@bp.post("/reset")
def reset() -> Response:
    """Begin again."""
    current().reset()
    return make_response("", 204)
