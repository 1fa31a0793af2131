"""A program killed at each COMMIT, push and answer in turn loses nothing and repeats nothing."""

import os
from collections.abc import Callable, Sequence

import pytest

from tests.faults.crashing import ANSWERS, COMMITS, POINTS, PUSHES
from tests.faults.gate import Gate
from tests.faults.programs import Program, Watched
from tests.faults.town import SIBLINGS, Town
from tests.waiting import wait_for

# A point crossed again and again is tried so often; with FAULT_RUNS set, until a run survives.
MOST_CROSSINGS = 10_000 if os.environ.get("FAULT_RUNS") else 5
pytestmark = [pytest.mark.flow, pytest.mark.timeout(600), pytest.mark.xdist_group("faults")]


def sweep(town: Town, gate: Gate, start: Callable[[], Program], points: Sequence[str]) -> list[str]:
    """Let the program die at its first point, its second …; return the points it died at."""
    watched = Watched(start)
    gate.look_after = watched.look_after
    wait_for(town.web_answers, "the web server")
    try:
        for point in points:
            _sweep_kind(town, gate, watched, point)
    finally:
        watched.program.kill()
    town.done["kills"] += len(watched.points)
    return watched.points


def _sweep_kind(town: Town, gate: Gate, watched: Watched, point: str) -> None:
    for crossings in range(1, MOST_CROSSINGS + 1):
        armed = watched.program
        armed.light(point, crossings)
        for child in town.enrol(SIBLINGS):
            gate.tap(child.card_uid)
        town.wait_until_settled(watched.look_after)
        survived = armed.put_out()
        if not survived:
            watched.wait_for_end_of(armed)
        town.check(gate)
        if survived:
            return


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_serve_dies_at_every_point_and_each_tap_is_told_once(town: Town) -> None:
    points = sweep(town, town.gate(), lambda: town.start("serve"), POINTS)
    assert set(points) == set(POINTS)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_worker_dies_at_every_point_and_each_tap_is_told_once(town: Town) -> None:
    web = town.start("web", "--workers", "1")
    try:
        points = sweep(town, town.gate(), lambda: town.start("worker"), COMMITS + PUSHES)
    finally:
        web.kill()
    assert set(points) == {*COMMITS, *PUSHES}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_web_dies_at_every_commit_and_answer_and_each_tap_is_told_once(town: Town) -> None:
    worker, gate = town.start("worker"), town.gate()
    try:
        web = ("web", "--workers", "1")
        points = sweep(town, gate, lambda: town.start(*web), COMMITS + ANSWERS)
    finally:
        worker.kill()
    assert set(points) == {*COMMITS, *ANSWERS}
    assert "duplicate" in gate.statuses, "a tap stored before the answer was lost came again"
