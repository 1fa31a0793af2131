"""Four clocks at once, a clock that sleeps over the cut-off, one that comes back late."""

import signal
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from core.attendance.tables import NoShowRun, RunState
from core.calendar.policy import NewRule, add_rule
from core.db import snapshot, transaction
from core.duty.tick_log import last_ticks
from core.gate.tables import Reader
from tests.factories import make_staff
from tests.faults.line import TroubledLine
from tests.faults.programs import Program
from tests.faults.town import Child, Town
from tests.waiting import wait_for

pytestmark = [pytest.mark.flow, pytest.mark.timeout(400), pytest.mark.xdist_group("faults")]
CUTOFF = datetime.fromisoformat("2026-11-23T08:30:00+08:00")
OFFICER = "U" + "c" * 32
# A tick of the cut-off comes every second here.
A_FEW_TICKS = timedelta(seconds=3)


def begin_at(town: Town, moment: datetime) -> list[Child]:
    """Begin there: nobody tapped, the gate is alive, there is no grace, an officer is enrolled."""
    town.shift = moment - datetime.now(UTC)
    absent = town.enrol(("小明",), ("小晴",), ("小禾",))
    with transaction(town.house.engine) as session:
        make_staff(session, town.house, OFFICER)
        add_rule(session, "353607", NewRule(grace_minutes=0), by="operator", now=moment)
        reader = session.get_one(Reader, town.reader_id)
        reader.last_contact_at = moment + timedelta(seconds=30)
    return absent


def run_states(town: Town) -> list[str]:
    """The state of each run there is."""
    with snapshot(town.house.engine) as session:
        return [run.state for run in session.exec(select(NoShowRun))]


def wait_for_ticks_after(town: Town, moment: datetime) -> None:
    """Wait until some clock has looked at the cut-offs after this moment."""

    def ticked() -> bool:
        with snapshot(town.house.engine) as session:
            return last_ticks(session).get("run_no_show_tick", CUTOFF) > moment

    wait_for(ticked, "ticks")


def told_people(line: TroubledLine) -> dict[str, int]:
    """How many messages each person was told."""
    told: dict[str, int] = {}
    for (person, _), number in line.told().items():
        told[person] = told.get(person, 0) + number
    return told


def once_each(children: list[Child]) -> dict[str, int]:
    """One message for each of their guardians."""
    return dict.fromkeys((one.line_user_id for one in children), 1)


def test_four_clocks_run_the_cut_off_once(town: Town, line: TroubledLine) -> None:
    absent = begin_at(town, CUTOFF)
    programs = [town.start(name) for name in ("worker", *["clock"] * 4)]
    try:
        wait_for(lambda: len(told_people(line)) == len(absent), "the no-shows")
        wait_for_ticks_after(town, town.now() + A_FEW_TICKS)
    finally:
        end_all(programs)
    assert run_states(town) == [RunState.TOLD]
    assert told_people(line) == once_each(absent)


def test_clock_that_slept_over_the_cut_off_catches_up(town: Town, line: TroubledLine) -> None:
    absent = begin_at(town, CUTOFF - timedelta(seconds=2))
    clock, worker = town.start("clock"), town.start("worker")
    try:
        clock.send(signal.SIGSTOP)
        wait_for(lambda: town.now() > CUTOFF + A_FEW_TICKS, "the cut-off")
        assert (run_states(town), line.attempts) == ([], [])
        clock.send(signal.SIGCONT)
        wait_for(lambda: len(told_people(line)) == len(absent), "the no-shows")
    finally:
        end_all([clock, worker])
    assert told_people(line) == once_each(absent)


def test_clock_that_is_back_after_a_quarter_hour_catches_up(town: Town, line: TroubledLine) -> None:
    absent = begin_at(town, CUTOFF + timedelta(minutes=15))
    programs = [town.start("clock"), town.start("worker")]
    try:
        wait_for(lambda: len(told_people(line)) == len(absent), "the no-shows")
    finally:
        end_all(programs)
    assert run_states(town) == [RunState.TOLD]
    assert told_people(line) == once_each(absent)


def test_clock_that_comes_back_hours_later_tells_staff_instead(
    town: Town, line: TroubledLine
) -> None:
    begin_at(town, CUTOFF + timedelta(hours=2, minutes=30))
    programs = [town.start("clock"), town.start("clock"), town.start("worker")]
    try:
        wait_for(lambda: told_people(line), "the word to staff")
        wait_for_ticks_after(town, town.now() + A_FEW_TICKS)
    finally:
        end_all(programs)
    assert run_states(town) == [RunState.SKIPPED_LATE]
    assert told_people(line) == {OFFICER: 1}


def end_all(programs: list[Program]) -> None:
    """Kill them all."""
    for program in programs:
        program.kill()
