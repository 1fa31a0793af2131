"""A reader at the gate that keeps its own ledger and repeats what was not answered with 2xx."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

import requests
from standardwebhooks.webhooks import Webhook

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
PATIENCE_SECONDS = 120
BOOT = "b1"


@dataclass
class Gate:
    """`answered` holds the cards whose tap was answered 2xx, in the reader's own memory."""

    reader_id: UUID
    origin: str
    now: Callable[[], datetime]
    look_after: Callable[[], None] = lambda: None
    # The next one is tried when one does not answer, as a balancer in front of them would.
    others: Sequence[str] = ()
    answered: list[str] = field(default_factory=list)
    repeats: int = 0
    statuses: list[str] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _messages: "count[int]" = field(default_factory=lambda: count(1))
    _turn: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tap(self, card_uid: str) -> None:
        """Hold a card to the reader; it sends the tap until it is taken."""
        moment = self.now() - timedelta(seconds=1)
        tap = {"seq": next(self._numbers), "card_uid": card_uid, "tapped_at": moment.isoformat()}
        body = json.dumps({"boot_id": BOOT, "taps": [tap]})
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._is_taken(body):
            assert time.monotonic() < deadline, "the tap was never taken"
            with self._lock:
                self.repeats += 1
                self._turn += 1
                self.look_after()
            time.sleep(0.02)
        self.answered.append(card_uid)

    def beat(self) -> None:
        """Say that the reader is well and holds nothing back."""
        last, clock = len(self.answered), self.now().isoformat()
        fields = {"boot_id": BOOT, "last_seq": last, "buffered": 0, "clock": clock}
        self._send("heartbeat", json.dumps(fields))

    def _is_taken(self, body: str) -> bool:
        try:
            answer = self._send("taps", body)
        except requests.RequestException:
            return False
        assert answer.status_code in (200, 500, 502, 503), answer.text
        if answer.status_code != 200:
            return False
        self.statuses.append(answer.json()["results"][0]["status"])
        return True

    def _send(self, what: str, body: str) -> requests.Response:
        now, message_id = self.now(), f"m_{self.reader_id}_{next(self._messages)}"
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(message_id, now, body),
        }
        servers = [self.origin, *self.others]
        origin = servers[self._turn % len(servers)]
        address = f"{origin}/gate/v1/readers/{self.reader_id}/{what}"
        return requests.post(address, data=body, headers=headers, timeout=20)
