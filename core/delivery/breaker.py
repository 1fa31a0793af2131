"""The breaker: a LINE that answers nobody is asked by one, not by all."""

import time
from collections.abc import Callable

# So many failures in a row are no accident.
FAILURES = 10
REST_SECONDS = (1, 2, 4, 8, 15, 30)


class Breaker:
    """Count failures in a row. Open, it lets one push through after each rest, longer each time."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._failures = 0
        self._rests = 0
        self._open_until = 0.0

    @property
    def is_open(self) -> bool:
        """Tell whether LINE is being left in peace or only tried."""
        return self._failures >= FAILURES

    def allowed(self, most: int, under_way: int = 0) -> int:
        """Return how many pushes may go now beside those that are under way, `most` in all."""
        if not self.is_open:
            return most - under_way
        # The one that tries may be under way for longer than a rest.
        may_try = not under_way and self._steady() >= self._open_until
        return min(most, 1) if may_try else 0

    def note(self, *, worked: bool) -> None:
        """Take in how a push ended."""
        if worked:
            self._failures = self._rests = 0
            return
        self._failures += 1
        if self.is_open and self._steady() >= self._open_until:
            rest = REST_SECONDS[min(self._rests, len(REST_SECONDS) - 1)]
            self._open_until = self._steady() + rest
            self._rests += 1
