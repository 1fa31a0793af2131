"""Programs deployed anew one after another while children tap: nothing is lost or doubled."""

import os
import threading
from functools import partial

import pytest

from bench.programs import free_pair
from tests.faults.programs import Program
from tests.faults.test_random_kills import tap_steadily
from tests.faults.town import SIBLINGS, Town
from tests.waiting import wait_for

RESTARTS = min(20, int(os.environ.get("FAULT_RUNS", "2")))
# Source: docs/operations.md; a deployment waits no longer before it kills.
MOST_SECONDS = 10
pytestmark = [
    pytest.mark.flow,
    pytest.mark.timeout(300 + 20 * RESTARTS),
    pytest.mark.xdist_group("faults"),
]


class Rank:
    """Programs of one kind, each restarted in its turn."""

    def __init__(self, town: Town, *arguments: str, ports: tuple[int, ...]) -> None:
        self._starts = [
            partial(town.start, *arguments, changed={"PORT": str(port)}) for port in ports
        ]
        self.programs: list[Program] = [start() for start in self._starts]

    def restart(self, turn: int) -> float:
        """Restart one of them; return the seconds that it took to end."""
        place = turn % len(self.programs)
        seconds = self.programs[place].stop()
        self.programs[place] = self._starts[place]()
        return seconds


def roll(town: Town, ranks: list[Rank], web_ports: tuple[int, ...]) -> list[float]:
    """Restart one program after another under taps; return the seconds each took to end."""
    gate = town.gate()
    gate.others = [f"http://127.0.0.1:{port}" for port in web_ports[1:]]
    for port in web_ports:
        wait_for(partial(town.web_answers, port), "the web server")
    children = town.enrol(*[SIBLINGS, ("小明",)] * (6 * RESTARTS))
    tapping = threading.Thread(target=tap_steadily, args=[gate, children])
    tapping.start()
    seconds = []
    try:
        for turn in range(RESTARTS):
            seconds += [rank.restart(turn) for rank in ranks]
            town.done["restarts"] += len(ranks)
            for port in web_ports:
                wait_for(partial(town.web_answers, port), "the web server")
        tapping.join()
        town.wait_until_settled()
    finally:
        for rank in ranks:
            for program in rank.programs:
                program.kill()
        tapping.join()
    assert len(gate.answered) == len(children)
    town.check(gate)
    return seconds


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_rolling_restarts_of_a_grown_town_lose_and_double_nothing(town: Town) -> None:
    ports = (town.port, free_pair())
    webs = Rank(town, "web", "--workers", "1", ports=ports)
    workers = Rank(town, "worker", ports=(0, 1))
    seconds = roll(town, [webs, workers], ports)
    assert max(seconds) <= MOST_SECONDS


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_restarts_of_one_process_lose_and_double_nothing(town: Town) -> None:
    ports = (town.port,)
    seconds = roll(town, [Rank(town, "serve", ports=ports)], ports)
    assert max(seconds) <= MOST_SECONDS
