"""The stub of LINE with troubles: it fails, slows down and repeats itself as LINE would.

Its ledger is what the verdict of a load is made of: whom it told, how often, and when first.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bench.line_stub import (
    ACCEPTED,
    PERSON,
    QUOTA,
    RETRY_KEY,
    Stub,
    Wire,
    serve,
    started,
)
from bench.line_stub import Line as QuietLine

REASONS = {200: b"OK", 409: b"Conflict", 429: b"Too Many Requests", 500: b"Internal Server Error"}
RATE = b'{"message":"The API rate limit has been exceeded. Try again later."}'


class Line(QuietLine):
    """What came, and what became of it."""

    def __init__(self) -> None:
        super().__init__()
        self.begin(0.0, 0.0)

    def begin(self, outage_seconds: float, per_second: float) -> None:
        """Forget everything; fail for so long from the first push on, and take so many a second.

        Of what fails, every other push was taken in all the same. `per_second` of 0 is no limit.
        """
        super().reset(0.0)
        self.told: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.by_second: Counter[int] = Counter()
        self._outage_seconds, self._per_second = outage_seconds, per_second
        self._ends_at: float | None = None
        self._failed = 0

    def answer(self, head: bytes, body: bytes) -> int:
        """Take a push in, or not; return the status it is answered with."""
        now = time.monotonic()
        self.by_second[int(now)] += 1
        if self._ends_at is None:
            self._ends_at = now + self._outage_seconds
        if now < self._ends_at:
            self._failed += 1
            if self._failed % 2 == 0:
                self._note(head, body)
            return 500
        if self._per_second and self.by_second[int(now)] > self._per_second:
            return 429
        return 200 if self._note(head, body) else 409

    def _note(self, head: bytes, body: bytes) -> bool:
        key, person = RETRY_KEY.search(head), PERSON.search(body)
        is_new = key is not None and key[1] not in self.keys
        self.take(head, body)
        if is_new and person is not None:
            self.told[person[1].decode()] += 1
        return is_new

    def ledger(self) -> bytes:
        """Return all of it as JSON."""
        known = {
            "people": self.people,
            "told": self.told,
            "statuses": self.statuses,
            "by_second": self.by_second,
            "ends_at": self._ends_at,
        }
        return json.dumps(known).encode()


class TroubledWire(Wire):
    """One connection."""

    def __init__(self, line: Line) -> None:
        super().__init__(line)
        self._ledger = line

    def _serve(self, head: bytes, body: bytes) -> None:
        target = head.split(b" ", 2)[1].decode()
        if not target.startswith("/v2/bot/message/push"):
            self._say(200, self._other(target))
            return
        status = self._ledger.answer(head, body)
        self._ledger.statuses[status] += 1
        self._say(status, RATE if status == 429 else ACCEPTED)

    def _other(self, target: str) -> bytes:
        parts = urlsplit(target)
        asked = {name: float(values[0]) for name, values in parse_qs(parts.query).items()}
        if parts.path == "/stub/begin":
            self._ledger.begin(asked["outage"], asked["limit"])
        if parts.path == "/stub/count":
            return json.dumps({"count": len(self._ledger.keys)}).encode()
        if parts.path == "/stub/ledger":
            return self._ledger.ledger()
        return QUOTA.get(parts.path, b"{}")

    def _say(self, status: int, body: bytes) -> None:
        if self._transport.is_closing():
            return
        head = b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n" % (status, REASONS[status])
        head += b"x-line-request-id: %d\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % (self._ledger.requests, len(body)) + body)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What LINE knows; its times are of time.monotonic().

    `people`: when each was first told. `by_second`: the pushes of each whole second, whatever they
    were answered. `ends_at`: when the outage was over; None where no push came.
    """

    people: dict[str, float]
    told: dict[str, int]
    statuses: dict[str, int]
    by_second: dict[str, int] = field(default_factory=dict)
    ends_at: float | None = None


class LoadStub(Stub):
    """The load's hold on the stub."""

    def begin(self, outage_seconds: float = 0.0, per_second: float = 0.0) -> None:
        """Forget what came, and have these troubles from now on."""
        self._ask(f"begin?outage={outage_seconds}&limit={per_second}")

    def count(self) -> int:
        """Return how many different pushes were taken in."""
        return int(self._ask("count")["count"])

    def ledger(self) -> Ledger:
        """Return everything."""
        told: dict[str, Any] = self._ask("ledger")
        return Ledger(**told)


@contextmanager
def open_load_stub(folder: Path) -> Iterator[LoadStub]:
    """Run the stub until the block ends; certificate and log go into `folder`."""
    with started(folder, "bench.load_stub", LoadStub) as stub:
        yield stub


def main() -> None:
    """Serve until SIGTERM."""
    line = Line()
    serve(lambda: TroubledWire(line))


if __name__ == "__main__":
    main()
