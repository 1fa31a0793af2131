"""Sending through the bureau's push gateway to 酷課 APP, and asking after it, with honest answers.

The only file that knows the gateway's HTTP; docs/app-push.md describes it. The gateway knows each
message by a client id and sends none twice; what can't be read there proves nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, Protocol
from uuid import UUID

import orjson
import requests

from core.post.answer import About, Answer, Outcome
from core.post.reaching import body_of, direct_session, never_connected
from core.settings import Settings

CONNECTIONS, MESSAGES = "/connections", "/messages"
# Connect and read, seconds.
TIMEOUT = (3, 10)
LONGEST_TOKEN = 512
# Of these answers, each by its status code, a proxy's page of the same code says nothing.
TAKEN = {(200, "accepted"), (202, "accepted")}
TOKEN_GONE = {(404, "unknown_token"), (410, "gone_token")}
NOT_THIS_ONE = {(400, "invalid"), (409, "conflict"), (422, "invalid")}
RATE = "rate"


@dataclass(frozen=True, slots=True)
class Push:
    """A message. `key` is the same at every try; `token` names the guardian; `link` may be ""."""

    key: UUID
    token: str
    title: str
    text: str
    link: str
    expires_at: datetime


class Known(StrEnum):
    """Whether the gateway has a message. UNTOLD: it gave no answer that can be read."""

    TAKEN = "taken"
    NOT_TAKEN = "not_taken"
    UNTOLD = "untold"


class Refusal(Enum):
    """Why no token came. NO_APP: nobody is signed in to the app by that account."""

    # No StrEnum: a token that reads the same is a token all the same.

    NO_APP = "no_app"
    DOWN = "down"


class AppGateway(Protocol):
    """The way to guardians' apps. Nothing here raises for what the network or the gateway does."""

    def connect(self, account: str) -> str | Refusal:
        """Return the token of the app that is signed in by an account of the bureau."""

    def send(self, push: Push) -> Answer:
        """Send one message."""

    def ask(self, key: UUID) -> Known:
        """Tell whether the gateway took the message of this key."""

    def look(self, key: UUID) -> int | None:
        """Return the status code of that question, None where nobody answered."""


def app_gateway(settings: Settings) -> AppGateway | None:
    """Return the gateway that is set, None where the app is not offered."""
    if not settings.app_push_url:
        return None
    return HttpGateway(settings.app_push_url, settings.app_push_key.get_secret_value())


class HttpGateway:
    """One request a message, over kept connections."""

    def __init__(self, base: str, key: str) -> None:
        self._base = base.rstrip("/")
        self._session = direct_session()
        self._session.headers["Authorization"] = f"Bearer {key}"

    def connect(self, account: str) -> str | Refusal:
        """Return the token of the app that is signed in by an account of the bureau."""
        try:
            code, said = self._call("POST", CONNECTIONS, {"account": account})
        except (requests.RequestException, OSError):
            return Refusal.DOWN
        if (code, said.get("status")) == (404, "no_app"):
            return Refusal.NO_APP
        token = said.get("token")
        is_token = isinstance(token, str) and 0 < len(token) <= LONGEST_TOKEN
        if (code, said.get("status")) != (200, "connected") or not is_token:
            return Refusal.DOWN
        return str(token)

    def send(self, push: Push) -> Answer:
        """Send one message."""
        message = {
            "client_id": str(push.key),
            "token": push.token,
            "title": push.title,
            "text": push.text,
            "link": push.link,
            "expires_at": push.expires_at.isoformat(timespec="seconds"),
        }
        try:
            return read_answer(*self._call("POST", MESSAGES, message))
        except requests.ConnectionError as error:
            if never_connected(error):
                return Answer(Outcome.LATER, "no_connection")
            return Answer(Outcome.UNKNOWN, "cut")
        except (requests.RequestException, OSError) as error:
            return Answer(Outcome.UNKNOWN, type(error).__name__)

    def ask(self, key: UUID) -> Known:
        """Tell whether the gateway took the message of this key."""
        try:
            code, said = self._call("GET", f"{MESSAGES}/{key}")
        except (requests.RequestException, OSError):
            return Known.UNTOLD
        answer = (code, said.get("status"))
        if answer in TAKEN:
            return Known.TAKEN
        return Known.NOT_TAKEN if answer == (404, "unknown_message") else Known.UNTOLD

    def look(self, key: UUID) -> int | None:
        """Return the status code of that question, None where nobody answered."""
        try:
            return self._call("GET", f"{MESSAGES}/{key}")[0]
        except (requests.RequestException, OSError):
            return None

    def _call(
        self, method: str, path: str, body: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Return the status code and the JSON object, {} where there is none."""
        with self._session.request(
            method,
            self._base + path,
            json=body,
            timeout=TIMEOUT,
            allow_redirects=False,
            stream=True,
        ) as answer:
            return answer.status_code, _object(body_of(answer))


def read_answer(code: int, said: dict[str, Any]) -> Answer:
    """Tell what an answer to a message means; a page in between is no word of the gateway."""
    word = said.get("status")
    answer = (code, word)
    if answer in TAKEN:
        return Answer(Outcome.ACCEPTED, f"app_{code}")
    if answer in TOKEN_GONE:
        return Answer(Outcome.REFUSED, str(word), about=About.ADDRESS)
    if answer in NOT_THIS_ONE:
        return Answer(Outcome.REFUSED, f"app_{word}", about=About.CONTENT)
    if code == 429:
        return Answer(Outcome.LATER, RATE)
    if answer == (503, "later"):
        return Answer(Outcome.LATER, "later")
    if code < 300:
        return Answer(Outcome.UNKNOWN, "unreadable_answer")
    # A proxy between us may have passed the request on before it failed.
    outcome = Outcome.UNKNOWN if code >= 500 else Outcome.STOPPED
    return Answer(outcome, f"http_{code}")


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}
