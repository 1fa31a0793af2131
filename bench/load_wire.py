"""A reader's connection: kept open, one request at a time, the next server where one fails."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.line_stub import HEAD_END, LENGTH

# Source: docs/readers.md: without an answer by then it is unknown whether the taps were stored.
TIMEOUT_SECONDS = 10
RETRY_AFTER = re.compile(rb"\r\nretry-after: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """The status, 0 for no answer, and how many seconds the server asks to wait."""

    status: int
    retry_after: int | None = None


class Connection:
    """The way to the servers at `ports`, which begins with the `place`th."""

    def __init__(self, ports: Sequence[int], place: int) -> None:
        self._ports = ports
        self._place = place
        self._wire = _Wire()

    async def post(self, request: bytes) -> Answer:
        """Send a whole request and return what was answered."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                if not self._wire.is_open:
                    self._wire = await self._connect()
                return await self._wire.ask(request)
        except OSError:
            self.close()
            self._place += 1
            return Answer(0)

    def close(self) -> None:
        """Hang up."""
        self._wire.hang_up()

    async def _connect(self) -> "_Wire":
        port = self._ports[self._place % len(self._ports)]
        loop = asyncio.get_running_loop()
        _, wire = await loop.create_connection(_Wire, "127.0.0.1", port)
        return wire


class _Wire(asyncio.Protocol):
    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._answer: asyncio.Future[Answer] | None = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    async def ask(self, request: bytes) -> Answer:
        assert self._transport is not None
        self._buffer = b""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(HEAD_END)
        if end < 0:
            return
        head = self._buffer[:end]
        length = LENGTH.search(head)
        if len(self._buffer) >= end + len(HEAD_END) + (int(length[1]) if length else 0):
            pause = RETRY_AFTER.search(head)
            assert self._answer is not None
            self._answer.set_result(Answer(int(head[9:12]), int(pause[1]) if pause else None))

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError())

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.close()
