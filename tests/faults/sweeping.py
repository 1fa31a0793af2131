"""A program killed at its first crossing of a point, at its second …, until a run survives."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.faults.gate import Gate
from tests.faults.programs import Program, Watched
from tests.faults.town import SIBLINGS, Child, Town
from tests.waiting import wait_for

# A point crossed again and again is tried so often; with FAULT_RUNS set, until a run survives.
MOST_CROSSINGS = 10_000 if os.environ.get("FAULT_RUNS") else 5


def _nothing(_children: Sequence[Child]) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Errand:
    """What a program has to do in each run beside telling of these children's taps.

    Given before the taps, then done, then looked at.
    """

    give: Callable[[Sequence[Child]], None] = _nothing
    is_done: Callable[[], bool] = lambda: True
    check: Callable[[], None] = lambda: None


NO_ERRAND = Errand()


def sweep(
    town: Town,
    gate: Gate,
    start: Callable[[], Program],
    points: Sequence[str],
    *,
    errand: Errand = NO_ERRAND,
) -> list[str]:
    """Let the program die at its first point, its second …; return the points it died at."""
    watched = Watched(start)
    gate.look_after = watched.look_after
    wait_for(town.web_answers, "the web server")
    try:
        for point in points:
            _sweep_kind(town, gate, watched, point, errand=errand)
    finally:
        watched.program.kill()
    town.done["kills"] += len(watched.points)
    return watched.points


def _sweep_kind(town: Town, gate: Gate, watched: Watched, point: str, *, errand: Errand) -> None:
    for crossings in range(1, MOST_CROSSINGS + 1):
        children = town.enrol(SIBLINGS)
        armed = watched.program
        armed.light(point, crossings)
        errand.give(children)
        for child in children:
            gate.tap(child.card_uid)
        town.wait_until_settled(watched.look_after)
        wait_for(errand.is_done, "the errand", watched.look_after)
        survived = armed.put_out()
        if not survived:
            watched.wait_for_end_of(armed)
        town.check(gate)
        errand.check()
        if survived:
            return
