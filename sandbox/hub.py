"""The live feed to open phone pages: one queue per listener, closed when the sandbox stops."""

import json
import queue
import threading
from collections.abc import Callable, Iterator

# A page that was closed or loaded anew is noticed only by writing to it, and each holds one of the
# server's threads until then.
PING_SECONDS = 2
Event = dict[str, object]


class Hub:
    """Hands every event to all who listen at the moment."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._queues: set[queue.SimpleQueue[Event | None]] = set()
        self._lock = threading.Lock()

    def publish(self, make_event: Callable[[], Event]) -> None:
        """Send the event; it is not even built when nobody listens."""
        with self._lock:
            listeners = list(self._queues)
        if not listeners:
            return
        event = make_event()
        for listener in listeners:
            listener.put(event)

    def stop(self) -> None:
        """End all streams and waits, for good."""
        self.stopping.set()
        with self._lock:
            for listener in self._queues:
                listener.put(None)

    def stream(self) -> Iterator[str]:
        """Yield server-sent events until the sandbox stops."""
        mine: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        with self._lock:
            self._queues.add(mine)
        try:
            yield ": open\n\n"
            while not self.stopping.is_set():
                text = _next_text(mine)
                if text is None:
                    return
                yield text
        finally:
            with self._lock:
                self._queues.discard(mine)


def _next_text(source: "queue.SimpleQueue[Event | None]") -> str | None:
    try:
        event = source.get(timeout=PING_SECONDS)
    except queue.Empty:
        return ": ping\n\n"
    if event is None:
        return None
    return f"data: {json.dumps(event, ensure_ascii=False)}\n\n"
