"""What a reader takes for the time: right, a fixed amount off, jumping about, or stuck in 1970."""

import random
from datetime import datetime, timedelta
from enum import StrEnum

from sandbox.clock import TAIPEI

EPOCH = datetime(1970, 1, 1, tzinfo=TAIPEI)
# Seconds; small ones the service may correct, large ones it may not believe.
JUMPS = (-7200, -600, -90, -20, 0, 0, 20, 45, 400, 5400)


class ClockFault(StrEnum):
    """How a reader's clock is wrong."""

    RIGHT = "right"
    OFFSET = "offset"
    JUMPS = "jumps"
    EPOCH = "epoch"


class ReaderClock:
    """Reads the true time as the device would; the jumps of one seed are always the same."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self.set(ClockFault.RIGHT)

    def set(self, fault: ClockFault, *, seconds: int = 0, since: datetime | None = None) -> None:
        """Take on a fault; `since` is when a clock that lost its battery began again."""
        self.fault = fault
        self.seconds = seconds if fault is ClockFault.OFFSET else 0
        self._since = since
        self._dice = random.Random(self._seed)

    def read(self, true_time: datetime) -> datetime:
        """Return what the device shows at this moment."""
        match self.fault:
            case ClockFault.JUMPS:
                return true_time + timedelta(seconds=self._dice.choice(JUMPS))
            case ClockFault.EPOCH:
                return EPOCH + (true_time - (self._since or true_time))
            case _:
                return true_time + timedelta(seconds=self.seconds)
