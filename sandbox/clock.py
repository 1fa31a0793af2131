"""The sandbox's own clock: real time, or a chosen moment from which it runs on."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

TAIPEI = ZoneInfo("Asia/Taipei")


def parse_instant(text: str) -> datetime:
    """Return the aware Taipei time; raise ValueError when the text is naive or not ISO 8601."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without a zone: {text!r}")
    return moment.astimezone(TAIPEI)


class Clock:
    """Tells the time of the simulated world."""

    def __init__(self, start: datetime | None) -> None:
        self._start = start
        self._ahead = timedelta()
        self._listeners: list[Callable[[datetime], None]] = []
        self.reset()

    def now(self) -> datetime:
        """Return the current moment, aware, in Taipei."""
        return datetime.now(TAIPEI) + self._ahead

    def move(self, to: datetime) -> None:
        """Set the clock; it runs on from there at normal speed."""
        self._ahead = to - datetime.now(TAIPEI)
        for listener in self._listeners:
            listener(to)

    def reset(self) -> None:
        """Go back to the moment given at the start, or to real time."""
        self._ahead = self._start - datetime.now(TAIPEI) if self._start else timedelta()

    def dump(self) -> float:
        """Return how far the clock is ahead of real time, in seconds, for the state file."""
        return self._ahead.total_seconds()

    def load(self, seconds: float) -> None:
        """Take over what dump returned."""
        self._ahead = timedelta(seconds=seconds)

    def on_move(self, listener: Callable[[datetime], None]) -> None:
        """Call the listener with the new time whenever the clock is set."""
        self._listeners.append(listener)

    def iso(self) -> str:
        """Return now as ISO 8601 with seconds."""
        return self.now().isoformat(timespec="seconds")

    def millis(self) -> int:
        """Return now as LINE's timestamps are written: milliseconds since 1970."""
        return int(self.now().timestamp() * 1000)
