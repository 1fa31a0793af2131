"""Programs under measurement: started on loopback, awaited, stopped by us."""

import atexit
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[1]
# On a machine that does much else a program takes its time to start.
WAIT_SECONDS = 180
STOP_SECONDS = 30


def stop_at_sigterm() -> None:
    """Let SIGTERM end a bench like Ctrl-C, so that what it started is stopped and removed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@contextmanager
def running(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    *,
    program: str = sys.executable,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Python program from the checkout, or another; what it prints goes to `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_SECONDS)


@contextmanager
def serving(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[int]:
    """Run a web server and yield its port once it answers at all."""
    with served(arguments, environment, log) as (port, _):
        yield port


@contextmanager
def served(
    arguments: Sequence[str], environment: Mapping[str, str], log: Path
) -> Iterator[tuple[int, int]]:
    """Run a web server and yield its port and process id once it answers at all."""
    port = free_pair()
    with running(arguments, {**environment, "PORT": str(port)}, log) as process:

        def is_up() -> bool:
            if process.poll() is not None:
                raise RuntimeError(f"{arguments} ended: {log.read_text()[-2000:]}")
            try:
                requests.get(f"http://127.0.0.1:{port}/", timeout=5)
            except requests.RequestException:
                return False
            return True

        wait_for(is_up, "the web server")
        yield port, process.pid


def wait_for(look: Callable[[], Any], what: str) -> Any:
    """Look again and again and return the first thing found."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise TimeoutError(what)


def free_pair() -> int:
    """Return a port that is free together with the one above it.

    Until this process ends nobody else is told it: who listens there takes a while to begin.
    """
    # Two benches that begin at once should not try the same; above 32,768 are ports of callers.
    ports = list(range(21_000, 32_000, 2))
    random.shuffle(ports)
    for port in ports:
        with ExitStack() as bound:
            claim = bound.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            one, two = (bound.enter_context(socket.socket()) for _ in range(2))
            try:
                claim.bind(("127.0.0.1", port))
                one.bind(("127.0.0.1", port))
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            # The same number of the other protocol: whoever listens is not in its way.
            atexit.register(claim.dup().close)
            return port
    raise OSError("no free ports")
