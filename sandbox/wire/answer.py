"""How LINE's servers read a call and word an answer, whatever server program carries them."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from sandbox.people import Json

# Source: LINE docs, "Status codes".
MAX_BODY = 2 * 1024 * 1024
UNAUTHORISED = (
    "Authentication failed. Confirm that the access token in the authorization header is valid."
)
RATE_TEXT = "The API rate limit has been exceeded. Try again later."
QUOTA_TEXT = "You have reached your monthly limit."
NO_RETRY_KEY = "The retry key is not supported by this endpoint"
_NOT_JSON = "The request body could not be parsed as JSON (line: {}, column: {})"
# Seen on live answers.
STAMPS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-cache, no-store, max-age=0, must-revalidate",
}


class Refusal(Exception):
    """A LINE error answer; `details` rows are {"message", "property"}."""

    def __init__(self, status: int, message: str, details: list[Json] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details or []

    def body(self) -> Json:
        """Return the answer as LINE writes it: no details, no key."""
        body: Json = {"message": self.message}
        if self.details:
            body["details"] = self.details
        return body


@dataclass(slots=True)
class Call:
    """One request; `headers` are found by any case."""

    path: str
    headers: Mapping[str, str]
    data: bytes
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    _body: Json | None = None

    @property
    def bearer(self) -> str:
        """Return the bearer token, empty when there is none."""
        return bearer_of(self.headers.get("Authorization", ""))

    def json(self) -> Json:
        """Return the JSON object sent, or raise LINE's Refusal."""
        if self._body is None:
            self._body = parse_json(self.headers.get("Content-Type", ""), self.data)
        return self._body


@dataclass(slots=True)
class Answer:
    """One answer, not yet stamped."""

    body: Json
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def bearer_of(authorization: str) -> str:
    """Return the token of an Authorization header, empty when it is none of that kind."""
    scheme, _, token = authorization.partition(" ")
    return token if scheme.lower() == "bearer" else ""


def parse_json(content_type: str, data: bytes) -> Json:
    """Return the JSON object. Raises Refusal: 415, 413 or 400 with line and column."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "Unsupported Media Type")
    if len(data) > MAX_BODY:
        raise Refusal(413, "Request Entity Too Large")
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        body = _parse_slowly(data)
    if not isinstance(body, dict):
        raise Refusal(400, _NOT_JSON.format(1, 1))
    return body


def _parse_slowly(data: bytes) -> object:
    # The quick parser refuses halves of surrogate pairs, which JSON allows.
    try:
        return json.loads(data, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise Refusal(400, _NOT_JSON.format(error.lineno, error.colno)) from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise Refusal(400, _NOT_JSON.format(1, 1)) from error


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
