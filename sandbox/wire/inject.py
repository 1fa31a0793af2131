"""Lets the faults on demand happen round a view.

What happens on the wire (no answer, a cut, bytes one by one) is left to the server, front.py, which
can wait without holding a thread.
"""

import functools
from collections.abc import Callable
from typing import Any

from flask import make_response, request

from sandbox.state import current
from sandbox.wire.faults import Fault

FATE = "sandbox.fate"
View = Callable[..., Any]


def faulty(endpoint: str) -> Callable[[View], View]:
    """Make the view suffer what POST /faults planned for this endpoint."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapped(*args: object, **kwargs: object) -> Any:
            fault = current().faults.take(endpoint)
            if fault is None:
                return view(*args, **kwargs)
            # The environment itself is copied on its way, the list is not.
            request.environ.setdefault(FATE, []).append(fault)
            return _suffer(fault, lambda: view(*args, **kwargs))

        return wrapped

    return decorate


def _suffer(fault: Fault, run: Callable[[], Any]) -> Any:
    if not fault.after_accept:
        current().hub.stopping.wait(fault.delay_seconds)
    answer = run() if fault.lets_run else make_response("", 500)
    if fault.status is None:
        return answer
    return make_response("" if fault.body is None else fault.body, fault.status)
