"""Readers at a gate: requests signed beforehand, sent over connections that stay open.

Signing and building happen before the clock starts, so that two cores measure the server.
"""

import json
import socket
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any
from uuid import uuid4

from standardwebhooks.webhooks import Webhook

from bench.town import SECRET, Town

TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Batch:
    """Taps of one reader, each the first of its child; numbered on from `first_seq`."""

    school: int
    first_seq: int
    card_uids: tuple[str, ...]


class Supply:
    """Hand out children who have not tapped yet, school by school in turn."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._next = [0] * town.schools
        self._turn = cycle(range(town.schools))

    def take(self, size: int) -> Batch:
        """Return a batch of one school. Raises LookupError when no school has so many left."""
        for _ in range(self._town.schools):
            school = next(self._turn)
            first = self._next[school]
            if first + size <= self._town.children:
                self._next[school] += size
                children = range(first, first + size)
                uids = tuple(self._town.card_uid(school, child) for child in children)
                return Batch(school, first + 1, uids)
        raise LookupError("every child has tapped")


def request_of(town: Town, batch: Batch, now: datetime) -> bytes:
    """Return a signed request, ready for the wire; `now` is the server's clock."""
    at = now.astimezone(UTC) - timedelta(seconds=1)
    taps = [
        {"seq": batch.first_seq + place, "card_uid": uid, "tapped_at": at.isoformat()}
        for place, uid in enumerate(batch.card_uids)
    ]
    body = json.dumps({"boot_id": "bench", "taps": taps})
    message_id = f"msg_{uuid4().hex}"
    head = (
        f"POST /gate/v1/readers/{town.reader_id(batch.school)}/taps HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"webhook-id: {message_id}",
        f"webhook-timestamp: {int(at.timestamp())}",
        f"webhook-signature: {Webhook(SECRET).sign(message_id, at, body)}",
    )
    return "\r\n".join([*head, "", body]).encode()


def send_all(port: int, requests: Sequence[bytes], connections: int) -> tuple[float, list[float]]:
    """Send the requests, each connection the next one waiting; return all seconds and each one's.

    Raises RuntimeError for an answer other than 200.
    """
    waiting = deque(requests)
    seconds: list[float] = []
    problems: list[BaseException] = []
    barrier = threading.Barrier(connections + 1)

    def work() -> None:
        with socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as wire:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            barrier.wait()
            try:
                seconds.extend(_send_in_turn(wire, waiting))
            except (OSError, RuntimeError) as error:
                problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    barrier.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    return time.perf_counter() - started, seconds


def _send_in_turn(wire: socket.socket, waiting: deque[bytes]) -> Iterable[float]:
    answers = wire.makefile("rb")
    while True:
        try:
            request = waiting.popleft()
        except IndexError:
            return
        started = time.perf_counter()
        exchange(wire, answers, request)
        yield time.perf_counter() - started


def exchange(wire: socket.socket, answers: Any, request: bytes) -> None:
    """Send a request and read its answer. Raises RuntimeError for one other than 200."""
    wire.sendall(request)
    status = answers.readline()
    length = 0
    while (line := answers.readline().strip()) != b"":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    body = answers.read(length)
    if b" 200 " not in status:
        raise RuntimeError(f"{status!r} {body[:500]!r}")
