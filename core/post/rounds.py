"""What the senders of letters and of texts share: rounds until told to stop, and log lines."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID

from core.post.answer import Answer, Outcome

logger = logging.getLogger(__name__)

# How long something waits at most that was written a moment ago; nothing rings for it, so that the
# rush of taps costs no look-ups here.
POLL_SECONDS = 1.0
# So long after its claim the next of a batch may still begin; what it asks for ends in the lease.
BEGIN_WITHIN_SECONDS = 90.0
# At once, of channels whose carrier takes its time.
HANDS = 4
Out = TypeVar("Out")
LEVELS = {
    Outcome.ACCEPTED: logging.DEBUG,
    Outcome.REFUSED: logging.WARNING,
    Outcome.LATER: logging.WARNING,
    Outcome.STOPPED: logging.ERROR,
    Outcome.UNKNOWN: logging.ERROR,
}


class Rounds:
    """Take turns, each a batch, until told to stop. `turn` returns how many it claimed."""

    def __init__(self, action: str, turn: Callable[[], int]) -> None:
        self._action = action
        self._turn = turn
        self.stop = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, whatever fails: it is logged and the work begins again."""
        self.stop = stop
        while not stop.is_set():
            try:
                is_idle = self._turn() == 0
            except Exception:
                logger.exception("a round failed", extra={"action": self._action})
                is_idle = True
            if is_idle:
                stop.wait(POLL_SECONDS)

    def send_all(
        self, outs: Sequence[Out], send: Callable[[Out], None], is_paused: Callable[[], bool]
    ) -> Sequence[Out]:
        """Send a batch that was claimed just now by a few hands; return what was never begun.

        That is the rest where it gets too late, the channel pauses or the program stops.
        """
        begun = time.monotonic()
        with ThreadPoolExecutor(HANDS, thread_name_prefix=self._action) as hands:
            for start in range(0, len(outs), HANDS):
                is_late = time.monotonic() - begun > BEGIN_WITHIN_SECONDS
                if is_late or self.stop.is_set() or is_paused():
                    return outs[start:]
                list(hands.map(send, outs[start : start + HANDS]))
        return []

    def drain(self) -> int:
        """Take turns while something is due; return how many were claimed."""
        count = 0
        while taken := self._turn():
            count += taken
        return count


def log_sent(
    action: str, notice_id: UUID, kind: str, *, attempt: int, answer: Answer, seconds: float
) -> None:
    """Write down how the sending of one notice went."""
    extra = {
        "action": action,
        "notice_id": str(notice_id),
        "kind": kind,
        "attempt": attempt,
        "outcome": answer.reason,
        "ms": round(seconds * 1000),
    }
    logger.log(LEVELS[answer.outcome], action, extra=extra)
