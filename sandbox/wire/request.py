"""What a Messaging API view under Flask goes through: token, rate, retry key, planned faults."""

import functools
import re
import uuid
from collections.abc import Callable
from typing import Any

from flask import Response, g, make_response, request

from sandbox.people import Json, Person
from sandbox.state import current
from sandbox.wire.answer import (
    NO_RETRY_KEY,
    RATE_TEXT,
    STAMPS,
    UNAUTHORISED,
    Refusal,
    bearer_of,
    parse_json,
)
from sandbox.wire.inject import faulty

USER_ID = re.compile(r"U[0-9a-f]{32}")
__all__ = ["UNAUTHORISED", "USER_ID", "Refusal"]


def answer_refusal(refusal: Refusal) -> Response:
    """Return a refusal as a response."""
    return make_response(refusal.body(), refusal.status)


def line_call(endpoint: str, *, limit: str = "") -> Callable[..., Any]:
    """Guard a view: the token, no retry key, planned faults, the rate (of `limit` if named)."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def within_rate(*args: object, **kwargs: object) -> Any:
            if not current().rates.take(limit or endpoint, current().clock.now()):
                raise Refusal(429, RATE_TEXT)
            return view(*args, **kwargs)

        injured = faulty(endpoint)(within_rate)

        @functools.wraps(view)
        def wrapped(*args: object, **kwargs: object) -> Any:
            require_token()
            if "X-Line-Retry-Key" in request.headers:
                raise Refusal(400, NO_RETRY_KEY)
            return injured(*args, **kwargs)

        return wrapped

    return decorate


def require_token() -> None:
    """Refuse the call unless it bears an access token of the channel."""
    if not current().channel_tokens.is_good(bearer_of(request.headers.get("Authorization", ""))):
        raise Refusal(401, UNAUTHORISED)


def json_body() -> Json:
    """Return the JSON object of the request, or refuse it as LINE does."""
    return parse_json(request.content_type or "", request.get_data())


def object_body() -> Json:
    """Return the JSON object sent to one of the sandbox's own endpoints, or refuse it."""
    body = _own_body()
    if not isinstance(body, dict):
        raise Refusal(400, "a JSON object is needed")
    return body


def list_body() -> list[Any]:
    """Return the JSON list sent to one of the sandbox's own endpoints, or refuse it."""
    rows = _own_body()
    if not isinstance(rows, list):
        raise Refusal(400, "a JSON list is needed")
    return rows


def _own_body() -> Any:
    # As curl sends it: what is wrong would be looked for in the JSON. It is not taken all the
    # same, since any page of the browser's could send that.
    if not request.is_json:
        raise Refusal(400, "send it with the header content-type: application/json")
    return request.get_json(silent=True)


def require_user(user_id: str) -> Person | None:
    """Return the person, None for a well-formed stranger; refuse a malformed id."""
    if not USER_ID.fullmatch(user_id):
        raise Refusal(400, "The value for the 'userId' parameter is invalid")
    return current().world.people.get(user_id)


def request_id() -> str:
    """Return this call's x-line-request-id."""
    if "request_id" not in g:
        g.request_id = str(uuid.uuid4())
    return str(g.request_id)


def stamp(answer: Response) -> Response:
    """Add the headers LINE puts on every answer."""
    answer.headers["x-line-request-id"] = request_id()
    answer.headers.update(STAMPS)
    return answer
