"""Runs the Flask application under aiohttp's server: each call in a thread, streams in chunks."""

import asyncio
import contextlib
import io
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp import web
from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import run_wsgi_app

Environ = dict[str, Any]


class WsgiBridge:
    """Answers requests by a WSGI application."""

    def __init__(self, app: Flask, threads: int) -> None:
        self._app = app
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="flask")

    async def run(self, environ: Environ) -> tuple[Iterable[bytes], int, Headers]:
        """Return what the application answered; a body of known length is complete."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._call, environ)

    async def stream(self, parts: Iterable[bytes], answer: web.StreamResponse) -> None:
        """Pass on a body that comes piece by piece, until its end or until nobody listens."""
        loop = asyncio.get_running_loop()
        pieces = iter(parts)
        with contextlib.suppress(ConnectionError):
            while (piece := await loop.run_in_executor(self._pool, next, pieces, None)) is not None:
                await answer.write(piece)
        await loop.run_in_executor(self._pool, _close, parts)

    def _call(self, environ: Environ) -> tuple[Iterable[bytes], int, Headers]:
        parts, status, headers = run_wsgi_app(self._app, environ)
        if headers.get("Content-Length") is None:
            return parts, int(status.split()[0]), headers
        body = b"".join(parts)
        _close(parts)
        return [body], int(status.split()[0]), headers


def _close(parts: Iterable[bytes]) -> None:
    close = getattr(parts, "close", None)
    if close:
        close()


def environ_of(request: web.BaseRequest, body: bytes) -> Environ:
    """Return the WSGI environment of a request."""
    host, _, port = request.host.partition(":")
    environ: Environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path.encode().decode("latin-1"),
        "QUERY_STRING": request.rel_url.raw_query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.remote or "",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name in request.headers:
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            environ[f"HTTP_{key}"] = ",".join(request.headers.getall(name))
    return environ
