"""Readers that send when a tap is due, however slow earlier answers are, and repeat what failed.

Each request is signed before the first is due, for the moment it is due at, so that two cores
measure the servers. What the readers write down is half of the verdict: when each request was due
and when it was answered.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from standardwebhooks.webhooks import Webhook

from bench.gate_client import Batch
from bench.load_wire import Answer, Connection
from bench.town import SECRET, Town

# A reader goes on trying; who still has no answer by then is written down as not answered.
GIVE_UP_SECONDS = 300
# Source: docs/readers.md, for a server that does not say how long.
PAUSES_SECONDS = (1, 2, 5, 10, 30)
# Source: Standard Webhooks 1.0: a signature holds for five minutes.
SIGNED_SECONDS = 240
SIGNER = Webhook(SECRET)


@dataclass(slots=True)
class Sent:
    """One request of a reader. `due` and `answered_at` by time.monotonic(); `tapped_at` true time.

    `reader` is counted from 0 within the school. `statuses` are those of all its tries; 0 stands
    for no answer.
    """

    batch: Batch
    due: float
    tapped_at: datetime
    reader: int = 0
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
    connections: int = 128

    def send(self, *schedules: Sequence[Sent]) -> None:
        """Send each request at its moment and write down what came of it.

        A schedule has connections of its own: what one reader kept never delays another's tap.
        """
        signed = [self._signed(schedule) for schedule in schedules]
        asyncio.run(self._send(signed))

    def _signed(self, schedule: Sequence[Sent]) -> list[tuple[Sent, bytes]]:
        in_order = sorted(schedule, key=lambda one: one.due)
        return [(sent, self._request(sent, sent.due)) for sent in in_order]

    async def _send(self, schedules: Sequence[Sequence[tuple[Sent, bytes]]]) -> None:
        async with asyncio.TaskGroup() as group:
            for signed in schedules:
                group.create_task(self._send_on_time(signed))

    async def _send_on_time(self, signed: Sequence[tuple[Sent, bytes]]) -> None:
        # Whoever was idle for longest is next, so that all servers get the same.
        idle: asyncio.Queue[Connection] = asyncio.Queue()
        for place in range(self.connections):
            idle.put_nowait(Connection(self.ports, place))
        async with asyncio.TaskGroup() as group:
            for sent, request in signed:
                if (early := sent.due - time.monotonic()) > 0:
                    await asyncio.sleep(early)
                group.create_task(self._send_until_taken(idle, sent, request))
        while not idle.empty():
            idle.get_nowait().close()

    async def _send_until_taken(
        self, idle: "asyncio.Queue[Connection]", sent: Sent, request: bytes
    ) -> None:
        while time.monotonic() < sent.due + GIVE_UP_SECONDS:
            connection = await idle.get()
            if sent.statuses or time.monotonic() > sent.due + SIGNED_SECONDS:
                request = self._request(sent, time.monotonic())
            answer = await connection.post(request)
            idle.put_nowait(connection)
            sent.statuses.append(answer.status)
            if answer.status == 200:
                sent.answered_at = time.monotonic()
                return
            await asyncio.sleep(_pause(answer, len(sent.statuses)))

    def _request(self, sent: Sent, at: float) -> bytes:
        """Return a request ready for the wire, signed for a moment of time.monotonic()."""
        signed_at = datetime.now(UTC) + timedelta(seconds=at - time.monotonic()) + self.shift
        tapped_at = (sent.tapped_at + self.shift).isoformat()
        taps = [
            {"seq": sent.batch.first_seq + place, "card_uid": uid, "tapped_at": tapped_at}
            for place, uid in enumerate(sent.batch.card_uids)
        ]
        body, message_id = json.dumps({"boot_id": "load", "taps": taps}), f"msg_{uuid4().hex}"
        reader = self.town.reader_id(sent.batch.school, sent.reader)
        head = (
            f"POST /gate/v1/readers/{reader}/taps HTTP/1.1",
            "Host: 127.0.0.1",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            f"webhook-id: {message_id}",
            f"webhook-timestamp: {int(signed_at.timestamp())}",
            f"webhook-signature: {SIGNER.sign(message_id, signed_at, body)}",
        )
        return "\r\n".join([*head, "", body]).encode()


def _pause(answer: Answer, tries: int) -> float:
    if answer.retry_after is not None:
        return answer.retry_after
    return PAUSES_SECONDS[min(tries, len(PAUSES_SECONDS)) - 1]


def statuses_of(schedule: Sequence[Sent]) -> Counter[int]:
    """Return how often each status was answered, repeats included."""
    return Counter(status for sent in schedule for status in sent.statuses)
