"""Messaging API: leaving groups and rooms. Who is not in one can't leave it.

Source: LINE docs, "Leave group chat" and "Leave multi-person chat".
"""

import re

from flask import Blueprint, Response, make_response

from sandbox.state import current
from sandbox.wire.request import Refusal, line_call

bp = Blueprint("line_groups", __name__)
_ID = re.compile(r"[CR][0-9a-f]{32}")


@bp.post("/v2/bot/<any(group, room):kind>/<place>/leave")
@line_call("leave")
def leave(kind: str, place: str) -> Response:
    """Leave, once."""
    if not _ID.fullmatch(place):
        raise Refusal(400, f"The value for the '{kind}Id' parameter is invalid")
    groups = current().events.groups
    if place not in groups:
        raise Refusal(404, "Not found")
    groups.discard(place)
    return make_response({})
