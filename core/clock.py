"""The one clock. Everything that asks for the time gets it from here or as an argument."""

import threading
import time as machine
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

TAIPEI = ZoneInfo("Asia/Taipei")
# Other years are slips of the pen: at the calendar's edges nothing can be counted from a day.
YEARS = range(1912, 2200)


class Clock:
    """Tell the time, true or shifted; true is what this machine's clock says, or one it follows.

    The shift serves demonstrations and black-box checks (setting CLOCK_NOW): the clock starts at a
    chosen moment and runs on from there.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._lock = threading.Lock()
        self._shift = timedelta(0)
        self._followed: tuple[datetime, float] | None = None
        if start is not None:
            self.move_to(start)

    def now(self) -> datetime:
        """Return the current moment, aware UTC."""
        with self._lock:
            return self._true() + self._shift

    def move_to(self, moment: datetime) -> None:
        """Go to `moment` (aware) and run on from there."""
        if moment.tzinfo is None:
            raise ValueError("naive datetime")
        with self._lock:
            self._shift = moment - self._true()

    def follow(self, theirs: datetime, at: float) -> None:
        """Go by another clock from now on, which said `theirs` (aware) at `at` by `steady_time`.

        However this machine's own clock jumps then, it counts no more.
        """
        with self._lock:
            self._followed = theirs.astimezone(UTC), at

    def _true(self) -> datetime:
        if self._followed is None:
            return own_time()
        moment, at = self._followed
        return moment + timedelta(seconds=steady_time() - at)


class OwnClock:
    """This machine's own clock, watched for being set."""

    def __init__(self) -> None:
        self._ahead = _ahead_of_steady()

    def set_by(self) -> timedelta:
        """Return by how much it was set since the last look, forward or back."""
        before, self._ahead = self._ahead, _ahead_of_steady()
        return timedelta(seconds=self._ahead - before)


def _ahead_of_steady() -> float:
    return own_time().timestamp() - steady_time()


def steady_time() -> float:
    """Return seconds that run evenly whatever is set, also while the machine sleeps where it can.

    Source: clock_gettime(2), CLOCK_BOOTTIME.
    """
    if hasattr(machine, "CLOCK_BOOTTIME"):
        return machine.clock_gettime(machine.CLOCK_BOOTTIME)
    return machine.monotonic()


def own_time() -> datetime:
    """Return what this machine's own clock says, aware UTC; it may jump."""
    return datetime.now(UTC)


def school_day_of(moment: datetime) -> date:
    """Return the Taipei date of an aware moment."""
    return moment.astimezone(TAIPEI).date()


def at_taipei(day: date, clock: time) -> datetime:
    """Return the moment of a Taipei time of day on a Taipei date."""
    return datetime.combine(day, clock, TAIPEI)


def day_end(day: date) -> datetime:
    """Return the midnight that ends a Taipei date."""
    return at_taipei(day + timedelta(days=1), time())


def taipei_clock(moment: datetime) -> str:
    """Return the Taipei time of day as 07:41."""
    return f"{moment.astimezone(TAIPEI):%H:%M}"
