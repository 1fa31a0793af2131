"""Stand-ins for what leaves the house: a LINE that keeps a ledger and can fail on cue."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.serving import serving


@dataclass
class FakeLine:
    """What LINE received and accepted, by retry key. `script` holds the next answers."""

    origin: str = ""
    script: list[tuple[int, str]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    accepted: dict[str, dict[str, Any]] = field(default_factory=dict)
    accepts_before_failing: bool = False
    # While set and not yet released, the first push that comes gets no answer.
    stall: threading.Event | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_if_stalled(self) -> None:
        """Hold the first push back until `stall` is set."""
        with self.lock:
            stall, self.stall = self.stall, None
        if stall is not None:
            stall.wait(30)

    def answer(self, key: str, body: dict[str, Any]) -> tuple[int, str]:
        """Decide the answer to a push, as LINE would: a key is accepted once."""
        with self.lock:
            self.requests.append({"key": key, **body})
            status, text = self.script.pop(0) if self.script else (200, "")
            if not body["to"]:
                return 400, '{"message":"The property, \'to\', in the request body is invalid"}'
            if status != 200 and not self.accepts_before_failing:
                return status, text
            if key in self.accepted:
                return 409, '{"message":"The retry key is already accepted"}'
            self.accepted[key] = body
            messages = [{"id": str(len(self.accepted)), "quoteToken": "q"}]
            return status, text or json.dumps({"sentMessages": messages})


@contextmanager
def fake_line() -> Iterator[FakeLine]:
    """Run a LINE on loopback."""
    line = FakeLine()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            line.wait_if_stalled()
            try:
                status, text = line.answer(
                    self.headers.get("X-Line-Retry-Key", ""), json.loads(raw)
                )
            except json.JSONDecodeError:
                status, text = 400, '{"message":"The request body could not be parsed as JSON"}'
            if status == 0:
                self.close_connection = True
                return
            payload = "錯誤".encode("big5") if text == "big5" else text.encode()
            head = [f"HTTP/1.1 {status} x", "Content-Type: application/json"]
            head += [f"Content-Length: {len(payload)}", "x-line-request-id: rid-1"]
            if status == 409:
                head.append("x-line-accepted-request-id: rid-0")
            self.wfile.write("\r\n".join([*head, "", ""]).encode() + payload)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(Handler) as line.origin:
        yield line
