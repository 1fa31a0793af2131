"""What LINE takes of us a second: cut at each 429, won back slowly (AIMD).

The budget is what LINE promises; its real limit may be lower for a while, or shared with others.
Every 429 beyond the first few only costs both sides.
"""

import math
import time
from collections import deque
from collections.abc import Callable

# Answers of one burst, which all say the same, come within it; so long what was taken counts.
BURST_SECONDS = 1.0
LEAST_PER_SECOND = 1.0
# A second's gain: a tenth, and two pushes where a tenth is next to nothing.
GROWTH = 1.1
STEP = 2.0
# More than LINE's limit for a second is not remembered.
REMEMBERED = 2_000


class Headroom:
    """Remember what LINE took, and how much it is offered after it said "too fast"."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._taken: deque[float] = deque(maxlen=REMEMBERED)
        self._cut_at = -math.inf
        self._before = self._after = math.inf

    def within(self, per_second: float) -> float:
        """Return how many pushes a second may go where `per_second` are ours."""
        elapsed = self._steady() - self._cut_at
        if not math.isfinite(elapsed):
            return per_second
        grown: float = self._after * GROWTH ** min(elapsed, 600) + STEP * elapsed
        return min(per_second, grown)

    def note_taken(self) -> None:
        """Take in that LINE took a push."""
        self._taken.append(self._steady())

    def cut(self, per_second: float) -> None:
        """Take in a 429: go on at half the pace, or at twice what it took of the burst."""
        now = self._steady()
        if now - self._cut_at >= BURST_SECONDS:
            self._before, self._cut_at = self.within(per_second), now
        taken = sum(now - at < BURST_SECONDS for at in self._taken)
        after = min(self._before / 2, 2 * taken) if taken else self._before / 2
        self._after = max(LEAST_PER_SECOND, after)
