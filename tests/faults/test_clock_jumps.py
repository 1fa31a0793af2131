"""A machine's clock that is hours wrong, or steps back: several machines go by the database's."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import select

from core.attendance.tables import NoShowRun
from core.db import snapshot, transaction
from core.duty.tick_log import last_ticks
from core.gate.tables import Reader
from tests.faults.crashing import JUMP
from tests.faults.line import TroubledLine
from tests.faults.programs import Program
from tests.faults.town import Child, Town
from tests.waiting import wait_for

pytestmark = [
    pytest.mark.flow,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("faults"),
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]
TWO_HOURS = 7200


class WrongMachine:
    """A machine on which our programs run, and whose clock can be set wrong."""

    def __init__(self, town: Town, seconds: float = 0) -> None:
        self._town = town
        self._clock: Path = town.folder / "machine-clock"
        self.jump(seconds)

    def jump(self, seconds: float) -> None:
        """Be wrong by so many seconds from now on."""
        self._clock.write_text(str(seconds))

    def start(self, name: str) -> Program:
        """Start one of our programs there."""
        return self._town.start(name, changed={JUMP: str(self._clock)})


def open_gate(town: Town) -> None:
    """Let the reader be heard a moment ago."""
    with transaction(town.house.engine) as session:
        session.get_one(Reader, town.reader_id).last_contact_at = town.now()


def runs(town: Town) -> int:
    with snapshot(town.house.engine) as session:
        return len(session.exec(select(NoShowRun)).all())


def wait_for_ticks(town: Town, number: int) -> None:
    """Wait until some clock has looked at the cut-offs so often from now on, whatever its time."""
    seen: set[datetime | None] = set()

    def ticked() -> bool:
        with snapshot(town.house.engine) as session:
            seen.add(last_ticks(session).get("run_no_show_tick"))
        return len(seen) > number

    wait_for(ticked, "ticks")


def end_all(programs: list[Program]) -> None:
    for program in programs:
        program.kill()


def tap_each(town: Town, children: list[Child]) -> list[str]:
    """Let each child tap, wait until nothing is left to tell; return the cards that were taken."""
    gate = town.gate()
    for child in children:
        gate.tap(child.card_uid)
    town.wait_until_settled()
    town.check(gate)
    return gate.answered


@pytest.mark.parametrize("seconds", [TWO_HOURS, -TWO_HOURS, -5])
def test_machine_whose_clock_jumps_tells_each_tap_once(town: Town, seconds: int) -> None:
    children = town.enrol(("小明",), ("小晴", "小禾"), ("小安",))
    machine = WrongMachine(town)
    # The worker of a right machine and that of the wrong one share the work.
    programs = [machine.start("web"), machine.start("worker"), town.start("worker")]
    try:
        wait_for(town.web_answers, "the web server")
        machine.jump(seconds)
        taken = tap_each(town, children)
    finally:
        end_all(programs)
    assert taken == [one.card_uid for one in children]


def test_clock_two_hours_ahead_brings_no_early_cut_off(town: Town, line: TroubledLine) -> None:
    town.enrol(("小明",), ("小晴",))
    open_gate(town)
    machine = WrongMachine(town)
    programs = [machine.start("clock"), machine.start("worker")]
    try:
        wait_for_ticks(town, 1)
        machine.jump(TWO_HOURS)
        wait_for_ticks(town, 3)
    finally:
        end_all(programs)
    assert (runs(town), line.attempts) == (0, [])
