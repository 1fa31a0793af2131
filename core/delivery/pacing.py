"""The budget of pushes: a token bucket over a steady clock."""

import time
from collections.abc import Callable


class Pacer:
    """Allow `per_second` pushes, a tenth of a second's worth at once."""

    def __init__(self, per_second: float, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._filled_at = steady()
        self._per_second = per_second
        self._tokens = self._capacity

    @property
    def _capacity(self) -> float:
        return max(1.0, self._per_second / 10) if self._per_second else 0.0

    def set_rate(self, per_second: float) -> None:
        """Go on at another rate; 0 stops. After a stop the bucket is full, as at the start."""
        self._fill()
        was_stopped = not self._per_second
        self._per_second = per_second
        self._tokens = self._capacity if was_stopped else min(self._tokens, self._capacity)

    def take(self, wanted: int) -> int:
        """Return how many of the wanted pushes may go now."""
        self._fill()
        granted = min(wanted, int(self._tokens))
        self._tokens -= granted
        return granted

    def seconds_until_next(self) -> float:
        """Return how long until a push may go; 0 when one may go now."""
        if not self._per_second:
            return 1.0
        missing = 1 - self._tokens - (self._steady() - self._filled_at) * self._per_second
        return max(0.0, missing / self._per_second)

    def give_back(self, unused: int) -> None:
        """Return what was taken and not needed."""
        self._tokens = min(self._capacity, self._tokens + unused)

    def _fill(self) -> None:
        now = self._steady()
        filled = self._tokens + (now - self._filled_at) * self._per_second
        self._tokens, self._filled_at = min(self._capacity, filled), now
