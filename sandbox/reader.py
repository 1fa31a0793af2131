"""One simulated gate reader: it numbers its taps, keeps what it could not send, and signs."""

import json
import secrets
import threading
import uuid
from dataclasses import dataclass
from datetime import UTC, timedelta

from standardwebhooks import Webhook
from urllib3.exceptions import HTTPError

from sandbox.clock import Clock
from sandbox.loopback import LoopbackClient
from sandbox.people import Json
from sandbox.sample import SampleReader

# Source: contract.md, gate API: 1 to 500 taps a request.
BATCH = 500
PATIENCE_SECONDS = 10.0
BUFFERED = "buffered"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate API said; status 0 when nobody answered."""

    http_status: int
    body: Json


class Reader:
    """A device with its own boot id, sequence, clock error and buffer."""

    def __init__(self, facts: SampleReader, clock: Clock, client: LoopbackClient) -> None:
        self.facts = facts
        self._clock = clock
        self._client = client
        self._lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Start up afresh: new boot id, empty buffer, right clock, online."""
        self.boot_id = str(uuid.uuid4())
        self.last_seq = 0
        self.buffer: list[Json] = []
        self.is_online = True
        self.skew = timedelta()

    def tap(self, card_uid: str) -> Json:
        """Store one tap under the next number and return it."""
        with self._lock:
            self.last_seq += 1
            tap: Json = {"seq": self.last_seq, "card_uid": card_uid, "tapped_at": self._time()}
            self.buffer.append(tap)
            return tap

    def upload(self, app_url: str) -> list[tuple[Json, str, int]]:
        """Send the buffer, oldest first; return (tap, status, HTTP status) for each tap tried.

        What got no answer of its own stays in the buffer as "buffered".
        """
        outcomes: list[tuple[Json, str, int]] = []
        with self._lock:
            while self.is_online and self.buffer:
                batch = self.buffer[:BATCH]
                answer = self._send(app_url, "taps", {"boot_id": self.boot_id, "taps": batch})
                statuses = _statuses(answer)
                outcomes += [
                    (tap, statuses.get(tap["seq"], BUFFERED), answer.http_status) for tap in batch
                ]
                self.buffer = [tap for tap in self.buffer if tap["seq"] not in statuses]
                if not statuses:
                    break
        return outcomes

    def beat(self, app_url: str) -> Answer:
        """Send one heartbeat."""
        with self._lock:
            body: Json = {
                "boot_id": self.boot_id,
                "last_seq": self.last_seq,
                "buffered": len(self.buffer),
                "clock": self._time(),
            }
        return self._send(app_url, "heartbeat", body)

    def picture(self) -> Json:
        """Return the reader as the gate panel draws it."""
        return {
            "reader_id": self.facts.reader_id,
            "school_code": self.facts.school_code,
            "school_name": self.facts.school_name,
            "gate": self.facts.gate,
            "online": self.is_online,
            "buffered": len(self.buffer),
            "skew_seconds": int(self.skew.total_seconds()),
        }

    def _time(self) -> str:
        return (self._clock.now() + self.skew).isoformat(timespec="seconds")

    def _send(self, app_url: str, what: str, content: Json) -> Answer:
        url = f"{app_url}/gate/v1/readers/{self.facts.reader_id}/{what}"
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        try:
            status, data = self._client.post(
                url, body.encode(), self._headers(body), timeout_seconds=PATIENCE_SECONDS
            )
        except HTTPError:
            return Answer(0, {})
        return Answer(status, _json(data))

    def _headers(self, body: str) -> dict[str, str]:
        message_id = f"msg_{secrets.token_hex(16)}"
        # standardwebhooks takes the wall-clock fields as UTC, so the time must be in UTC.
        moment = self._clock.now().astimezone(UTC)
        return {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(self.facts.secret).sign(message_id, moment, body),
        }


def _statuses(answer: Answer) -> dict[object, str]:
    results = answer.body.get("results")
    if not isinstance(results, list):
        return {}
    return {result["seq"]: str(result["status"]) for result in results}


def _json(data: bytes) -> Json:
    try:
        body = json.loads(data)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
