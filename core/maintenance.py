"""The maintenance window: the minutes of the night in which the city renews its data."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Self

from core.clock import TAIPEI
from core.settings import Settings

A_DAY = 24 * 3600


class Phase(StrEnum):
    """What a moment means for whoever wants to save something."""

    NONE = "none"
    SOON = "soon"
    NOW = "now"


@dataclass(frozen=True, slots=True)
class Window:
    """From a Taipei time of day until another, every day; the same one twice is never."""

    starts: time
    ends: time
    notice_minutes: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the window the operator set."""
        starts, ends = settings.maintenance_from, settings.maintenance_until
        return cls(starts, ends, settings.maintenance_notice_minutes)

    def phase(self, now: datetime) -> Phase:
        """Return whether the window is open, or will be soon."""
        length = _seconds(self.ends, self.starts)
        if not length:
            return Phase.NONE
        clock = now.astimezone(TAIPEI).time()
        if _seconds(clock, self.starts) < length:
            return Phase.NOW
        is_soon = 0 < _seconds(self.starts, clock) <= self.notice_minutes * 60
        return Phase.SOON if is_soon else Phase.NONE

    def seconds_left(self, now: datetime) -> int:
        """Return how long an open window stays open, at least one second."""
        return _seconds(self.ends, now.astimezone(TAIPEI).time()) or 1


def _seconds(later: time, earlier: time) -> int:
    """Return how long it is from one time of day to the next time it is the other."""
    return (_of_day(later) - _of_day(earlier)) % A_DAY


def _of_day(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second
