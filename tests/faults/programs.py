"""Our programs as processes: started from a warm copy, killed, stalled, started again."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path

from tests.faults.crashing import POINTS, Fuse, Where, run_program
from tests.waiting import WAIT_SECONDS, wait_for


class Program:
    """A started program, with a fuse that nobody has lit yet."""

    def __init__(
        self,
        forks: ForkServerContext,
        arguments: Sequence[str],
        environment: dict[str, str],
        shift: timedelta,
        where: Where,
        number: signal.Signals,
    ) -> None:
        self._log = where.log
        self._fuse = Fuse(forks.Value("i", 0), forks.Value("i", 0), number)
        self._process = forks.Process(
            target=run_program, args=(arguments, environment, shift, where, self._fuse)
        )
        self._process.start()

    def light(self, point: str, crossings: int) -> None:
        """Let the program be struck when it crosses the point so many times from now on."""
        self._fuse.point.value = POINTS.index(point)
        self._fuse.left.value = crossings

    def put_out(self) -> bool:
        """Put the fuse out; tell whether it was burning, so that the program was not struck."""
        left = self._fuse.left
        with left.get_lock():
            was_burning: bool = left.value > 0
            left.value = 0
        return was_burning

    @property
    def is_alive(self) -> bool:
        """Tell whether it still runs, or is stalled."""
        return self._process.is_alive()

    @property
    def struck_at(self) -> str | None:
        """Where it was struck, None while it was not."""
        lines = self._log.read_text(errors="replace").splitlines() if self._log.is_file() else []
        struck = [line.removeprefix("struck ") for line in lines if line.startswith("struck ")]
        return struck[0] if struck else None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the program and what it started."""
        pid = self._process.pid
        assert pid is not None
        with suppress(ProcessLookupError):
            os.killpg(pid, number)
        with suppress(ProcessLookupError):
            # One that has only begun has no group of its own yet.
            if self._process.is_alive():
                os.kill(pid, number)

    def stop(self) -> float:
        """Ask it to end, as a deployment does; return the seconds that it took."""
        asked_at = time.monotonic()
        self.send(signal.SIGTERM)
        self._process.join(WAIT_SECONDS)
        assert not self.is_alive, "it did not end when asked to"
        return time.monotonic() - asked_at

    def tree(self) -> list[int]:
        """The process ids of the program and of what it started."""
        pid = self._process.pid
        assert pid is not None
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def kill(self) -> None:
        """End it as a power cut would."""
        self.send(signal.SIGKILL)
        self._process.join(WAIT_SECONDS)


class Watched:
    """A program that is started again whenever it is found dead."""

    def __init__(self, start: Callable[[], Program]) -> None:
        self._start = start
        self.points: list[str] = []
        self.program = start()

    def look_after(self) -> None:
        """Start it again if it is dead, and remember where it was struck."""
        if not self.program.is_alive:
            self.program.kill()
            if self.program.struck_at:
                self.points.append(self.program.struck_at)
            self.program = self._start()

    def wait_for_end_of(self, program: Program) -> None:
        """Wait until the struck program is dead and another one runs."""
        wait_for(lambda: self.program is not program, "the program's end", self.look_after)


def warm_forks() -> ForkServerContext:
    """Return where programs are forked from: a process that has imported ours and done no more."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["tests.faults.crashing"])
    return forks
