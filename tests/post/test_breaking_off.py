"""Answers that break off, over real sockets: nobody can tell what they would have said."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from uuid import uuid4

import pytest
import requests

from core.post.answer import Outcome
from core.post.app_push import HttpGateway, Known, Refusal
from core.post.mitake import MitakeSender
from core.post.reaching import MOST_BYTES, body_of
from core.post.texts import Asked, Text
from tests.post.test_app_push import push
from tests.serving import serving

TEXT = Text(uuid4(), "0900000101", "小明 07:41 到校")
# Headers and the bytes that come of the body.
BREAKING = {
    "cut": ({"Transfer-Encoding": "chunked"}, b"ff\r\n[1]"),
    "short": ({"Content-Length": "99"}, b"[1]"),
    "stalled": ({"Content-Length": "99"}, b"[1]"),
    "packed badly": ({"Content-Length": "3", "Content-Encoding": "gzip"}, b"[1]"),
}


def saying(
    headers: dict[str, str], body: bytes, ended: threading.Event
) -> type[BaseHTTPRequestHandler]:
    """A carrier that says this, and no more until the event."""

    class Carrier(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()
            ended.wait(30)

        def log_message(self, *_: object) -> None:
            """Keep the test's output quiet."""

    return Carrier


@pytest.fixture(params=BREAKING)
def carrier(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A carrier that breaks off."""
    ended = threading.Event()
    if request.param == "stalled":
        for module in ("app_push", "mitake"):
            monkeypatch.setattr(f"core.post.{module}.TIMEOUT", (3, 0.2))
    else:
        ended.set()
    with serving(saying(*BREAKING[request.param], ended)) as origin:
        yield origin
        ended.set()


def test_push_whose_answer_breaks_off_is_unknown(carrier: str) -> None:
    gateway = HttpGateway(carrier, "key")
    assert gateway.send(push()).outcome is Outcome.UNKNOWN
    assert gateway.ask(uuid4()) is Known.UNTOLD
    assert gateway.connect("account") is Refusal.DOWN
    assert gateway.look(uuid4()) is None


def test_text_whose_answer_breaks_off_is_unknown(carrier: str) -> None:
    sender = MitakeSender(carrier, "u", "p")
    assert sender.send(TEXT).outcome is Outcome.UNKNOWN
    assert sender.ask([Asked(TEXT.key), Asked(uuid4(), "42")]) == {}


def test_endless_answer_is_read_so_far_and_no_further() -> None:
    ended = threading.Event()
    headers = {"Content-Length": str(9 * MOST_BYTES)}
    with serving(saying(headers, b"x" * (MOST_BYTES + 1), ended)) as origin:
        with requests.get(origin, stream=True, timeout=5) as answer:
            assert len(body_of(answer)) == MOST_BYTES
        ended.set()
