"""The load's readers sign ahead, send on time and repeat what failed as readers are told to."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

import pytest
from standardwebhooks.webhooks import Webhook

from bench.gate_client import Batch
from bench.load_client import Readers, Sent, statuses_of
from bench.town import SECRET, Town
from tests.serving import serving

TOWN = Town(schools=2, children=10, bound_every=1, readers=3)


class Gate:
    """A gate that refuses each body once, and keeps the taps of child 5 waiting."""

    def __init__(self) -> None:
        self.port = 0
        self.came: list[tuple[str, bytes, dict[str, str]]] = []
        self.let_go, self.taken = threading.Event(), threading.Event()
        self._seen: set[bytes] = set()
        self._lock = threading.Lock()

    def answer(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        """Take a request in and return its status."""
        if TOWN.card_uid(0, 5).encode() in body:
            self.let_go.wait(5)
        with self._lock:
            self.came.append((path, body, headers))
            status = 200 if body in self._seen else 503
            self._seen.add(body)
        if status == 200:
            self.taken.set()
        return status


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A gate that is served."""
    gate = Gate()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(gate.answer(self.path, body, dict(self.headers)))
            self.send_header("Retry-After", "1")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(Handler) as origin:
        gate.port = urlsplit(origin).port or 0
        yield gate


def sent(child: int, *, due: float) -> Sent:
    """A tap of a child of the first school at its reader."""
    turn, reader = divmod(child, TOWN.readers)
    batch = Batch(0, turn + 1, (TOWN.card_uid(0, child),))
    return Sent(batch, due, datetime.now(UTC), reader)


def test_reader_repeats_what_was_refused_once_it_may_come_again(gate: Gate) -> None:
    schedule = [sent(child, due=time.monotonic()) for child in range(3)]
    Readers(TOWN, [gate.port], timedelta(0)).send(schedule)
    assert statuses_of(schedule) == {503: 3, 200: 3}
    assert all(one.seconds >= 1 for one in schedule)


def test_each_try_is_signed_under_an_id_of_its_own(gate: Gate) -> None:
    shift = timedelta(days=100)
    Readers(TOWN, [gate.port], shift).send([sent(4, due=time.monotonic())])
    path, body, headers = gate.came[0]
    stamp = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    signature = Webhook(SECRET).sign(headers["webhook-id"], stamp, body.decode())
    assert headers["webhook-signature"] == signature
    assert abs(stamp - datetime.now(UTC) - shift) < timedelta(minutes=1)
    assert str(TOWN.reader_id(0, 1)) in path
    assert json.loads(body)["taps"][0]["seq"] == 2
    assert len({headers["webhook-id"] for _, _, headers in gate.came}) == 2


def test_what_one_schedule_waits_for_delays_no_other(gate: Gate) -> None:
    slow, quick = sent(5, due=time.monotonic()), sent(0, due=time.monotonic())
    readers = Readers(TOWN, [gate.port], timedelta(0), connections=1)
    sending = threading.Thread(target=readers.send, args=[[slow], [quick]])
    sending.start()
    assert gate.taken.wait(4)
    assert not slow.statuses
    gate.let_go.set()
    sending.join()
    assert None not in (slow.answered_at, quick.answered_at)


def test_other_server_is_tried_where_one_does_not_answer(gate: Gate) -> None:
    one = sent(0, due=time.monotonic())
    # Nobody listens at port 1.
    Readers(TOWN, [1, gate.port], timedelta(0), connections=1).send([one])
    assert one.statuses == [0, 503, 200]
