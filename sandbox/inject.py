"""Lets the faults on demand happen round a view."""

import functools
import socket
import struct
from collections.abc import Callable
from typing import Any

from flask import Response, make_response, request
from werkzeug.exceptions import HTTPException

from sandbox.faults import Fault
from sandbox.state import current

HANG_SECONDS = 60.0
View = Callable[..., Any]


def faulty(endpoint: str) -> Callable[[View], View]:
    """Make the view suffer what POST /faults planned for this endpoint."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapped(*args: object, **kwargs: object) -> Any:
            fault = current().faults.take(endpoint)
            if fault is None:
                return view(*args, **kwargs)
            return _suffer(fault, lambda: view(*args, **kwargs))

        return wrapped

    return decorate


def _suffer(fault: Fault, run: Callable[[], Any]) -> Any:
    stopping = current().hub.stopping
    stopping.wait(fault.delay_seconds)
    answer = run() if fault.after_accept or not (fault.status or fault.cuts) else None
    if fault.hang:
        stopping.wait(HANG_SECONDS)
    if fault.cuts:
        raise CutConnection
    if fault.status is None:
        return answer
    return make_response("" if fault.body is None else fault.body, fault.status)


class CutConnection(HTTPException):
    """Ends the request by resetting its TCP connection, without an answer."""

    code = 500

    def get_response(self, *_: object, **__: object) -> Response:
        """Reset the connection; what is returned reaches nobody."""
        peer = request.environ["gunicorn.socket"]
        # Linger 0 makes close() send RST instead of an orderly end.
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.shutdown(socket.SHUT_RDWR)
        return Response(status=500)
