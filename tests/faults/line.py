"""A LINE with troubles: a ledger of what it took in, and what the sender got to see of it."""

import json
import socket
import struct
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

from tests.serving import serving

RATE = '{"message":"The API rate limit has been exceeded. Try again later."}'
QUOTA = '{"message":"You have reached your monthly limit."}'
QUOTA_PATH, USAGE_PATH = "/v2/bot/message/quota", "/v2/bot/message/quota/consumption"
COUNT_PATH = "/v2/bot/message/delivery/push"


class Wire(Enum):
    """How an answer fails to come."""

    RESET = auto()
    SILENCE = auto()
    DRIBBLE = auto()


@dataclass(frozen=True, slots=True)
class Trouble:
    """The fate of one push: whether it is taken in, and what comes back."""

    answer: int | Wire
    accepts: bool = False
    text: str = "{}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A push that came: its retry key, its token, and the status it was answered with."""

    key: str
    token: str
    status: int | Wire


@dataclass
class TroubledLine:
    """Each push takes the next of `troubles`; with none left it goes well, once per key."""

    origin: str = ""
    troubles: list[Trouble] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    accepted: dict[str, dict[str, Any]] = field(default_factory=dict)
    bodies: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    # With tokens to give, only the last one given is good until it is revoked.
    grants: int = 0
    # How often one was asked for; what is answered instead, and until when nothing is.
    asks: int = 0
    grant_status: int = 200
    grants_again: threading.Event | None = None
    good_token: str | None = None
    checks_tokens: bool = False
    # What a month may hold, and how often LINE was asked each thing. Without it no numbers are had.
    quota: int | None = None
    asked: Counter[str] = field(default_factory=Counter)
    closing: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def push(self, key: str, token: str, raw: str) -> tuple[int | Wire, str]:
        """Take a push in, or not, and return what the sender sees."""
        with self.lock:
            self.bodies[key].add(raw)
            status, text = self._decide(key, token, json.loads(raw))
            self.attempts.append(Attempt(key, token, status))
        return status, text

    def _decide(self, key: str, token: str, body: dict[str, Any]) -> tuple[int | Wire, str]:
        if self.checks_tokens and token != self.good_token:
            return 401, "{}"
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None and not trouble.accepts:
            return trouble.answer, trouble.text
        is_new = self.accepted.setdefault(key, body) is body
        if trouble is not None:
            return trouble.answer, trouble.text
        return (200, '{"sentMessages":[]}') if is_new else (409, "{}")

    def grant(self) -> str:
        """Give a token; the former one is good no more."""
        with self.lock:
            self.grants += 1
            self.good_token = f"token-{self.grants}"
            return self.good_token

    def numbers(self, path: str, token: str) -> tuple[int, str]:
        """Tell the month's quota, how much of it is used, or how many pushes went out a day."""
        with self.lock:
            self.asked[path] += 1
            if self.quota is None:
                return 404, "{}"
            if self.checks_tokens and token != self.good_token:
                return 401, "{}"
            answers = {
                QUOTA_PATH: {"type": "limited", "value": self.quota},
                USAGE_PATH: {"totalUsage": len(self.accepted)},
                # All that is pushed here is pushed today, and the day before is asked for.
                COUNT_PATH: {"status": "ready", "success": 0},
            }
            return 200, json.dumps(answers[path])

    def revoke(self) -> None:
        """Let no token be good."""
        with self.lock:
            self.good_token = None

    def told(self) -> Counter[tuple[str, str]]:
        """How often each person was told each thing, over all accepted pushes."""
        with self.lock:
            bodies = list(self.accepted.values())
        return Counter(
            (body["to"], message.get("altText") or message["text"])
            for body in bodies
            for message in body["messages"]
        )


@contextmanager
def troubled_line(host: str = "127.0.0.1") -> Iterator[TroubledLine]:
    """Run one on loopback, or at another address of this machine."""
    line = TroubledLine()
    with serving(_handler(line), host) as line.origin:
        try:
            yield line
        finally:
            line.closing.set()


def _other(line: TroubledLine, path: str, raw: str) -> tuple[int, str]:
    if path != "/oauth2/v3/token":
        return 200, '{"sentMessages":[]}'
    assert parse_qs(raw)["grant_type"] == ["client_credentials"]
    line.asks += 1
    if line.grants_again is not None:
        line.grants_again.wait(30)
    if line.grant_status != 200:
        return line.grant_status, "{}"
    fields = {"access_token": line.grant(), "expires_in": 900, "token_type": "Bearer"}
    return 200, json.dumps(fields)


def _fail(handler: BaseHTTPRequestHandler, closing: threading.Event, how: Wire) -> None:
    handler.close_connection = True
    if how is Wire.RESET:
        # Linger 0 makes close() send RST instead of an orderly end.
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        return
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n" * (how is Wire.DRIBBLE))
    while how is Wire.DRIBBLE and not closing.wait(0.05):
        try:
            handler.wfile.write(b"x")
        except OSError:
            return
    closing.wait()


def _handler(line: TroubledLine) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if not self.path.endswith("/push"):
                self._answer(*_other(line, self.path, raw))
                return
            token = self.headers["Authorization"].removeprefix("Bearer ")
            status, text = line.push(self.headers["X-Line-Retry-Key"], token, raw)
            if isinstance(status, Wire):
                _fail(self, line.closing, status)
            else:
                self._answer(status, text)

        def do_GET(self) -> None:
            token = self.headers["Authorization"].removeprefix("Bearer ")
            self._answer(*line.numbers(self.path.partition("?")[0], token))

        def _answer(self, status: int, text: str) -> None:
            head = f"HTTP/1.1 {status} x\r\nContent-Length: {len(text)}\r\n\r\n"
            self.wfile.write((head + text).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
