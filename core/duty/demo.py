"""The demonstration: sandbox and product side by side until Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import BinaryIO

import requests

from core.clock import TAIPEI
from core.errors import AppError
from core.house import House, build_house
from core.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[2]
MORNING = time_of_day(7, 20)
START_LIMIT_SECONDS = 60
STOP_LIMIT_SECONDS = 15

Program = subprocess.Popen[bytes]


class NotReady(AppError):
    """Raised when a port is taken or one of the two programs did not come up."""


@contextmanager
def stage(given: Settings, folder: Path) -> Iterator[House]:
    """Open the demonstration's house: a fresh database in `folder` unless DATABASE_URL names one.

    Fresh, because the sandbox forgets at its end who was a friend and who tapped.
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
    try:
        yield house
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
def running_programs(
    settings: Settings, morning: datetime, folder: Path, sample: Path
) -> Iterator[None]:
    """Run sandbox and product on one shifted clock; both are stopped at the end.

    What they print goes to demo.log in `folder`.
    """
    environment = {
        "CLOCK_NOW": morning.isoformat(),
        "BASE_URL": settings.base_url,
        **os.environ,
        "DATABASE_URL": settings.database_url,
    }
    port = str(settings.port + 1)
    sandbox = ["-m", "sandbox", "--port", port, "--app-url", settings.base_url]
    sandbox += ["--sample", str(sample), "--clock-url", f"{settings.base_url}/dev/clock"]
    with ExitStack() as stack:
        log = stack.enter_context((folder / "demo.log").open("wb"))
        programs = [
            stack.enter_context(_running(arguments, environment, log))
            for arguments in (sandbox, ["app.py", "serve"])
        ]
        for address in (f"{settings.sandbox_origin}/phone/state", f"{settings.base_url}/readyz"):
            _wait_until_ready(address, programs, log.name)
        # The two started a moment apart; from here on they share one clock.
        clock = {"now": environment["CLOCK_NOW"]}
        requests.post(f"{settings.sandbox_origin}/clock", json=clock, timeout=5).raise_for_status()
        yield


@contextmanager
def _running(arguments: list[str], environment: dict[str, str], log: BinaryIO) -> Iterator[Program]:
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
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


def _wait_until_ready(url: str, programs: list[Program], log: str) -> None:
    deadline = time.monotonic() + START_LIMIT_SECONDS
    # A program that ended would leave an answer of somebody else's on the same port.
    while time.monotonic() < deadline and all(one.poll() is None for one in programs):
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise NotReady(f"{url} does not answer. The reason stands in {log}")


def wait_for_stop() -> None:
    """Return at Ctrl-C or SIGTERM."""
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
