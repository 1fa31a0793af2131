"""A turn that goes to whoever has waited longest."""

import threading
from collections import deque


class Turn:
    """Like a lock, but the first to wait is the first to get it.

    A plain lock goes to whoever asks at the right moment: in a rush that is whoever just had it,
    and the others wait for seconds.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._line: deque[threading.Lock] = deque()
        self._is_taken = False

    def acquire(self, timeout: float) -> bool:
        """Wait for the turn at most `timeout` seconds; tell whether it is ours."""
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = threading.Lock()
            mine.acquire()
            self._line.append(mine)
        return mine.acquire(timeout=timeout) or not self._has_left(mine)

    def release(self) -> None:
        """Hand the turn to the first in line."""
        with self._guard:
            if self._line:
                self._line.popleft().release()
            else:
                self._is_taken = False

    def _has_left(self, mine: threading.Lock) -> bool:
        """Leave the line; False where the turn was handed over at the last moment."""
        with self._guard:
            if mine not in self._line:
                return False
            self._line.remove(mine)
            return True
