"""What breaks on the way to LINE: what never left is told apart from what may have."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

import core.delivery.line
from bench.line_stub import make_certificate
from core.delivery.line import (
    CONNECT_SECONDS,
    TOTAL_SECONDS,
    PushAnswer,
    PushResult,
    open_line,
)
from core.settings import load_settings
from tests.delivery.test_line import push_of

Meet = Callable[[socket.socket], None]


@contextmanager
def _listening(meet: Meet) -> Iterator[int]:
    """Somebody at a port of this machine who does `meet` with whoever comes first."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            with server.accept()[0] as visitor:
                meet(visitor)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(60)


def _answer(origin: str) -> PushAnswer:
    settings = load_settings(_env_file=None, line_api_base=origin, clock_now=None)

    async def push() -> PushAnswer:
        async with open_line(settings, 1) as line:
            return await line.push(push_of(b"[]"), "token")

    return asyncio.run(push())


def _hang_up(visitor: socket.socket) -> None:
    visitor.recv(1)


def _speak_plainly(visitor: socket.socket) -> None:
    visitor.recv(1)
    visitor.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_name_nobody_knows_was_not_sent() -> None:
    answer = _answer("https://line.invalid")
    assert answer == PushAnswer(PushResult.NOT_SENT, "no_connection")


def test_port_nobody_listens_at_was_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert _answer(f"https://127.0.0.1:{port}").result is PushResult.NOT_SENT


@pytest.fixture
def haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for long."""
    monkeypatch.setattr(core.delivery.line, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(core.delivery.line, "TOTAL_SECONDS", 0.6)


def test_connecting_has_three_seconds_and_all_of_it_ten() -> None:
    assert (CONNECT_SECONDS, TOTAL_SECONDS) == (3, 10)


@pytest.mark.usefixtures("haste")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_connection_that_never_comes_about_was_not_sent(scheme: str) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            # Nobody takes them in, and there is no room for more to wait.
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        answer = _answer(f"{scheme}://127.0.0.1:{server.getsockname()[1]}")
    assert answer == PushAnswer(PushResult.NOT_SENT, "no_connection")


@pytest.mark.usefixtures("haste")
def test_silence_after_the_request_ends_and_may_mean_that_it_was_taken() -> None:
    is_over = threading.Event()

    def say_nothing(_visitor: socket.socket) -> None:
        is_over.wait(10)

    with _listening(say_nothing) as port:
        answer = _answer(f"http://127.0.0.1:{port}")
        is_over.set()
    assert answer == PushAnswer(PushResult.AMBIGUOUS, "timeout")


@pytest.mark.parametrize("meet", [_hang_up, _speak_plainly])
def test_handshake_that_fails_was_not_sent(meet: Meet) -> None:
    with _listening(meet) as port:
        assert _answer(f"https://127.0.0.1:{port}").result is PushResult.NOT_SENT


def test_nothing_is_sent_to_somebody_with_another_certificate(tmp_path: Path) -> None:
    make_certificate(tmp_path)
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(*sorted(tmp_path.iterdir()))
    heard: list[bytes] = []

    def meet(visitor: socket.socket) -> None:
        # Whoever does not trust it leaves, with a word why or without one.
        with suppress(OSError), shown.wrap_socket(visitor, server_side=True) as secure:
            heard.append(secure.recv(1))

    with _listening(meet) as port:
        assert _answer(f"https://127.0.0.1:{port}").result is PushResult.NOT_SENT
    assert heard in ([], [b""])


def test_connection_that_ends_after_the_request_may_have_been_taken() -> None:
    def take_and_leave(visitor: socket.socket) -> None:
        visitor.recv(65_536)

    with _listening(take_and_leave) as port:
        assert _answer(f"http://127.0.0.1:{port}").result is PushResult.AMBIGUOUS
