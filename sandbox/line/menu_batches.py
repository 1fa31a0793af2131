"""Messaging API: changing the linked menus of many users by what they see now.

Here a batch is done as soon as it is accepted. Source: LINE docs, "Batch-control rich menus".
"""

from flask import Blueprint, Response, make_response, request

from sandbox.objects.menus import check_batch
from sandbox.people import Json
from sandbox.state import current
from sandbox.wire.request import Refusal, json_body, line_call, request_id

bp = Blueprint("line_menu_batches", __name__)


@bp.post("/v2/bot/richmenu/batch")
@line_call("richmenu_batch")
def run() -> Response:
    """Carry out the operations one after the other; LINE answers 202."""
    operations, state = _checked(), current()
    with state.world.lock:
        for operation in operations:
            _carry_out(operation)
        state.menus.batches[request_id()] = state.clock.iso()
        state.world.publish_phones()
    return make_response({}, 202)


@bp.post("/v2/bot/richmenu/validate/batch")
@line_call("richmenu_batch", limit="richmenu_batch_validate")
def validate() -> Response:
    """Check a batch exactly as running it does."""
    _checked()
    return make_response({})


@bp.get("/v2/bot/richmenu/progress/batch")
@line_call("richmenu_batch", limit="richmenu_batch_progress")
def progress() -> Response:
    """Tell how far a batch got."""
    done_at = current().menus.batches.get(request.args.get("requestId", ""))
    if done_at is None:
        raise Refusal(404, "Not found")
    body = {"phase": "succeeded", "acceptedTime": done_at, "completedTime": done_at}
    return make_response(body)


def _checked() -> list[Json]:
    body = json_body()
    details = check_batch(body)
    if details:
        raise Refusal(400, f"The request body has {len(details)} error(s)", details)
    operations: list[Json] = body["operations"]
    for operation in operations:
        for key in ("from", "to"):
            if key in operation:
                current().menus.require_ready(operation[key])
    return operations


def _carry_out(operation: Json) -> None:
    links = current().menus.links
    for user_id, menu_id in list(links.items()):
        if operation["type"] == "unlinkAll" or menu_id == operation.get("from"):
            del links[user_id]
            if operation["type"] == "link":
                links[user_id] = operation["to"]
