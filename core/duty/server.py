"""The web server: gunicorn run from code, with background work inside its one worker if wanted."""

import gc
import logging
import os
import resource
import selectors
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn, TypeVar

from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from core.duty.migrate import is_fit
from core.duty.timekeeper import heed_database
from core.house import House

logger = logging.getLogger(__name__)
Loop = Callable[[threading.Event], None]

# Answers to readers and LINE are short; more threads than database connections would only queue.
THREADS = 16
GRACEFUL_SECONDS = 10
# Of them, what loops beside the web have; the sender ends what is under way in eight.
LOOP_SECONDS = 9
# So long a new connection may stay silent before it is closed.
SILENT_SECONDS = 30
# What is left of a longer body is not read, so the connection ends with the answer, which says so.
# Source: gunicorn, http/parser.py, _DRAIN_MAX_BYTES.
DRAINED_BYTES = 64 * 1024
# So many new objects are made before those in circles are looked for; Python's own is 700.
GARBAGE_AFTER = 20_000
# How often a database without its tables is looked at.
LOOK_SECONDS = 1.0
# A program that is told to stop meanwhile still ends in time.
PATIENCE_SECONDS = 8.0
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Background:
    """Loops that run beside the web threads until the event is set."""

    loops: list[Loop]
    at_stop: Callable[[], None] = lambda: None


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Lend a connection a thread once it says something.

    gunicorn's own lends each new one a thread for up to five seconds: as many silent ones as there
    are threads, such as a browser opens ahead, would keep LINE and the readers waiting.
    """

    def enqueue_req(self, conn: Any) -> None:
        """Serve a connection, or wait for its first word without a thread."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + SILENT_SECONDS
        self.pending_conns.append(conn)
        begin = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, begin)


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Serve one WSGI application. `load` runs inside each worker, after the fork."""

    def __init__(
        self,
        load: Callable[[], tuple[Any, Background]],
        *,
        host: str,
        port: int,
        workers: int = 1,
    ) -> None:
        self._load = load
        self._listener = socket.create_server((host, port), backlog=512)
        # Answers leave in one go; otherwise each waits for the caller's delayed ACK.
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._workers = workers
        super().__init__()

    def load_config(self) -> None:
        """Set what gunicorn would otherwise read from a file."""
        chosen = {
            "bind": f"fd://{self._listener.fileno()}",
            "workers": self._workers,
            "worker_class": Worker,
            "threads": THREADS,
            "timeout": 60,
            "graceful_timeout": GRACEFUL_SECONDS,
            "keepalive": 75,
            "loglevel": "warning",
            "control_socket_disable": True,
            "limit_request_line": 4094,
            "pre_request": _part_after_a_long_body,
            "worker_exit": _stop_background,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Build the application in the worker and start what runs beside it."""
        application, background = self._load()
        settle_memory()
        self.running = start_background(background)
        return application


def forbid_core_dumps() -> None:
    """Let no crash write this process's memory, with its keys, to a file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def settle_memory() -> None:
    """Take what was built at the start out of the collector's sight: it lives as long as we do.

    A full collection would walk all of it, with every thread stopped. What comes later is looked
    through less often: a batch alone makes thousands of objects, none of them in a circle. Source:
    Python docs, "gc.freeze" and "gc.set_threshold".
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)


class Running:
    """Started loops, and the way to stop them."""

    def __init__(self, background: Background) -> None:
        self._stop = threading.Event()
        self._background = background
        self._threads = [
            threading.Thread(target=loop, args=[self._stop], name="background", daemon=True)
            for loop in background.loops
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> bool:
        """Ask the loops to end and wait for them; what is in flight gets settled.

        Return whether all of them ended in time.
        """
        self._stop.set()
        self._background.at_stop()
        deadline = time.monotonic() + LOOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)


def after_migrations(house: House, loop: Loop) -> Loop:
    """Return a loop that begins once the database has the tables it needs and tells the time.

    Until then it is new, or a backup is being put back, of which nothing may be told yet.
    """

    def run(stop: threading.Event) -> None:
        while not stop.is_set() and not _is_ready(house):
            stop.wait(LOOK_SECONDS)
        if not stop.is_set():
            loop(stop)

    return run


def _is_ready(house: House) -> bool:
    try:
        return is_fit(house.engine) and heed_database(house)
    except SQLAlchemyError as error:
        logger.error("database away", extra={"error_type": type(error).__name__})
        return False


def patiently(work: Callable[[], Result]) -> Result:
    """Do the work, and again for some seconds while the database is away; it commits for itself.

    Both may just be starting. Raises OperationalError when it does not come.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return work()
        except OperationalError as error:
            if time.monotonic() >= deadline:
                raise
            extra = {"action": "start", "error_type": type(error.orig).__name__}
            logger.warning("database away, trying again", extra=extra)
            time.sleep(LOOK_SECONDS)


def leave_at_once() -> NoReturn:
    """End this process, whatever its threads are at; whoever told it to stop has waited enough.

    Python's own end would wait for the pool of the ticks, of which one may be at work for minutes.
    All work here may be cut short at any moment, as by a power cut, and is found and done again.
    """
    logging.shutdown()
    os._exit(0)


def start_background(background: Background) -> Running:
    """Start every loop in a thread of its own."""
    return Running(background)


def _stop_background(_arbiter: Any, worker: Any) -> None:
    running = getattr(worker.app, "running", None)
    if running is not None:
        running.stop()


def _part_after_a_long_body(_worker: Any, asked: Any) -> None:
    # Whether all of it will be read is not known yet, and a caller told that the connection stays
    # would send its next request into one that is closed.
    lengths = [value for name, value in asked.headers if name == "CONTENT-LENGTH"]
    if any(int(length) > DRAINED_BYTES for length in lengths):
        asked.force_close()
