"""The client that carries pushes: real sockets, one event loop."""

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from core.delivery.posting import TIMEOUT, Limits, PostFailed, Posting, Reply

ANSWER = b"HTTP/1.1 200 OK\r\nX-Line-Request-Id: r1\r\nContent-Length: 2\r\n\r\n{}"
LONG = b"HTTP/1.1 400 Bad\r\nContent-Length: 500\r\n\r\n" + b"x" * 500
LIMITS = Limits(connections=4, connect_seconds=1, total_seconds=5, most_bytes=100)
HASTY = Limits(connections=4, connect_seconds=1, total_seconds=0.2, most_bytes=100)
SILENCE = b""


class Answering:
    """Somebody who gives every request the same answer, over as many connections as come."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self.requests: list[bytes] = []
        self.connections = 0

    def meet(self, server: socket.socket) -> None:
        """Take whoever comes until the socket is closed."""
        while True:
            try:
                visitor = server.accept()[0]
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=[visitor], daemon=True).start()

    def _serve(self, visitor: socket.socket) -> None:
        with visitor:
            while request := visitor.recv(65_536):
                self.requests.append(request)
                visitor.sendall(self._answer)


@contextmanager
def _answering(answer: bytes) -> Iterator[tuple[str, Answering]]:
    somebody = Answering(answer)
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=somebody.meet, args=[server], daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/push", somebody
        server.shutdown(socket.SHUT_RDWR)


def _with(url: str, work: Callable[[Posting], Coroutine[Any, Any, Any]], limits: Limits) -> Any:
    async def run() -> Any:
        async with Posting(url, limits) as posting:
            return await work(posting)

    return asyncio.run(run())


async def _post(posting: Posting) -> Reply:
    return await posting.post(b"{}", ["X-Line-Retry-Key: k1"])


def test_answer_comes_whole_with_its_headers() -> None:
    with _answering(ANSWER) as (url, somebody):
        reply = _with(url, _post, LIMITS)
    assert (reply.status, reply.body, reply.headers["x-line-request-id"]) == (200, b"{}", "r1")
    assert b"X-Line-Retry-Key: k1\r\n" in somebody.requests[0]


def test_requests_share_the_connections_kept() -> None:
    async def many(posting: Posting) -> set[int]:
        replies = [await asyncio.gather(*(_post(posting) for _ in range(20))) for _ in range(3)]
        return {reply.status for group in replies for reply in group}

    with _answering(ANSWER) as (url, somebody):
        assert _with(url, many, LIMITS) == {200}
    assert len(somebody.requests) == 60
    assert somebody.connections <= LIMITS.connections


def test_answer_longer_than_we_read_is_cut() -> None:
    with _answering(LONG) as (url, _):
        reply = _with(url, _post, LIMITS)
    assert (reply.status, len(reply.body)) == (400, LIMITS.most_bytes)


def test_silence_ends_in_time_and_may_have_been_heard() -> None:
    with _answering(SILENCE) as (url, _), pytest.raises(PostFailed) as failure:
        _with(url, _post, HASTY)
    assert (failure.value.reason, failure.value.was_sent) == (TIMEOUT, True)


def test_what_is_given_up_leaves_room_for_the_next() -> None:
    async def give_up_and_go_on(posting: Posting) -> Reply:
        given_up = asyncio.create_task(_post(posting))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait([given_up])
        return await _post(posting)

    with _answering(ANSWER) as (url, _):
        assert _with(url, give_up_and_go_on, LIMITS).status == 200


def test_what_is_under_way_at_the_end_is_said_to_have_no_answer() -> None:
    async def leave(posting: Posting) -> "asyncio.Task[Reply]":
        left = asyncio.create_task(_post(posting))
        await asyncio.sleep(0)
        return left

    async def run(url: str) -> None:
        async with Posting(url, LIMITS) as posting:
            left = await leave(posting)
        with pytest.raises(PostFailed, match="closed"):
            await left

    with _answering(SILENCE) as (url, _):
        asyncio.run(run(url))
