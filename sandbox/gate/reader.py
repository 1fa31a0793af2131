"""One simulated gate reader: it numbers its taps, keeps what it could not send, and signs."""

import itertools
import json
import secrets
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook
from urllib3.exceptions import HTTPError

from sandbox.clock import Clock
from sandbox.gate.reader_clock import ClockFault, ReaderClock
from sandbox.gate.words import BUFFERED, trouble
from sandbox.people import Json
from sandbox.sample import SampleReader
from sandbox.wire.loopback import LoopbackClient

# Source: docs/readers.md: answered taps are kept for two days, in case they are asked for again.
KEPT = timedelta(days=2)
# Source: docs/readers.md: 1 to 500 taps a request; what is older than 5 minutes goes out last.
MOST_IN_A_BATCH = 500
BACKLOG_AFTER = timedelta(minutes=5)
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Tap:
    """A stored tap; `made_at` is the true time, `tapped_at` what the reader's clock showed."""

    boot_id: str
    seq: int
    card_uid: str
    tapped_at: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a tap that was tried: `status` "buffered" when nothing was said of it."""

    tap: Tap
    status: str
    http_status: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate API said; status 0 when nobody answered."""

    http_status: int
    body: Json
    retry_after: float = 0.0


class Reader:
    """A device with its own boot id, sequence, clock, buffer and bad habits."""

    def __init__(self, facts: SampleReader, clock: Clock, client: LoopbackClient) -> None:
        self.facts = facts
        self._true = clock
        self._client = client
        self._lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Be as new: new boot id, empty buffer, right clock, online, heartbeats."""
        self.buffer: list[Tap] = []
        self.kept: dict[tuple[str, int], Tap] = {}
        # What it was asked to send again by, until it can say that this is done.
        self.wanted = ""
        self.clock = ReaderClock(self.facts.reader_id)
        self.is_online = True
        self.beats = True
        self.sends_twice = False
        self.batch_size = MOST_IN_A_BATCH
        self.trouble = ""
        self.retry_after = 0.0
        self.heard_at: str | None = None
        self.restart()

    def restart(self) -> None:
        """Lose power and start again: the buffer stays, the boot id is new, numbers begin at 1."""
        self.boot_id = str(uuid.uuid4())
        self.last_seq = 0

    def set_clock(self, fault: ClockFault, seconds: int = 0) -> None:
        """Make the clock wrong, or right again."""
        with self._lock:
            self.clock.set(fault, seconds=seconds, since=self._true.now())

    def lose_number(self) -> None:
        """Use up a number without a tap, as a device does that lost one."""
        with self._lock:
            self.last_seq += 1

    def tap(self, card_uid: str, at: datetime | None = None) -> Tap:
        """Store one tap under the next number and return it; `at` is the true time, else now."""
        moment = at or self._true.now()
        with self._lock:
            self.last_seq += 1
            tapped_at = self.clock.read(moment).isoformat(timespec="seconds")
            tap = Tap(self.boot_id, self.last_seq, card_uid, tapped_at, moment)
            self.buffer.append(tap)
            return tap

    def upload(self, app_url: str) -> list[Sent]:
        """Send the buffer, live taps before old ones; stop at the first batch not taken."""
        outcomes: list[Sent] = []
        with self._lock:
            for batch in self._batches():
                if not self.is_online:
                    break
                sent = self._send_batch(app_url, batch)
                outcomes += sent
                if all(one.status == BUFFERED for one in sent):
                    break
                if self.sends_twice:
                    outcomes += self._send_batch(app_url, batch, again=True)
        return outcomes

    def beat(self, app_url: str) -> Answer:
        """Send one heartbeat."""
        with self._lock:
            body: Json = {
                "boot_id": self.boot_id,
                "last_seq": self.last_seq,
                "buffered": len(self.buffer),
                "clock": self.clock.read(self._true.now()).isoformat(timespec="seconds"),
            }
            if self.wanted and not self.buffer:
                body["resent"] = self.wanted
        answer = self._send(app_url, "heartbeat", body)
        self._note(answer)
        self._heed(answer.body.get("resend"))
        return answer

    def picture(self) -> Json:
        """Return the reader as the gate panel draws it."""
        return {
            "reader_id": self.facts.reader_id,
            "school_code": self.facts.school_code,
            "school_name": self.facts.school_name,
            "gate": self.facts.gate,
            "online": self.is_online,
            "buffered": len(self.buffer),
            "last_seq": self.last_seq,
            "boot_id": self.boot_id,
            "clock": {"fault": self.clock.fault, "seconds": self.clock.seconds},
            "batch_size": self.batch_size,
            "sends_twice": self.sends_twice,
            "beats": self.beats,
            "heard_at": self.heard_at,
            "trouble": self.trouble,
        }

    def _batches(self) -> Iterator[list[Tap]]:
        now = self._true.now()
        old = [tap for tap in self.buffer if now - tap.made_at > BACKLOG_AFTER]
        live = [tap for tap in self.buffer if now - tap.made_at <= BACKLOG_AFTER]
        for taps in (live, old):
            for _, boot in itertools.groupby(taps, key=lambda tap: tap.boot_id):
                yield from _slices(list(boot), self.batch_size)

    def _send_batch(self, app_url: str, batch: list[Tap], *, again: bool = False) -> list[Sent]:
        taps = [
            {"seq": tap.seq, "card_uid": tap.card_uid, "tapped_at": tap.tapped_at} for tap in batch
        ]
        answer = self._send(app_url, "taps", {"boot_id": batch[0].boot_id, "taps": taps})
        statuses = _statuses(answer)
        self._note(answer)
        settled = [tap for tap in batch if tap.seq in statuses]
        self.buffer = [tap for tap in self.buffer if tap not in settled]
        self._keep(settled)
        return [
            Sent(tap, statuses.get(tap.seq, BUFFERED), answer.http_status, again) for tap in batch
        ]

    def _keep(self, taps: list[Tap]) -> None:
        for tap in taps:
            self.kept.setdefault((tap.boot_id, tap.seq), tap)
        oldest = self._true.now() - KEPT
        while self.kept and next(iter(self.kept.values())).made_at <= oldest:
            del self.kept[next(iter(self.kept))]

    def _heed(self, wanted: object) -> None:
        """Let what the service lacks go out again, once for each time it asks."""
        if not isinstance(wanted, dict) or wanted.get("id") == self.wanted:
            return
        last = (str(wanted.get("boot_id")), int(wanted.get("after_seq") or 0))
        with self._lock:
            self.wanted = str(wanted.get("id"))
            names, taps = list(self.kept), list(self.kept.values())
            begin = names.index(last) + 1 if last in self.kept else 0
            self.buffer = taps[begin:] + self.buffer

    def _note(self, answer: Answer) -> None:
        """Keep what the panel tells of the last answer."""
        self.retry_after = answer.retry_after
        if answer.http_status in (200, 422):
            self.trouble, self.heard_at = "", self._true.iso()
        else:
            self.trouble = trouble(answer.http_status, _detail(answer.body))

    def _send(self, app_url: str, what: str, content: Json) -> Answer:
        url = f"{app_url}/gate/v1/readers/{self.facts.reader_id}/{what}"
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        try:
            reply = self._client.send(
                url, body.encode(), self._headers(body), timeout_seconds=PATIENCE_SECONDS
            )
        except HTTPError:
            return Answer(0, {})
        return Answer(reply.status, _json(reply.data), _seconds(reply.headers.get("Retry-After")))

    def _headers(self, body: str) -> dict[str, str]:
        message_id = f"msg_{secrets.token_hex(16)}"
        # standardwebhooks takes the wall-clock fields as UTC, so the time must be in UTC.
        moment = self._true.now().astimezone(UTC)
        return {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(self.facts.secret).sign(message_id, moment, body),
        }


def _slices(taps: list[Tap], size: int) -> Iterator[list[Tap]]:
    for start in range(0, len(taps), size):
        yield taps[start : start + size]


def _statuses(answer: Answer) -> dict[object, str]:
    """Return the status by seq; only 200 and 422 say anything about single taps."""
    results = answer.body.get("results")
    if answer.http_status not in (200, 422) or not isinstance(results, list):
        return {}
    return {row.get("seq"): str(row.get("status")) for row in results if isinstance(row, dict)}


def _detail(body: Json) -> str:
    """Return the service's own words, whatever it calls them."""
    words = [str(body[key]) for key in ("error", "field", "problem", "message") if body.get(key)]
    return " ".join(words)[:200]


def _seconds(text: str | None) -> float:
    return float(text) if text and text.isdigit() else 0.0


def _json(data: bytes) -> Json:
    try:
        body = json.loads(data)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
