"""The budget of pushes: a token bucket over a steady clock."""

import time
from collections.abc import Callable


class Pacer:
    """Allow `per_second` pushes, a tenth of a second's worth at once."""

    def __init__(self, per_second: int, steady: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._capacity = max(1.0, per_second / 10)
        self._tokens = self._capacity
        self._steady = steady
        self._filled_at = steady()

    def take(self, wanted: int) -> int:
        """Return how many of the wanted pushes may go now."""
        now = self._steady()
        filled = self._tokens + (now - self._filled_at) * self._per_second
        self._tokens, self._filled_at = min(self._capacity, filled), now
        granted = min(wanted, int(self._tokens))
        self._tokens -= granted
        return granted

    def seconds_until_next(self) -> float:
        """Return how long until a push may go; 0 when one may go now."""
        missing = 1 - self._tokens - (self._steady() - self._filled_at) * self._per_second
        return max(0.0, missing / self._per_second)

    def give_back(self, unused: int) -> None:
        """Return what was taken and not needed."""
        self._tokens = min(self._capacity, self._tokens + unused)
