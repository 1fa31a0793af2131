"""Many POSTs at once over kept connections: libcurl, driven by the event loop.

A push costs a quarter of the CPU it costs with a client written in Python. libcurl only tells which
sockets and times it waits for; the loop waits for them among all else. Source: libcurl docs,
"libcurl-multi interface overview" and "curl_multi_socket_action".
"""

import asyncio
import selectors
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import pycurl

from core.values import value

CUT_SHORT = -1
# What libcurl waits for, in the selector's words; the rest is nothing to wait for.
EVENTS = {
    pycurl.POLL_IN: selectors.EVENT_READ,
    pycurl.POLL_OUT: selectors.EVENT_WRITE,
    pycurl.POLL_INOUT: selectors.EVENT_READ | selectors.EVENT_WRITE,
}
TIMEOUT = "timeout"


class PostFailed(Exception):
    """No whole answer came; `was_sent` False: not a byte of the request left, for certain."""

    def __init__(self, reason: str, *, was_sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.was_sent = was_sent


@value()
class Reply:
    """An answer: its status, its headers by their small name, its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Connections kept, seconds to connect and for all of a request, bytes of an answer."""

    connections: int
    connect_seconds: float
    total_seconds: float
    most_bytes: int


class Posting:
    """POSTs to one address within one running event loop."""

    def __init__(self, url: str, limits: Limits) -> None:
        self._url, self._limits = url, limits
        self._loop = asyncio.get_running_loop()
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, limits.connections)
        self._multi.setopt(pycurl.M_MAXCONNECTS, limits.connections)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._remind)
        # One selector of its own, itself watched by the loop: its sockets come and go with every
        # request.
        self._sockets = selectors.DefaultSelector()
        # What each socket is waited for; the selector itself tells it slowly.
        self._awaited: dict[int, int] = {}
        self._timer: asyncio.Handle | None = None
        self._idle: list[_Wire] = []
        self._busy: dict[Any, _Wire] = {}

    async def __aenter__(self) -> Self:
        self._loop.add_reader(self._own_number(), self._look)
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._loop.remove_reader(self._own_number())
        for wire in self._busy.values():
            self._multi.remove_handle(wire.curl)
            wire.fail("closed", was_sent=True)
        self._busy.clear()
        if self._timer:
            self._timer.cancel()
        self._multi.close()
        self._sockets.close()

    async def post(self, body: bytes, headers: Sequence[str]) -> Reply:
        """Send it and return the answer, whatever its status. Raises PostFailed.

        Where a kept connection turns out to have been closed before a byte of the answer, libcurl
        sends the same bytes again over a new one.
        """
        wire = self._idle.pop() if self._idle else _Wire(self._url, self._limits)
        landing = wire.load(self._loop, body, headers)
        self._busy[wire.curl] = wire
        self._multi.add_handle(wire.curl)
        try:
            return await landing
        finally:
            # Given up before its end.
            if self._busy.pop(wire.curl, None):
                self._multi.remove_handle(wire.curl)
            self._idle.append(wire)

    def _own_number(self) -> int:
        number: int = self._sockets.fileno()
        return number

    def _watch(self, what: int, number: int, _multi: Any, _data: Any) -> None:
        """Take in what libcurl waits for at a socket."""
        events, before = EVENTS.get(what, 0), self._awaited.pop(number, 0)
        if events:
            self._awaited[number] = events
        if events and not before:
            self._sockets.register(number, events)
        elif before and not events:
            self._sockets.unregister(number)
        elif before != events:
            self._sockets.modify(number, events)

    def _remind(self, milliseconds: int) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if milliseconds == 0:
            self._timer = self._loop.call_soon(self._ring)
        elif milliseconds > 0:
            self._timer = self._loop.call_later(milliseconds / 1000, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect()

    def _look(self) -> None:
        for key, events in self._sockets.select(0):
            what = pycurl.CSELECT_IN if events & selectors.EVENT_READ else 0
            what |= pycurl.CSELECT_OUT if events & selectors.EVENT_WRITE else 0
            self._multi.socket_action(key.fd, what)
        self._collect()

    def _collect(self) -> None:
        """Hand out what has ended."""
        left = 1
        while left:
            left, answered, failed = self._multi.info_read()
            for curl in answered:
                self._take_off(curl).land()
            for curl, number, _words in failed:
                self._take_off(curl).land(number)

    def _take_off(self, curl: Any) -> "_Wire":
        self._multi.remove_handle(curl)
        return self._busy.pop(curl)


class _Wire:
    """One request after another, with what comes back."""

    def __init__(self, url: str, limits: Limits) -> None:
        self._most = limits.most_bytes
        self._lines: list[bytes] = []
        self._body = b""
        self._landing: asyncio.Future[Reply]
        self.curl = curl = pycurl.Curl()
        for option, setting in options_for(url, limits).items():
            curl.setopt(option, setting)
        curl.setopt(pycurl.HEADERFUNCTION, self._take_line)
        curl.setopt(pycurl.WRITEFUNCTION, self._take)

    def load(
        self, loop: asyncio.AbstractEventLoop, body: bytes, headers: Sequence[str]
    ) -> asyncio.Future[Reply]:
        """Make the next request ready; return where its answer will be."""
        self._lines, self._body = [], b""
        self._landing = loop.create_future()
        self.curl.setopt(pycurl.POSTFIELDS, body)
        self.curl.setopt(pycurl.HTTPHEADER, headers)
        return self._landing

    def land(self, failure: int = pycurl.E_OK) -> None:
        """Let the answer be known."""
        # What was cut short is as long as we care for.
        if failure not in (pycurl.E_OK, pycurl.E_WRITE_ERROR):
            was_sent = self.curl.getinfo(pycurl.REQUEST_SIZE) > 0
            is_late = failure == pycurl.E_OPERATION_TIMEDOUT
            self.fail(TIMEOUT if is_late else f"curl_{failure}", was_sent=was_sent)
        elif not self._landing.done():
            status = self.curl.getinfo(pycurl.RESPONSE_CODE)
            self._landing.set_result(Reply(status, headers_of(self._lines), self._body))

    def fail(self, reason: str, *, was_sent: bool) -> None:
        """Let it be known that no answer came."""
        if not self._landing.done():
            self._landing.set_exception(PostFailed(reason, was_sent=was_sent))

    def _take_line(self, line: bytes) -> None:
        self._lines.append(line)

    def _take(self, part: bytes) -> int | None:
        self._body = (self._body + part)[: self._most]
        return CUT_SHORT if len(self._body) == self._most else None


def options_for(url: str, limits: Limits) -> dict[int, Any]:
    """Return what libcurl is told of every request there; it is a POST until told otherwise."""
    trusted = ssl.get_default_verify_paths()
    options = {
        pycurl.URL: url,
        pycurl.POST: 1,
        pycurl.CONNECTTIMEOUT_MS: round(limits.connect_seconds * 1000),
        pycurl.TIMEOUT_MS: round(limits.total_seconds * 1000),
        pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
        # A proxy of the machine's environment has no say here.
        pycurl.PROXY: "",
        pycurl.USERAGENT: "school-gate",
        pycurl.NOSIGNAL: 1,
        pycurl.CAINFO: trusted.cafile,
        pycurl.CAPATH: trusted.capath,
    }
    return {option: value for option, value in options.items() if value is not None}


def headers_of(lines: Sequence[bytes]) -> dict[str, str]:
    """Return an answer's headers by their small name."""
    parts = (line.decode("latin-1").partition(":") for line in lines)
    return {name.lower(): value.strip() for name, colon, value in parts if colon}
