"""An arrival morning in fast motion: one school's, or the whole city's."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sandbox.clock import Clock
from sandbox.gate.gates import Gate
from sandbox.gate.morning_plan import SLOW_SECONDS, Deed, Step, plan_morning
from sandbox.gate.reader import Reader, Tap
from sandbox.gate.reader_clock import ClockFault
from sandbox.people import Json

LAST_TAP_SECONDS = 2.0
# Schools report side by side; more would only wait for the one process they all talk to.
UPLOADERS = 8


@dataclass(frozen=True, slots=True)
class Wish:
    """Which morning to replay; an empty school code is the whole city."""

    speed: float
    minutes: float
    seed: int
    school_code: str = ""
    mishaps: bool = False


class Morning:
    """At most one replay at a time, in its own thread.

    Where the app follows our clock, the clock runs at the wished speed and taps carry the times of
    the plan; otherwise the taps only come in quick succession, each at the time it is made.
    """

    def __init__(self, clock: Clock, gate: Gate, *, moves_clock: bool) -> None:
        self._clock = clock
        self._gate = gate
        self._moves_clock = moves_clock
        self._running = threading.Lock()
        self._cancelled = threading.Event()
        self._thread: threading.Thread | None = None

    def plan(self, wish: Wish) -> list[Step]:
        """Return the steps that this wish would replay."""
        return plan_morning(
            self._gate.sample(),
            seed=wish.seed,
            minutes=wish.minutes,
            school_code=wish.school_code,
            mishaps=wish.mishaps,
        )

    def start(self, wish: Wish) -> bool:
        """Begin a replay; return False while another one is running."""
        if not self._running.acquire(blocking=False):
            return False
        self._cancelled = threading.Event()
        play = _Play(wish, self.plan(wish), self._clock.now())
        self._gate.set_morning(play.picture(is_running=True))
        self._thread = threading.Thread(
            target=self._run, args=(play, self._cancelled), name="morning", daemon=True
        )
        self._thread.start()
        return True

    def cancel(self) -> None:
        """End the replay that is running, if any, and wait for the taps it is busy with."""
        self._cancelled.set()
        if self._thread:
            self._thread.join(LAST_TAP_SECONDS)

    def _run(self, play: "_Play", cancelled: threading.Event) -> None:
        try:
            with ThreadPoolExecutor(UPLOADERS) as pool:
                while (pause := play.pause()) is not None and not cancelled.wait(pause):
                    self._play(play, play.take_due(), pool)
                    self._gate.set_morning(play.picture(is_running=True))
            self._mend(play)
        finally:
            self._gate.set_morning(play.picture(is_running=False))
            self._running.release()

    def _play(self, play: "_Play", due: Sequence[Step], pool: ThreadPoolExecutor) -> None:
        if self._moves_clock:
            self._clock.move(max(due[-1].at(play.begin), self._clock.now()))
        by_reader: dict[str, list[Step]] = {}
        for step in due:
            by_reader.setdefault(step.reader_id, []).append(step)
        begin = play.begin if self._moves_clock else None
        list(pool.map(lambda steps: self._at_reader(steps, begin), by_reader.values()))

    def _at_reader(self, steps: Sequence[Step], begin: datetime | None) -> None:
        reader = self._gate.find_reader(steps[0].reader_id)
        if reader is None:
            return
        taps: list[Tap] = []
        for step in steps:
            if step.deed is Deed.TAP:
                taps.append(reader.tap(step.card_uid, step.at(begin) if begin else None))
                continue
            self._gate.report_taps(reader, taps)
            taps = []
            self._bend(reader, step.deed)
        self._gate.report_taps(reader, taps)

    def _bend(self, reader: Reader, deed: Deed) -> None:
        if deed is Deed.CLOCK_SLOW:
            reader.set_clock(ClockFault.OFFSET, SLOW_SECONDS)
            self._gate.report(reader)
        else:
            self._gate.set_online(reader, is_online=deed is Deed.LINE_BACK)

    def _mend(self, play: "_Play") -> None:
        """End the mishaps with the morning that brought them."""
        for reader_id in play.bent():
            reader = self._gate.find_reader(reader_id)
            if reader:
                reader.set_clock(ClockFault.RIGHT)
                self._gate.set_online(reader, is_online=True)


class _Play:
    """How far one replay has come."""

    def __init__(self, wish: Wish, plan: list[Step], begin: datetime) -> None:
        self.begin = begin
        self._wish = wish
        self._plan = plan
        self._done = 0
        self._started = time.monotonic()

    def pause(self) -> float | None:
        """Return the seconds to wait for the next step; None when there is no more."""
        if self._done == len(self._plan):
            return None
        return max(self._plan[self._done].after.total_seconds() / self._wish.speed - self._ran(), 0)

    def take_due(self) -> list[Step]:
        """Return what is due by now, at least the next step; who lags behind takes more at once."""
        elapsed = timedelta(seconds=self._ran() * self._wish.speed)
        first = self._done
        self._done += 1
        while self._done < len(self._plan) and self._plan[self._done].after <= elapsed:
            self._done += 1
        return self._plan[first : self._done]

    def bent(self) -> set[str]:
        """Return the readers whose line or clock has suffered so far."""
        return {step.reader_id for step in self._plan[: self._done] if step.deed is not Deed.TAP}

    def picture(self, *, is_running: bool) -> Json:
        """Return the replay as the gate panel draws it."""
        last = self._plan[self._done - 1].at(self.begin) if self._done else self.begin
        return {
            **asdict(self._wish),
            "running": is_running,
            "done": _count_taps(self._plan[: self._done]),
            "total": _count_taps(self._plan),
            "at": last.isoformat(timespec="seconds"),
        }

    def _ran(self) -> float:
        return time.monotonic() - self._started


def _count_taps(steps: Sequence[Step]) -> int:
    return sum(step.deed is Deed.TAP for step in steps)
