"""Programs killed at random moments while children tap; FAULT_RUNS says how often."""

import os
import random
import threading
import time
from collections.abc import Sequence
from functools import partial

import pytest

from tests.faults.gate import Gate
from tests.faults.programs import Watched
from tests.faults.town import SIBLINGS, Child, Town
from tests.waiting import wait_for

RUNS = int(os.environ.get("FAULT_RUNS", "5"))
pytestmark = [
    pytest.mark.flow,
    pytest.mark.timeout(300 + 10 * RUNS),
    pytest.mark.xdist_group("faults"),
]
PROGRAMS = {"sqlite": [["serve"]], "postgresql": [["web", "--workers", "2"], ["worker"]]}


def tap_steadily(gate: Gate, children: Sequence[Child]) -> None:
    for child in children:
        gate.tap(child.card_uid)
        # Children come one after the other, all through the kills.
        time.sleep(0.08)


def test_taps_under_random_kills_are_told_once_each(town: Town) -> None:
    engine = town.house.engine.dialect.name
    watched = [Watched(partial(town.start, *arguments)) for arguments in PROGRAMS[engine]]
    gate, children = town.gate(), town.enrol(*[SIBLINGS, ("小明",)] * (2 * RUNS))

    def look_after() -> None:
        for one in watched:
            one.look_after()

    wait_for(town.web_answers, "the web server")
    tapping = threading.Thread(target=tap_steadily, args=[gate, children])
    tapping.start()
    try:
        for _ in range(RUNS):
            tapping.join(random.uniform(0.05, 1))
            random.choice(watched).program.kill()
            town.done["kills"] += 1
            look_after()
        while tapping.is_alive():
            # One that is started while another still lets go of its port dies at once.
            look_after()
            tapping.join(0.1)
        town.wait_until_settled(look_after)
    finally:
        for one in watched:
            one.program.kill()
    assert len(gate.answered) == len(children)
    town.check(gate)
