"""Being told to stop: the signals an operator, systemd or a container sends."""

import signal
from collections.abc import Callable
from queue import SimpleQueue


def heed_stop_signals() -> Callable[[], None]:
    """Heed SIGTERM and SIGINT from now on; return what waits for the first of them.

    A handler runs between any two steps of the main thread: inside the wait, or inside another
    handler where two signals come at once. The lock of an Event would then wait for itself, for
    ever. Source: Python docs, "queue.SimpleQueue": its put() is reentrant.
    """
    told: SimpleQueue[None] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.put(None))
    return told.get
