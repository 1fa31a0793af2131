"""Turns at the outbox: each school has its own, so that none stands in the way of another."""

import threading
from collections.abc import Hashable
from datetime import datetime, timedelta

# A school's hundredth notice stands behind whatever others write in the next five seconds.
TURN = timedelta(milliseconds=50)
# However much a school wrote, and should the clock be set back: so far behind it stands at most.
FARTHEST = timedelta(minutes=5)


class Turns:
    """The next turn of each queue: a school's notices of one channel and one priority.

    A turn is now, or TURN after the queue's last one where that is later. So what was written is
    forgotten by time: a school that writes fewer than 20 a second never stands behind another, and
    one that writes 100 at once, or in 100 requests, stands back for five seconds. Nothing is asked
    of the database, and no row is shared: each web process counts what came through itself, and a
    loud school has a turn more often the more of them there are. What is rolled back stays counted.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._next: dict[Hashable, datetime] = {}

    def take(self, queue: Hashable, now: datetime) -> datetime:
        """Return the queue's turn; the one after it is TURN later."""
        with self._guard:
            turn = min(max(now, self._next.get(queue, now)), now + FARTHEST)
            self._next[queue] = turn + TURN
        return turn
