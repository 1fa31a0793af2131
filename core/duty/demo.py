"""The demonstration: sandbox and product side by side until Ctrl-C."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import BinaryIO

import requests

from core.clock import TAIPEI
from core.errors import AppError
from core.house import House, build_house
from core.post.reaching import direct_session
from core.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[2]
MORNING = time_of_day(7, 20)
START_LIMIT_SECONDS = 60
STOP_LIMIT_SECONDS = 15

Program = subprocess.Popen[bytes]


class NotReady(AppError):
    """Raised when a port is taken or one of the two programs did not come up."""


@contextmanager
def stage(given: Settings, folder: Path) -> Iterator[tuple[House, BinaryIO]]:
    """Open the demonstration's house and its log, demo.log in `folder`.

    The database is a fresh one in `folder` unless DATABASE_URL names one. Fresh, because the
    sandbox forgets at its end who was a friend and who tapped.
    """
    # SIGTERM ends it like Ctrl-C, so that the programs beside us are stopped in any case; a shell
    # that started us in the background would have Ctrl-C ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    for port in (given.port, given.port + 1):
        _require_free(port)
    changes: dict[str, object] = {}
    if "database_url" not in given.model_fields_set:
        for path in folder.glob("demo.db*"):
            path.unlink()
        changes["database_url"] = f"sqlite:///{folder}/demo.db"
    if "base_url" not in given.model_fields_set:
        changes["base_url"] = f"http://127.0.0.1:{given.port}"
    house = build_house(load_settings(**changes))
    log_file = folder / "demo.log"
    log_file.unlink(missing_ok=True)
    try:
        # Several programs write to it: each line goes to the end, over none of another's.
        with log_file.open("ab") as log:
            yield house, log
    finally:
        house.engine.dispose()


def next_school_morning(now: datetime, is_school_day: Callable[[date], bool]) -> datetime:
    """Return 07:20 of today if it is a school day, else of the next one."""
    day = now.astimezone(TAIPEI).date()
    while not is_school_day(day):
        day += timedelta(days=1)
    return datetime.combine(day, MORNING, TAIPEI)


def _require_free(port: int) -> None:
    # Before the database is begun anew: the one that holds the port may be using it.
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        hint = "Stop what uses it, or choose another: PORT=9000 make demo"
        raise NotReady(f"Port {port} is taken. {hint}") from None


@contextmanager
def running_sandbox(settings: Settings, sample: Path, log: BinaryIO) -> Iterator[Program]:
    """Start LINE's and Taipei Pass's stand-in; it comes up while the caller goes on.

    The sample may be written later. What it prints goes to `log`.
    """
    arguments = ["-m", "sandbox", "--port", str(settings.port + 1), "--app-url", settings.base_url]
    arguments += ["--sample", str(sample), "--clock-url", f"{settings.base_url}/dev/clock"]
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        stdout=log,
        stderr=log,
        # Ctrl-C reaches the whole terminal; the children are stopped by us, in order.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def running_product(serve: Callable[[], None], log: BinaryIO) -> Iterator[ForkProcess]:
    """Serve in a copy of this process: to load everything anew would double the wait.

    The caller holds no connection and runs no thread. What it prints goes to `log`.
    """
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(serve, log.fileno()))
    process.start()
    try:
        yield process
    finally:
        process.terminate()
        process.join(STOP_LIMIT_SECONDS)
        process.kill()


def _serve(serve: Callable[[], None], log: int) -> None:
    os.setsid()
    for stream in (sys.stdout, sys.stderr):
        os.dup2(log, stream.fileno())
    serve()


def share_clock(settings: Settings) -> None:
    """Set the sandbox to the product's time, for the two started a moment apart.

    The sandbox passes it on, so it is rounded up: the product's clock never goes back, or what its
    readers did before would have happened after.
    """
    with direct_session() as session:
        answer = session.get(f"{settings.base_url}/gate/v1/time", timeout=5)
        answer.raise_for_status()
        told = datetime.fromisoformat(answer.json()["server_time"])
        clock = {"now": (told.replace(microsecond=0) + timedelta(seconds=1)).isoformat()}
        session.post(f"{settings.sandbox_origin}/clock", json=clock, timeout=5).raise_for_status()


def wait_until_ready(url: str, is_alive: Callable[[], bool], log: BinaryIO) -> None:
    """Return once `url` answers. Raises NotReady when its program ends or takes too long."""
    deadline = time.monotonic() + START_LIMIT_SECONDS
    # A program that ended would leave an answer of somebody else's on the same port.
    while time.monotonic() < deadline and is_alive():
        try:
            with direct_session() as session:
                if session.get(url, timeout=2).ok:
                    return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise NotReady(f"{url} does not answer. The reason stands in {log.name}")


def wait_for_stop() -> None:
    """Return at Ctrl-C or SIGTERM."""
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
