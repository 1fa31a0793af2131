"""What the senders of letters and of texts share: rounds until told to stop, and log lines."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Generic, TypeVar
from uuid import UUID

from core.post.answer import Answer, Outcome

logger = logging.getLogger(__name__)

# How long something waits at most that was written a moment ago; nothing rings for it, so that the
# rush of taps costs no look-ups here.
POLL_SECONDS = 1.0
# So long after its claim the next of a batch may still begin; what it asks for ends in the lease.
BEGIN_WITHIN_SECONDS = 90.0
# At once, where the carrier takes its time.
HANDS = 4
Out = TypeVar("Out")
LEVELS = {
    Outcome.ACCEPTED: logging.DEBUG,
    Outcome.REFUSED: logging.WARNING,
    Outcome.LATER: logging.WARNING,
    Outcome.STOPPED: logging.ERROR,
    Outcome.UNKNOWN: logging.ERROR,
}


class Rounds(Generic[Out]):
    """Take turns, each a batch, until told to stop. `turn` returns how many it claimed.

    `let_go` puts back what was leased and never begun; it commits.
    """

    def __init__(
        self,
        action: str,
        turn: Callable[[], int],
        let_go: Callable[[Sequence[Out]], None],
        hands: int = HANDS,
    ) -> None:
        self._action = action
        self._turn = turn
        self._let_go = let_go
        self._hands = hands
        self._left: Sequence[Out] = ()
        self.stop = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, whatever fails: it is logged and the work begins again."""
        self.stop = stop
        while not stop.is_set():
            try:
                is_idle = self._round() == 0
            except Exception:
                logger.exception("a round failed", extra={"action": self._action})
                is_idle = True
            if is_idle:
                stop.wait(POLL_SECONDS)

    def send_all(
        self, outs: Sequence[Out], send: Callable[[Out], None], is_paused: Callable[[], bool]
    ) -> None:
        """Send a batch that was claimed just now by a few hands; let go of what is never begun.

        That is the rest where it gets too late, the channel pauses, the program stops or `send`
        raises, which goes on to the caller.
        """
        begun = time.monotonic()
        self._left = outs
        try:
            with ThreadPoolExecutor(self._hands, thread_name_prefix=self._action) as hands:
                while self._left and not (self._is_late(begun) or is_paused()):
                    wave, self._left = self._left[: self._hands], self._left[self._hands :]
                    flights = [hands.submit(send, out) for out in wave]
                    # All have begun by then; `map` would call off some after a failure.
                    wait(flights)
                    for flight in flights:
                        flight.result()
        finally:
            self._put_back()

    def drain(self) -> int:
        """Take turns while something is due; return how many were claimed."""
        count = 0
        while taken := self._round():
            count += taken
        return count

    def _round(self) -> int:
        # What an earlier round failed to put back: where its lease has ended, nothing comes of it.
        self._put_back()
        return self._turn()

    def _put_back(self) -> None:
        if self._left:
            self._let_go(self._left)
            self._left = ()

    def _is_late(self, begun: float) -> bool:
        return self.stop.is_set() or time.monotonic() - begun > BEGIN_WITHIN_SECONDS


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
