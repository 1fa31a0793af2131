"""What takes taps and pushes: the product, the usual bot, and one round of either, measured."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import requests

from bench.cpu import cpu_seconds, postmaster_of
from bench.gate_client import Batch, Supply, request_of, send_all
from bench.line_stub import Stub
from bench.programs import ROOT, running, served
from bench.town import Town

MORNING = "2026-11-23T07:20:00+08:00"
LINE_MOST = 1800
NO_LIMIT = 1_000_000
# As many requests at once as the servers of the bots have threads: the bots' best.
CONNECTIONS = 32
BOT_WORKERS = 2
BATCH = 20
# The last pushes are accepted; what became of them has still to be written down.
SETTLE_SECONDS = 0.3
WARM_UP_SHARE = 8


@dataclass(frozen=True, slots=True)
class Measured:
    """One round: accepted messages a second, and microseconds of CPU for each."""

    rate: float
    cpu_micros: float


@dataclass(frozen=True, slots=True)
class Web:
    """A side that takes taps over HTTP. `roots` are the processes whose CPU it costs."""

    port: int
    roots: tuple[int, ...]
    supply: Supply
    town: Town

    def requests_of(self, batches: Sequence[Batch]) -> list[bytes]:
        """Return signed requests by the side's own clock."""
        now = self.now()
        return [request_of(self.town, batch, now) for batch in batches]

    def measure(
        self, stub: Stub, messages: int, delay: float = 0.0, *, batch: int = BATCH
    ) -> Measured:
        """Tap so many children, from the first tap sent to the last message accepted.

        Some are tapped before, so that the connections that fell idle since are open again.
        """
        self._rush(stub, _whole(messages // WARM_UP_SHARE), delay, batch)
        return self._rush(stub, _whole(messages), delay, batch)

    def _rush(self, stub: Stub, count: int, delay: float, batch: int) -> Measured:
        ready = self.requests_of([self.supply.take(batch) for _ in range(count // batch)])
        stub.reset(delay)
        cpu, started = cpu_seconds(self.roots), time.monotonic()
        send_all(self.port, ready, CONNECTIONS)
        elapsed = stub.wait(count) - started
        time.sleep(delay + SETTLE_SECONDS)
        cpu = cpu_seconds(self.roots) - cpu
        return Measured(count / elapsed, cpu / count * 1e6)

    def now(self) -> datetime:
        """Return what time it is to the side, which may run by a clock of its own."""
        answer = requests.get(f"http://127.0.0.1:{self.port}/gate/v1/time", timeout=5)
        told = answer.json()["server_time"] if answer.ok else MORNING
        return datetime.fromisoformat(told)


@dataclass(frozen=True, slots=True)
class Bare:
    """The side with neither taps nor database: a loop in a process of its own."""

    content: Path
    client: str

    def measure(self, stub: Stub, messages: int, delay: float = 0.0) -> Measured:
        """Push so many ready bodies."""
        stub.reset(delay)
        program = [sys.executable, "-m", "bench.bare_push"]
        program += ["--count", str(messages), "--content", str(self.content)]
        program += ["--client", self.client]
        environment = {**os.environ, **stub.environment}
        done = subprocess.run(
            program, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True
        )
        took = json.loads(done.stdout)
        return Measured(messages / took["seconds"], took["cpu_seconds"] / messages * 1e6)


Side = Web | Bare


def taps_of(messages: int) -> int:
    """Return how many children a round of so many messages taps."""
    return _whole(messages) + _whole(messages // WARM_UP_SHARE)


@contextmanager
def product(url: str, town: Town, stub: Stub, folder: Path, *, is_paced: bool) -> Iterator[Web]:
    """Run the product on a town's database, as it is shipped or with the push limit lifted.

    On PostgreSQL `web` and `worker`, on SQLite `serve`.
    """
    environment = {
        **stub.environment,
        "DATABASE_URL": url,
        "CLOCK_NOW": MORNING,
        "LINE_PUSH_PER_SECOND": str(LINE_MOST),
    }
    lifted = ["--per-second", str(NO_LIMIT)]
    if url.startswith("sqlite"):
        program = ["app.py", "serve"] if is_paced else ["-m", "bench.unpaced", "serve", *lifted]
        with served(program, environment, _log(folder)) as (port, pid):
            yield Web(port, (pid,), Supply(town), town)
        return
    program = ["app.py", "worker"] if is_paced else ["-m", "bench.unpaced", "worker", *lifted]
    # First the worker: a shifted clock starts with its process, and none may lag behind the gate's.
    with (
        running(program, environment, _log(folder)) as worker,
        served(["app.py", "web"], environment, _log(folder)) as (port, pid),
    ):
        yield Web(port, (worker.pid, pid, postmaster_of(url)), Supply(town), town)


@contextmanager
def bot(client: str, content: Path, town: Town, stub: Stub) -> Iterator[Web]:
    """Run the usual bot with a `fresh` or a `kept` client of line-bot-sdk."""
    program = ["-m", "bench.line_bot", "--client", client, "--content", str(content)]
    program += ["--workers", str(BOT_WORKERS)]
    with served(program, stub.environment, _log(content.parent)) as (port, pid):
        yield Web(port, (pid,), Supply(town), town)


def _whole(messages: int) -> int:
    return max(1, messages // BATCH) * BATCH


def _log(folder: Path) -> Path:
    return folder / f"{time.monotonic_ns()}.log"
