"""How a promise stands by the newest run of each of its tests, and what is to be said beside it."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from tests.promises.runs import RUNS, Record, Result, without_doubles
from tests.promises.table import TESTS, Fault, Promise, Table

GOOD_FOR = timedelta(days=7)
USUAL_RUNS = 20
SCALE = re.compile(r"([\d.e-]+) of the city.*?, parts ([\d.]+) times shorter")


class Gap(StrEnum):
    """What is missing of a fault although nothing failed."""

    NOT_TRIED = "not tried"
    SKIPPED = "skipped"
    PARTLY = "skipped in part"


class Repeats(StrEnum):
    """Whether what is killed and restarted again and again was often enough."""

    ENOUGH = ""
    FEW = f"fewer than {USUAL_RUNS} runs"
    UNKNOWN = "runs unknown"


@dataclass(frozen=True, slots=True)
class Load:
    """The last load a promise stands on: its day, what of the city it was, what was not held."""

    day: str
    scale: str
    not_held: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, str] | None:
        """Return the share of the city and how many times shorter the parts were."""
        found = SCALE.search(self.scale)
        return (found[1], found[2]) if found else None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a promise stands. `why` it is unproven, empty where it is proven.

    `gaps` has the faults that were not or not wholly tried, by number.
    """

    why: str
    gaps: dict[int, Gap]
    repeats: Repeats
    load: Load | None
    last: str
    commit: str
    passed: int
    skipped: int
    counts: Counter[str]


def standing(table: Table, record: Record, promise: Promise) -> Standing:
    """Judge a promise by the newest run of each of its tests."""
    entries = table.tests_of(promise)
    results = [record.results[entry] for entry in entries if entry in record.results]
    oldest = min(results, key=lambda one: one.at, default=None)
    # A test that is named beside its whole file counts once.
    once = [record.results[one] for one in without_doubles(entries) if one in record.results]
    return Standing(
        _why_unproven(table, record, promise),
        _gaps(table, record, promise),
        _repeats(entries, record),
        _load_of(record) if promise.needs_load else None,
        oldest.at if oldest else "",
        oldest.commit if oldest else "",
        sum(one.passed for one in once),
        sum(one.skipped for one in once),
        sum((Counter(one.counts) for one in once), Counter()),
    )


def state_of(result: Result | None, newest: str) -> str:
    """Return green, failed, skipped, not run or too old."""
    if result is None or not (result.passed or result.failed or result.skipped):
        return "not run"
    if result.failed:
        return "failed"
    if not result.passed:
        return "skipped"
    return "too old" if _is_old(result.at, newest) else "green"


def gap_of(fault: Fault, record: Record) -> Gap | None:
    """Return what is missing of a fault although nothing failed, None if nothing is."""
    if fault.skipped:
        return Gap.NOT_TRIED
    states = [state_of(record.results.get(one), record.newest) for one in fault.tests]
    if "skipped" not in states:
        return None
    return Gap.SKIPPED if set(states) == {"skipped"} else Gap.PARTLY


@cache
def is_repeated(entry: str) -> bool:
    """Tell whether the entry's file takes from outside how often it kills, cuts or restarts."""
    return RUNS in (TESTS / entry.partition("::")[0]).read_text(encoding="utf-8")


def _why_unproven(table: Table, record: Record, promise: Promise) -> str:
    states: Counter[str] = Counter()
    for entry in table.tests_of(promise):
        state = state_of(record.results.get(entry), record.newest)
        # What a machine could not try of a fault is said by the fault's number.
        if state != "skipped" or entry in promise.tests:
            states[state] += 1
    bad = [f"{number} {state}" for state, number in sorted(states.items()) if state != "green"]
    if promise.needs_load:
        bad += _wrong_with_load(record)
    return ", ".join(bad if states else ["nothing ran"])


def _wrong_with_load(record: Record) -> list[str]:
    load = record.load
    if not load.get("is_green"):
        return ["no load that went well"]
    if not (load.get("scale") and load.get("at")):
        return ["a load of unknown size or day"]
    return ["load too old"] if _is_old(load["at"], record.newest) else []


def _gaps(table: Table, record: Record, promise: Promise) -> dict[int, Gap]:
    gaps = {fault.number: gap_of(fault, record) for fault in table.faults_of(promise)}
    return {number: gap for number, gap in gaps.items() if gap}


def _repeats(entries: list[str], record: Record) -> Repeats:
    repeated = [one for one in entries if one in record.results and is_repeated(one)]
    runs = [record.results[one].runs for one in repeated if record.results[one].passed]
    known = [number for number in runs if number is not None]
    if any(number < USUAL_RUNS for number in known):
        return Repeats.FEW
    return Repeats.ENOUGH if len(known) == len(runs) else Repeats.UNKNOWN


def _load_of(record: Record) -> Load | None:
    load: Mapping[str, Any] = record.load
    if not load.get("at"):
        return None
    return Load(load["at"][:10], load.get("scale", ""), tuple(load.get("not_held", ())))


def _is_old(at: str, newest: str) -> bool:
    return datetime.fromisoformat(newest) - datetime.fromisoformat(at) > GOOD_FOR
