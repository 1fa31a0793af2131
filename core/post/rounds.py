"""What the senders of letters and of texts share: rounds until told to stop, and log lines."""

import logging
import threading
from collections.abc import Callable
from uuid import UUID

from core.post.answer import Answer, Outcome

logger = logging.getLogger(__name__)

# How long something waits at most that was written a moment ago; nothing rings for it, so that the
# rush of taps costs no look-ups here.
POLL_SECONDS = 1.0
# So long after its claim the next of a batch may still begin; what it asks for ends in the lease.
BEGIN_WITHIN_SECONDS = 90.0
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
