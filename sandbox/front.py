"""The server: sending messages in its own loop, everything else by the Flask application."""

import asyncio
import socket
import struct

import orjson
from aiohttp import web
from flask import Flask

from sandbox.line.api import ENDPOINTS, Endpoint, note_attempt, serve
from sandbox.state import State
from sandbox.wire.answer import STAMPS, UNAUTHORISED, Answer, Call
from sandbox.wire.faults import Fault
from sandbox.wire.inject import FATE
from sandbox.wire.wsgi_bridge import WsgiBridge, environ_of

THREADS = 64
HANG_SECONDS = 600.0
# More than any stand-in takes; the ones with a limit of their own refuse in their own words.
_MOST_BYTES = 64 * 1024 * 1024


class CutConnection(Exception):
    """The caller shall see its connection reset."""


class Front:
    """Answers all requests of one sandbox."""

    def __init__(self, app: Flask, state: State) -> None:
        self._state = state
        self._bridge = WsgiBridge(app, THREADS)

    async def serve(self, listener: socket.socket) -> web.ServerRunner:
        """Begin to serve on a bound socket; aiohttp sets TCP_NODELAY on every connection."""
        loop = asyncio.get_running_loop()

        def make_request(*parts: object) -> web.BaseRequest:
            return web.BaseRequest(*parts, loop, client_max_size=_MOST_BYTES)  # type: ignore[misc, arg-type]

        server = web.Server(self._handle, request_factory=make_request, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=1)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        return runner

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        endpoint = ENDPOINTS.get(request.path) if request.method == "POST" else None
        try:
            if endpoint:
                return await self._send(endpoint, request)
            return await self._pass_on(request)
        except CutConnection:
            _reset(request)
            return web.Response()

    async def _send(self, endpoint: Endpoint, request: web.BaseRequest) -> web.StreamResponse:
        call = Call(request.path, request.headers, await request.read())
        if not self._state.channel_tokens.is_good(call.bearer):
            answer = Answer({"message": UNAUTHORISED}, 401)
            note_attempt(endpoint, self._state, call, answer)
            return _stamped(answer, call)
        fault = self._state.faults.take(endpoint.name, call.data)
        if fault is None:
            answer = serve(endpoint, self._state, call)
            note_attempt(endpoint, self._state, call, answer)
            return _stamped(answer, call)
        return await self._suffer(fault, endpoint, call, request)

    async def _suffer(
        self, fault: Fault, endpoint: Endpoint, call: Call, request: web.BaseRequest
    ) -> web.StreamResponse:
        if not fault.after_accept:
            await asyncio.sleep(fault.delay_seconds)
        answer = serve(endpoint, self._state, call) if fault.lets_run else Answer({})
        if fault.status is not None:
            answer = Answer(fault.body, fault.status)  # type: ignore[arg-type]  # any JSON
        note_attempt(endpoint, self._state, call, None if fault.cuts else answer)
        return await _meet(fault, request, _stamped(answer, call))

    async def _pass_on(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        faults: list[Fault] = []
        environ = environ_of(request, body) | {FATE: faults}
        parts, status, headers = await self._bridge.run(environ)
        # Answers without a body have no length either, but may still have a fault to meet.
        if faults or "Content-Length" in headers:
            answer = web.Response(body=b"".join(parts), status=status, headers=headers.items())
            return await _meet(faults[0], request, answer) if faults else answer
        stream = web.StreamResponse(status=status, headers=headers.items())
        await stream.prepare(request)
        await self._bridge.stream(parts, stream)
        return stream


def _stamped(answer: Answer, call: Call) -> web.Response:
    headers = {
        "Content-Type": "application/json",
        "x-line-request-id": call.request_id,
        **STAMPS,
        **answer.headers,
    }
    body = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
    return web.Response(body=body, status=answer.status, headers=headers)


async def _meet(fault: Fault, request: web.BaseRequest, answer: web.Response) -> web.StreamResponse:
    if fault.after_accept:
        await asyncio.sleep(fault.delay_seconds)
    if fault.hang:
        await asyncio.sleep(HANG_SECONDS)
    if fault.cuts:
        raise CutConnection
    if fault.slow_bytes_seconds:
        return await _dribble(request, answer, fault.slow_bytes_seconds)
    return answer


async def _dribble(
    request: web.BaseRequest, answer: web.Response, seconds: float
) -> web.StreamResponse:
    body = answer.body if isinstance(answer.body, bytes) else b""
    headers = {**answer.headers, "Content-Length": str(len(body))}
    slow = web.StreamResponse(status=answer.status, headers=headers)
    await slow.prepare(request)
    for place in range(len(body)):
        await slow.write(body[place : place + 1])
        await asyncio.sleep(seconds / len(body))
    return slow


def _reset(request: web.BaseRequest) -> None:
    transport = request.transport
    if transport is None:
        return
    peer = transport.get_extra_info("socket")
    # Linger 0 makes the close send RST instead of an orderly end.
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
