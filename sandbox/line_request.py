"""What every Messaging API call goes through: bearer token, body, request id, refusals."""

import functools
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

from flask import Response, g, make_response, request

from sandbox.inject import faulty
from sandbox.people import Json, Person
from sandbox.state import current

MAX_BODY = 2 * 1024 * 1024
UNAUTHORISED = (
    "Authentication failed. Confirm that the access token in the authorization header is valid."
)
USER_ID = re.compile(r"U[0-9a-f]{32}")


class Refusal(Exception):
    """A LINE error answer; `details` rows are {"message", "property"}."""

    def __init__(self, status: int, message: str, details: list[Json] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details or []

    def answer(self) -> Response:
        """Return the response as LINE writes it: no details, no key."""
        body: Json = {"message": self.message}
        if self.details:
            body["details"] = self.details
        return make_response(body, self.status)


def line_call(endpoint: str, *, takes_retry_key: bool = False) -> Callable[..., Any]:
    """Guard a view: the token, the retry key where it is not allowed, then planned faults."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        injured = faulty(endpoint)(view)

        @functools.wraps(view)
        def wrapped(*args: object, **kwargs: object) -> Any:
            require_token()
            if not takes_retry_key and "X-Line-Retry-Key" in request.headers:
                raise Refusal(400, "The retry key is not supported by this endpoint")
            return injured(*args, **kwargs)

        return wrapped

    return decorate


def require_token() -> None:
    """Refuse the call unless it bears the channel's access token."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not current().logins.is_channel_token(token):
        raise Refusal(401, UNAUTHORISED)


def json_body() -> Json:
    """Return the JSON object of the request, or refuse it as LINE does."""
    if request.mimetype != "application/json":
        raise Refusal(415, "Unsupported Media Type")
    data = request.get_data()
    if len(data) > MAX_BODY:
        raise Refusal(413, "Request Entity Too Large")
    try:
        body = json.loads(data)
    except json.JSONDecodeError as error:
        where = f"(line: {error.lineno}, column: {error.colno})"
        raise Refusal(400, f"The request body could not be parsed as JSON {where}") from error
    except UnicodeDecodeError as error:
        text = "The request body could not be parsed as JSON (line: 1, column: 1)"
        raise Refusal(400, text) from error
    if not isinstance(body, dict):
        raise Refusal(400, "The request body could not be parsed as JSON (line: 1, column: 1)")
    return body


def object_body() -> Json:
    """Return the JSON object sent to one of the sandbox's own endpoints, or refuse it."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Refusal(400, "a JSON object is needed")
    return body


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
    answer.headers["x-content-type-options"] = "nosniff"
    answer.headers["x-frame-options"] = "DENY"
    answer.headers["cache-control"] = "no-cache, no-store, max-age=0, must-revalidate"
    return answer
