"""An arrival morning in fast motion: all sample children but two come through their gate."""

import random
import threading
from datetime import datetime, timedelta

from sandbox.clock import Clock
from sandbox.gate import Gate
from sandbox.sample import SampleStudent

LATE_STAYERS = 2
LAST_TAP_SECONDS = 2.0


class Morning:
    """At most one replay at a time, in its own thread.

    Where the app follows our clock, the clock jumps from arrival to arrival, so that taps carry
    the times of a real morning; otherwise the taps only come in quick succession.
    """

    def __init__(self, clock: Clock, gate: Gate, *, moves_clock: bool) -> None:
        self._clock = clock
        self._gate = gate
        self._moves_clock = moves_clock
        self._running = threading.Lock()
        self._cancelled = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, speed: float, minutes: float) -> bool:
        """Begin a replay; return False while another one is running."""
        if not self._running.acquire(blocking=False):
            return False
        self._cancelled = threading.Event()
        self._gate.set_morning(is_running=True)
        plan = plan_arrivals(self._gate.sample().students, self._clock.now(), minutes)
        self._thread = threading.Thread(
            target=self._run, args=(plan, speed, self._cancelled), name="morning", daemon=True
        )
        self._thread.start()
        return True

    def cancel(self) -> None:
        """End the replay that is running, if any, and wait for the tap it is busy with."""
        self._cancelled.set()
        if self._thread:
            self._thread.join(LAST_TAP_SECONDS)

    def _run(
        self,
        plan: list[tuple[datetime, SampleStudent]],
        speed: float,
        cancelled: threading.Event,
    ) -> None:
        try:
            last = self._clock.now()
            for moment, student in plan:
                pause = max((moment - last).total_seconds(), 0) / speed
                if cancelled.wait(pause):
                    return
                last = moment
                self._arrive(moment, student)
        finally:
            self._gate.set_morning(is_running=False)
            self._running.release()

    def _arrive(self, moment: datetime, student: SampleStudent) -> None:
        if self._moves_clock and moment > self._clock.now():
            self._clock.move(moment)
        reader = self._gate.reader_for(student)
        if reader:
            self._gate.tap(reader, student.card_uid)


def plan_arrivals(
    students: tuple[SampleStudent, ...], begin: datetime, minutes: float
) -> list[tuple[datetime, SampleStudent]]:
    """Return who comes when, earliest first; the last two of the sample do not come."""
    coming = students[:-LATE_STAYERS]
    dice = random.Random(len(students))
    moments = [begin + timedelta(minutes=dice.triangular(0, minutes, minutes / 2)) for _ in coming]
    return sorted(zip(moments, coming, strict=True), key=lambda arrival: arrival[0])
