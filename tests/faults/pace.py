"""A time of the town's own: as fast as wanted, and the same in every program at once."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.context import ForkServerContext
from typing import Any


@dataclass(frozen=True, slots=True)
class Pace:
    """Town time as a line over the steady clock, which all programs of a machine share.

    `numbers` lie in shared memory: which of two lines holds, and for each where it begins and how
    steep it is. There is no lock: whoever was stopped while holding one would stop everybody.
    """

    numbers: Any

    @property
    def speed(self) -> float:
        """How many times as fast as true time it runs."""
        return self._line()[1]

    def now(self) -> datetime:
        """Return the moment in the town, aware UTC."""
        begins, speed = self._line()
        return datetime.fromtimestamp(begins + time.monotonic() * speed, UTC)

    def go_on(self, speed: float, at: datetime) -> None:
        """Go on from that moment (aware), so many times as fast."""
        other = 1 - int(self.numbers[0])
        self.numbers[1 + 2 * other] = at.timestamp() - time.monotonic() * speed
        self.numbers[2 + 2 * other] = speed
        self.numbers[0] = other

    def _line(self) -> tuple[float, float]:
        first = 1 + 2 * int(self.numbers[0])
        return self.numbers[first], self.numbers[first + 1]


def set_pace(forks: ForkServerContext, speed: float, at: datetime) -> Pace:
    """Begin at that moment (aware), so many times as fast as true time."""
    pace = Pace(forks.RawArray("d", 5))
    pace.go_on(speed, at)
    return pace
