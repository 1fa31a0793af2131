"""Each program stopped where it stands: within six minutes the outside knows, and all recovers."""

import operator
import re
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
import requests

from core.db import transaction
from core.watch.canary_commands import make_canary
from tests.conftest import MONDAY_MORNING
from tests.factories import HUA
from tests.faults.pace import set_pace
from tests.faults.programs import Program
from tests.faults.town import Town
from tests.plain_yaml import read_yaml
from tests.waiting import wait_for

pytestmark = [
    pytest.mark.flow,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("faults"),
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]
RULES = Path(__file__).resolve().parents[2] / "docs" / "deploy" / "alerts.yml"
# Of the alerts these are about our own programs; the others may be about this machine.
ALERTS = ("NobodySends", "ClockStands", "CanaryLost")
CLAUSE = re.compile(r"(gate_\S+) (==|>) (\d+)")
# Of each tick: its age against how often it is meant to come.
PACED = re.compile(r"(gate_\w+) > (\d+) \* (gate_\w+) \+ (\d+)")
# Of what never ran; here all did.
NEVER_RAN = re.compile(r"\(.+ unless .+\)")
COMPARE = {"==": operator.eq, ">": operator.gt}
SPEED = 60
LIMIT = timedelta(minutes=6)
# Three heartbeats that did not come.
SILENCE = timedelta(minutes=3)
NO_HEARTBEAT = "no heartbeat"
PROGRAMS = {"web": ["web", "--workers", "1"], "worker": ["worker"], "clock": ["clock"]}
# By what each is found.
SIGNS = {
    "web": {"GateGone", NO_HEARTBEAT},
    "worker": {"CanaryLost"},
    "clock": {"ClockStands", NO_HEARTBEAT},
}


@dataclass
class Outside:
    """Whoever watches from elsewhere: by the heartbeat, and by the alerts over the numbers."""

    town: Town
    heartbeat: Path

    def signs(self) -> set[str]:
        """What is wrong by what can be seen now."""
        numbers = self.numbers()
        found = {"GateGone"} if numbers is None else set(_alerts(numbers))
        return found | ({NO_HEARTBEAT} if self._silence() > SILENCE else set())

    def numbers(self) -> dict[str, float] | None:
        """Read the page of numbers; None where nobody answers."""
        try:
            page = requests.get(f"{self.town.origin}/metrics", timeout=0.5)
        except requests.RequestException:
            return None
        lines = (line for line in page.text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    def _silence(self) -> timedelta:
        if not self.heartbeat.is_file():
            return timedelta.max
        return timedelta(seconds=(time.time() - self.heartbeat.stat().st_mtime) * SPEED)


def _alerts(numbers: dict[str, float]) -> Iterator[str]:
    """Those whose condition holds; each is one comparison, or several of which one is enough."""
    groups: Any = read_yaml(RULES.read_text(encoding="utf-8"))["groups"]
    rules = {rule["alert"]: rule for group in groups for rule in group["rules"]}
    for rule in (rules[name] for name in ALERTS):
        if any(_holds(clause, numbers) for clause in rule["expr"].split(" or ")):
            yield rule["alert"]


def _holds(clause: str, numbers: dict[str, float]) -> bool:
    if NEVER_RAN.fullmatch(clause):
        return False
    if paced := PACED.fullmatch(clause):
        age, times, every, slack = paced.groups()
        return any(
            value > int(times) * numbers[name.replace(age, every)] + int(slack)
            for name, value in numbers.items()
            if name.startswith(age) and name.replace(age, every) in numbers
        )
    compared = CLAUSE.fullmatch(clause)
    assert compared, "a condition of another kind"
    name, how, limit = compared.groups()
    return bool(COMPARE[how](numbers.get(name, 0), int(limit)))


@pytest.fixture
def outside(town: Town, forks: ForkServerContext, tmp_path: Path) -> Outside:
    """A watched town with a canary, where a minute is a second."""
    town.pace = set_pace(forks, SPEED, MONDAY_MORNING - timedelta(hours=1))
    settings = town.house.settings.model_copy(update={"canary_line_user_id": HUA})
    with transaction(town.house.engine) as session:
        make_canary(session, replace(town.house, settings=settings), town.now())
    return Outside(town, tmp_path / "heartbeat")


@pytest.fixture
def programs(outside: Outside) -> Iterator[dict[str, Program]]:
    changed = {"CANARY_LINE_USER_ID": HUA, "HEARTBEAT_FILE": str(outside.heartbeat)}
    running = {
        name: outside.town.start(*arguments, changed=changed)
        for name, arguments in PROGRAMS.items()
    }
    yield running
    for program in running.values():
        program.kill()


def wait_for_calm(outside: Outside) -> None:
    """Wait until nothing is wrong, and the canary is between two taps.

    Right after one the six minutes are full to their last second, which is a sixtieth of one here.
    """

    def is_calm() -> bool:
        numbers = outside.numbers() or {}
        age = numbers.get("gate_canary_accepted_age_seconds", 0)
        return 60 < age < 270 and not outside.signs()

    wait_for(is_calm, "calm")


@pytest.mark.parametrize("name", PROGRAMS)
def test_stall_is_found_within_six_minutes_and_loses_nothing(
    outside: Outside, programs: dict[str, Program], name: str
) -> None:
    town, gate = outside.town, outside.town.gate()
    first, second, third = town.enrol(("小明",), ("小晴",), ("小禾",))
    wait_for_calm(outside)
    gate.tap(first.card_uid)
    programs[name].send(signal.SIGSTOP)
    stopped_at = town.now()
    wait_for(lambda: SIGNS[name] <= outside.signs(), "the signs")
    assert town.now() - stopped_at <= LIMIT
    wait_for(lambda: NO_HEARTBEAT in outside.signs(), "the heartbeat to stop")
    tap = threading.Thread(target=gate.tap, args=[second.card_uid])
    tap.start()
    programs[name].send(signal.SIGCONT)
    tap.join()
    wait_for_calm(outside)
    gate.tap(third.card_uid)
    # No more of the canary's taps.
    programs["clock"].kill()
    town.wait_until_settled()
    check(town)


def check(town: Town) -> None:
    """Each child once, and LINE was told as many things as there were to tell."""
    told = town.line.told()
    of_children = [
        sum(number for (to, _), number in told.items() if to == child.line_user_id)
        for child in town.children
    ]
    assert of_children == [1, 1, 1]
    assert town.states() == {"accepted": told.total()}
