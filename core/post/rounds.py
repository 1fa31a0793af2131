"""What the senders of letters and of texts share: rounds until told to stop, and log lines."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from core.clock import Clock
from core.post.answer import Answer, Outcome

logger = logging.getLogger(__name__)

# How long something waits at most that was written a moment ago; nothing rings for it, so that the
# rush of taps costs no look-ups here.
POLL_SECONDS = 1.0
# So long after its claim the next of a batch may still begin; what it asks for ends in the lease.
BEGIN_WITHIN = timedelta(seconds=90)
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
    """Take turns, each a batch, until told to stop, and pause where the carrier wants it.

    `turn` returns how many it claimed. `let_go` puts back what was leased and never begun; it
    commits. `pauses` is how long the carrier is left in peace after an outcome.
    """

    def __init__(
        self,
        action: str,
        turn: Callable[[], int],
        let_go: Callable[[Sequence[Out]], None],
        *,
        clock: Clock,
        pauses: Mapping[Outcome, timedelta],
        hands: int = HANDS,
    ) -> None:
        self._action = action
        self._turn = turn
        self._let_go = let_go
        self._clock = clock
        self._pauses = pauses
        self._hands = hands
        self._paused_until: datetime | None = None
        self._left: Sequence[Out] = ()
        self._begun = clock.now()
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

    def send_all(self, outs: Sequence[Out], send: Callable[[Out], Answer]) -> None:
        """Send a batch that was claimed just now by a few hands; let go of what is never begun.

        That is the rest where it gets too late, an answer makes the channel pause, the program
        stops or `send` raises, which goes on to the caller.
        """
        self._left = outs
        try:
            with ThreadPoolExecutor(self._hands, thread_name_prefix=self._action) as hands:
                while self._left and not (self._is_late() or self._is_paused()):
                    wave, self._left = self._left[: self._hands], self._left[self._hands :]
                    flights = [hands.submit(send, out) for out in wave]
                    # All have begun by then; `map` would call off some after a failure.
                    wait(flights)
                    for flight in flights:
                        self._heed(flight.result())
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
        # Before the claim, from which on the lease runs, by this clock: it counts while the machine
        # sleeps, as others' do.
        self._begun = self._clock.now()
        return 0 if self._is_paused() else self._turn()

    def _heed(self, answer: Answer) -> None:
        if answer.outcome in self._pauses and answer.concerns_all:
            until = self._clock.now() + self._pauses[answer.outcome]
            # Of one wave's answers the longest pause counts.
            self._paused_until = max(self._paused_until or until, until)

    def _is_paused(self) -> bool:
        return self._paused_until is not None and self._clock.now() < self._paused_until

    def _put_back(self) -> None:
        if self._left:
            self._let_go(self._left)
            self._left = ()

    def _is_late(self) -> bool:
        return self.stop.is_set() or self._clock.now() - self._begun > BEGIN_WITHIN


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
