"""A request's body in JSON, as far as it can be read."""

import orjson
from flask import request


def sent_in_json(name: str) -> str | None:
    """Return a text of a JSON body; None where there is no such text, or nobody can read it.

    Flask's own reader raises where lists stand in lists by the thousand, and lets half a sign pass
    that can be written nowhere.
    """
    if not request.is_json:
        return None
    try:
        body = orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        return None
    sent = body.get(name) if isinstance(body, dict) else None
    return sent if isinstance(sent, str) else None
