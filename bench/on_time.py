"""Requests sent when they are due, however long earlier ones take; delays count from then."""

import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from bench.cpu import cpu_seconds
from bench.gate_client import TIMEOUT_SECONDS, exchange
from bench.line_stub import Stub
from bench.report import percentile
from bench.sides import Web
from bench.town import made_id

CONNECTIONS = 32
# Signing is done and every connection open before the first is due.
HEAD_START_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Load:
    """So many taps a second for so long, in requests of `batch` taps."""

    per_second: int
    batch: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds from the due moment: to the accepted message, and to the answered request.

    `cores` is the CPU of the side's processes by the time the load took, `reached` the messages
    accepted a second.
    """

    accepted: list[float]
    answered: list[float]
    cores: float
    reached: float

    def told(self) -> dict[str, float]:
        """Return the numbers that are kept."""
        both = {"accepted": self.accepted, "answered": self.answered}
        shares = (("p50", 0.5), ("p99", 0.99))
        told = {
            f"{what}_{name}": percentile(values, share)
            for what, values in both.items()
            for name, share in shares
        }
        return {
            **told,
            "cores": self.cores,
            "reached": self.reached,
            "messages": len(self.accepted),
        }


def run_load(side: Web, stub: Stub, load: Load) -> Delays:
    """Send a load to the side and return the delay of each message and request."""
    count = round(load.per_second * load.seconds / load.batch)
    batches = [side.supply.take(load.batch) for _ in range(count)]
    ready = side.requests_of(batches)
    stub.reset()
    cpu, start = cpu_seconds(side.roots), time.monotonic() + HEAD_START_SECONDS
    due = [start + place * load.batch / load.per_second for place in range(count)]
    answered = send_on_time(side.port, list(zip(due, ready, strict=True)))
    last = stub.wait(count * load.batch)
    seconds = last - start
    cores = (cpu_seconds(side.roots) - cpu) / seconds
    people = stub.people()
    accepted = [
        people[f"U{made_id('line', batch.school * side.town.children + seq - 1)}"] - at
        for at, batch in zip(due, batches, strict=True)
        for seq in range(batch.first_seq, batch.first_seq + load.batch)
    ]
    return Delays(accepted, answered, cores, len(accepted) / seconds)


def send_on_time(port: int, schedule: Sequence[tuple[float, bytes]]) -> list[float]:
    """Send each request at its moment of time.monotonic(); return seconds from then to the answer.

    Raises RuntimeError for an answer other than 200.
    """
    waiting = deque(schedule)
    seconds: list[float] = []
    problems: list[BaseException] = []

    def work() -> None:
        try:
            with socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as wire:
                wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                _send_each(wire, waiting, seconds)
        except (OSError, RuntimeError) as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(min(CONNECTIONS, len(schedule)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    return seconds


def _send_each(
    wire: socket.socket, waiting: deque[tuple[float, bytes]], seconds: list[float]
) -> None:
    answers = wire.makefile("rb")
    while True:
        try:
            due, request = waiting.popleft()
        except IndexError:
            return
        time.sleep(max(0.0, due - time.monotonic()))
        exchange(wire, answers, request)
        seconds.append(time.monotonic() - due)
