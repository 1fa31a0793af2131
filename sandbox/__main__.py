"""Starts the sandbox: python -m sandbox --port 8001 --app-url http://127.0.0.1:8000."""

import os
import signal
import socket
import sys
from dataclasses import replace
from types import FrameType
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from sandbox.application import create_app
from sandbox.settings import Settings, read_settings
from sandbox.state import State

THREADS = 40


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """One gunicorn worker with threads, on a socket that is already bound."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._settings = settings
        self._listener = listener
        super().__init__()

    def load_config(self) -> None:
        """Set what gunicorn would otherwise read from a file."""
        chosen: dict[str, Any] = {
            "bind": f"fd://{self._listener.fileno()}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": 0,
            "graceful_timeout": 1,
            "keepalive": 75,
            "loglevel": "warning",
            "control_socket_disable": True,
            "post_worker_init": _start_background,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Build the application inside the worker."""
        return create_app(self._settings)


def _start_background(worker: Any) -> None:
    state: State = worker.app.wsgi().extensions["sandbox"]
    state.start()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        _stop_first(number, state)


def _stop_first(number: signal.Signals, state: State) -> None:
    # Streams and planned hangs must end before gunicorn waits for its threads.
    after = signal.getsignal(number)

    def stop(received: int, frame: FrameType | None) -> None:
        state.stop()
        if callable(after):
            after(received, frame)

    signal.signal(number, stop)


def main() -> None:
    """Read the settings, bind the port, serve until told to stop."""
    try:
        settings = read_settings(sys.argv[1:], os.environ)
    except ValueError as error:
        sys.exit(f"sandbox: {error}")
    listener = socket.create_server((settings.host, settings.port))
    # Answers leave in one go; without this each waits 40 ms for the caller's delayed ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    settings = replace(settings, port=listener.getsockname()[1])
    print(f"sandbox {settings.origin}", flush=True)  # noqa: T201
    Server(settings, listener).run()


if __name__ == "__main__":
    main()
