"""Day after day by a fast clock: each is told once, and nothing grows that should not."""

import os
import resource
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.calendar.policy import NewRule, add_rule
from core.clock import at_taipei
from core.db import metadata, snapshot, transaction
from tests.conftest import MONDAY_MORNING
from tests.faults.pace import set_pace
from tests.faults.programs import Program
from tests.faults.school_days import BY_DAY, WINDOW_ENDS, SchoolDays, news_of
from tests.faults.town import SIBLINGS, Town
from tests.waiting import wait_for

DAYS = max(2, int(os.environ.get("FAULT_RUNS", "2")))
PROGRAMS = {
    "sqlite": [["serve"]],
    "postgresql": [["web", "--workers", "1"], ["worker"], ["clock"]],
}
FAMILIES = [SIBLINGS, ("小明",)] * 6
ABSENT = 3
SETTINGS = {
    "RETENTION_TAPS_DAYS": "1",
    "RETENTION_ATTENDANCE_DAYS": "1",
    "RETENTION_EVENTS_DAYS": "7",
    "RETENTION_NOTICES_DAYS": "7",
    "MAINTENANCE_UNTIL": f"{WINDOW_ENDS:%H:%M}",
}
# As short as the settings allow: so many days.
KEPT = {"tap": 1, "attendance_day": 1, "tap_number": 7, "notice": 7}
# What caches and pools may still come to hold. On SQLite each connection keeps what it read of the
# file in memory, and of counts and runs the file holds more each day.
MOST_BYTES = {"sqlite": 48 * 2**20, "postgresql": 24 * 2**20}
# Pools of threads and connections fill up to their limits once.
MOST_MORE = 16
pytestmark = [
    pytest.mark.flow,
    pytest.mark.timeout(300 + 60 * DAYS),
    pytest.mark.xdist_group("faults"),
]


@dataclass(frozen=True, slots=True)
class Size:
    """What programs and all they started hold: bytes in memory, threads, open files."""

    memory: int
    threads: int
    files: int


def size_of(programs: Sequence[Program]) -> Size:
    """Measure them. Source: proc(5)."""
    places = [Path(f"/proc/{pid}") for one in programs for pid in one.tree()]
    pages = sum(int((one / "statm").read_text().split()[1]) for one in places)
    threads, files = (
        sum(len(list((one / what).iterdir())) for one in places) for what in ("task", "fd")
    )
    return Size(pages * resource.getpagesize(), threads, files)


def rows(town: Town) -> Counter[str]:
    """How many rows there are of what goes after some days."""
    with snapshot(town.house.engine) as session:
        return Counter(
            {
                name: session.scalar(select(func.count()).select_from(metadata().tables[name])) or 0
                for name in KEPT
            }
        )


@pytest.fixture
def school(town: Town, forks: ForkServerContext) -> SchoolDays:
    """A school with a minute of grace, in a time that runs fast."""
    town.pace = set_pace(forks, BY_DAY, MONDAY_MORNING)
    rule = NewRule(grace_minutes=1)
    with transaction(town.house.engine) as session:
        add_rule(session, "353607", rule, by="operator", now=MONDAY_MORNING)
    town.enrol(*FAMILIES)
    return SchoolDays(town, town.pace, town.gate())


def live(school: SchoolDays, day: date, missing: int) -> None:
    """Live through a day on which children are missing from that place in the list on."""
    children = [*school.town.children[missing:], *school.town.children[:missing]]
    absent, present = children[:ABSENT], children[ABSENT:]
    before = school.told()
    school.begin(day)
    school.pass_gate(present, at_taipei(day, time(7, 20)))
    school.cut_off(day, len(absent))
    school.pass_gate(present, at_taipei(day, time(16)))
    school.sleep_into(day + timedelta(days=1))
    expected = news_of(absent, "尚無刷卡紀錄") + news_of(present, "到校") + news_of(present, "離校")
    assert school.told() - before == expected


def test_days_of_taps_are_told_and_leave_nothing_behind(school: SchoolDays) -> None:
    town, first = school.town, MONDAY_MORNING.date()
    engine = town.house.engine.dialect.name
    programs = [town.start(*arguments, changed=SETTINGS) for arguments in PROGRAMS[engine]]
    sizes, kept = [], []
    try:
        wait_for(town.web_answers, "the web server")
        for number in range(DAYS):
            live(school, first + timedelta(days=number), number * ABSENT % len(town.children))
            sizes.append(size_of(programs))
            kept.append(rows(town))
    finally:
        for program in programs:
            program.kill()
    assert set(town.states()) == {"accepted"}
    assert {len(bodies) for bodies in town.line.bodies.values()} == {1}, "one key, one body"
    assert_flat(sizes[0], sizes[-1], MOST_BYTES[engine])
    assert_removed(kept)


def assert_flat(before: Size, after: Size, most_bytes: int) -> None:
    assert after.memory - before.memory < most_bytes
    assert after.threads - before.threads <= MOST_MORE
    assert after.files - before.files <= MOST_MORE


def assert_removed(kept: Sequence[Counter[str]]) -> None:
    """Once the first day's rows are over age, a night leaves no more than the first such night."""
    for name, days in KEPT.items():
        nights = [night[name] for night in kept[days - 1 :]]
        assert all(left <= nights[0] for left in nights), name


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
    assert len(gate.answered) == 3
    town.check(gate)
