"""Tap after tap: nothing grows that should not, and a log that cannot be written stops nobody."""

import os
import resource
from pathlib import Path

import pytest

from tests.faults.programs import Program
from tests.faults.town import SIBLINGS, Town
from tests.waiting import wait_for

ROUNDS = int(os.environ.get("FAULT_RUNS", "2"))
FAMILIES_A_ROUND = 25
# What caches and pools may still come to hold; a leak of a kilobyte a tap is found at FAULT_RUNS.
MOST_BYTES = 24 * 2**20
pytestmark = [
    pytest.mark.flow,
    pytest.mark.timeout(300 + 30 * ROUNDS),
    pytest.mark.xdist_group("faults"),
]


def memory(program: Program) -> int:
    """Bytes that the program and what it started have in memory. Source: proc(5)."""
    pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in program.tree())
    return sum(pages) * resource.getpagesize()


def threads(program: Program) -> int:
    """How many threads they have."""
    return sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in program.tree())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_memory_and_threads_stay_flat_tap_after_tap(town: Town) -> None:
    serve, gate = town.start("serve"), town.gate()

    def tap_round() -> None:
        for child in town.enrol(*[SIBLINGS] * FAMILIES_A_ROUND):
            gate.tap(child.card_uid)
        town.wait_until_settled()

    try:
        wait_for(town.web_answers, "the web server")
        tap_round()
        before = (memory(serve), threads(serve))
        for _ in range(ROUNDS):
            tap_round()
        after = (memory(serve), threads(serve))
    finally:
        serve.kill()
    town.check(gate)
    assert after[0] - before[0] < MOST_BYTES
    # The pool of web threads fills up to its limit once.
    assert after[1] <= before[1] + 16


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_full_disk_of_the_log_stops_no_message(town: Town) -> None:
    serve, gate = town.start("serve", log=Path("/dev/full")), town.gate()
    try:
        wait_for(town.web_answers, "the web server")
        for child in town.enrol(SIBLINGS, ("小明",)):
            gate.tap(child.card_uid)
        town.wait_until_settled()
    finally:
        serve.kill()
    town.check(gate)
