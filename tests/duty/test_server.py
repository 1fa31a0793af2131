"""The web server answers whoever speaks, however many others only hold the line."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection

import pytest
from sqlalchemy.exc import OperationalError

from core.duty.server import THREADS, patiently
from tests.waiting import wait_for

PROGRAM = """
import sys
from core.duty.server import Background, Server

def answer(environ, start):
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]

Server(lambda: (answer, Background([])), host="127.0.0.1", port=int(sys.argv[1])).run()
"""
REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
# Shorter than what a thread once waited for the first word of a new connection.
PATIENCE_SECONDS = 4


@pytest.fixture
def port() -> Iterator[int]:
    """A server with nothing behind it, in a program of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    program = subprocess.Popen([sys.executable, "-c", PROGRAM, str(number)])
    try:
        wait_for(lambda: is_up(number), "the server")
        yield number
    finally:
        program.terminate()
        program.wait(30)


def is_up(port: int) -> bool:
    try:
        return ask(connect(port)).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)


def ask(line: socket.socket) -> bytes:
    with line:
        line.sendall(REQUEST)
        return line.recv(4096)


def test_silent_connections_keep_nobody_waiting(port: int) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(connect(port)) for _ in range(2 * THREADS)]

        assert ask(connect(port)).startswith(b"HTTP/1.1 200")
        # Who was silent so far is answered too.
        assert ask(silent[-1]).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(("size", "stays"), [(1000, True), (1_000_001, False)])
def test_answer_to_a_body_nobody_read_says_whether_the_line_stays(
    port: int, size: int, stays: bool
) -> None:
    line = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    for _ in range(2):
        # Connects anew by itself where it was told that the connection ends.
        line.request("POST", "/", b"x" * size)
        with line.getresponse() as answer:
            assert (answer.status, answer.read()) == (200, b"ok")
            assert answer.getheader("Connection") == ("keep-alive" if stays else "close")
    line.close()


def away() -> OperationalError:
    return OperationalError("SELECT 1", None, ConnectionError("refused"))


def test_database_that_is_away_for_a_moment_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.duty.server.LOOK_SECONDS", 0)
    faults = [away(), away()]

    def work() -> str:
        if faults:
            raise faults.pop()
        return "done"

    assert patiently(work) == "done"


def test_database_that_does_not_come_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.duty.server.PATIENCE_SECONDS", 0)

    def work() -> None:
        raise away()

    with pytest.raises(OperationalError):
        patiently(work)
