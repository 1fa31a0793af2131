"""Readers that send when a tap is due, however slow earlier answers are, and repeat what failed.

What they write down is half of the verdict: when each request was due and when it was answered.
"""

import http.client
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from standardwebhooks.webhooks import Webhook

from bench.gate_client import Batch
from bench.town import SECRET, Town

TIMEOUT_SECONDS = 20
# A reader goes on trying; who still has no answer by then is written down as not answered.
GIVE_UP_SECONDS = 300
PAUSE_SECONDS = 0.5
MOST_PAUSE_SECONDS = 3.0


@dataclass(slots=True)
class Sent:
    """One request of a reader. `due` and `answered_at` by time.monotonic(); `tapped_at` true time.

    `statuses` are those of all its tries; 0 stands for no answer.
    """

    batch: Batch
    due: float
    tapped_at: datetime
    answered_at: float | None = None
    statuses: list[int] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """From the due moment to the answer."""
        assert self.answered_at is not None
        return self.answered_at - self.due


@dataclass(frozen=True, slots=True)
class Readers:
    """All readers of a town; the servers at `ports` are tried in turn. `shift` is their clocks'."""

    town: Town
    ports: Sequence[int]
    shift: timedelta
    connections: int = 32

    def send(self, schedule: Sequence[Sent]) -> None:
        """Send each request at its moment and write down what came of it."""
        waiting = deque(sorted(schedule, key=lambda one: one.due))
        threads = [
            threading.Thread(target=self._work, args=[waiting, place])
            for place in range(min(self.connections, len(schedule)))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self, waiting: "deque[Sent]", place: int) -> None:
        wire = _Wire(self.ports, place)
        while True:
            try:
                sent = waiting.popleft()
            except IndexError:
                wire.close()
                return
            time.sleep(max(0.0, sent.due - time.monotonic()))
            self._send_until_taken(wire, sent)

    def _send_until_taken(self, wire: "_Wire", sent: Sent) -> None:
        pause = PAUSE_SECONDS
        while time.monotonic() < sent.due + GIVE_UP_SECONDS:
            status = wire.post(*self._request(sent))
            sent.statuses.append(status)
            if status == 200:
                sent.answered_at = time.monotonic()
                return
            time.sleep(pause)
            pause = min(2 * pause, MOST_PAUSE_SECONDS)

    def _request(self, sent: Sent) -> tuple[str, str, dict[str, str]]:
        now = datetime.now(UTC) + self.shift
        tapped_at = (sent.tapped_at + self.shift).isoformat()
        taps = [
            {"seq": sent.batch.first_seq + place, "card_uid": uid, "tapped_at": tapped_at}
            for place, uid in enumerate(sent.batch.card_uids)
        ]
        body, message_id = json.dumps({"boot_id": "load", "taps": taps}), f"msg_{uuid4().hex}"
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(message_id, now, body),
            "Content-Type": "application/json",
        }
        address = f"/gate/v1/readers/{self.town.reader_id(sent.batch.school)}/taps"
        return address, body, headers


class _Wire:
    """A connection that is kept; another server is tried where one does not answer."""

    def __init__(self, ports: Sequence[int], place: int) -> None:
        self._ports = ports
        self._place = place
        self._connection: http.client.HTTPConnection | None = None

    def post(self, address: str, body: str, headers: dict[str, str]) -> int:
        """Return the status, 0 for none."""
        if self._connection is None:
            port = self._ports[self._place % len(self._ports)]
            self._connection = http.client.HTTPConnection("127.0.0.1", port, TIMEOUT_SECONDS)
        try:
            self._connection.request("POST", address, body, headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            self._place += 1
            return 0
        return answer.status

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def statuses_of(schedule: Sequence[Sent]) -> Counter[int]:
    """Return how often each status was answered, repeats included."""
    return Counter(status for sent in schedule for status in sent.statuses)
