"""A promise is proven by the newest run of each of its tests, and says what was left out."""

from dataclasses import replace
from typing import Any

import pytest

from tests.promises.runs import Record, Result
from tests.promises.standing import Gap, Load, Repeats, gap_of, is_repeated, standing, state_of
from tests.promises.table import Fault, Promise, Table

TRIED = Fault(1, "a kill", "nothing is lost", tests=("faults/test_token.py",))
UNTRIED = Fault(2, "a flood", "nothing is lost", skipped="one machine cannot be flooded")
OWN, KILLS = "gate/test_intake.py", "faults/test_random_kills.py"
PROMISE = Promise("P1", "Nothing is lost", "不遺失", "0 lost", (1,), (OWN,))
TABLE = Table((PROMISE,), (TRIED, UNTRIED))
GREEN = Result("2026-11-22T03:00+00:00", "abc1234567", 7, 3, 0, 0, 1.5, {"kills": 40}, 20)
SKIPPED = replace(GREEN, passed=0, skipped=3, reasons={"needs root": 3})
OLD = replace(GREEN, at="2026-11-12T03:00+00:00")
BOTH = {"faults/test_token.py": GREEN, OWN: GREEN}
LOAD = {"at": GREEN.at, "scale": "0.1 of the city (26,010 students), parts 20 times shorter"}


def test_promise_is_proven_when_all_its_tests_went_well() -> None:
    now = standing(TABLE, Record(BOTH), PROMISE)
    assert (now.why, now.passed, now.counts["kills"], now.gaps) == ("", 6, 80, {})


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (None, "1 not run"),
        (replace(GREEN, passed=0), "1 not run"),
        (SKIPPED, "1 skipped"),
        (replace(GREEN, failed=1), "1 failed"),
        (OLD, "1 too old"),
    ],
)
def test_promise_without_a_green_run_is_unproven(other: Result | None, why: str) -> None:
    results = {**BOTH, OWN: other} if other else {"faults/test_token.py": GREEN}
    assert standing(TABLE, Record(results), PROMISE).why == why


def test_nothing_was_ever_run() -> None:
    assert state_of(None, "") == "not run"
    assert standing(TABLE, Record(), PROMISE).why == "2 not run"


def test_fault_nobody_tries_is_named_with_the_promise() -> None:
    wider = replace(PROMISE, faults=(1, 2))
    now = standing(TABLE, Record(BOTH), wider)
    assert (now.why, now.gaps) == ("", {2: Gap.NOT_TRIED})


def test_fault_whose_tests_were_skipped_is_named_with_the_promise() -> None:
    record = Record({**BOTH, "faults/test_token.py": SKIPPED})
    now = standing(TABLE, record, PROMISE)
    assert (now.why, now.gaps, now.skipped) == ("", {1: Gap.SKIPPED}, 3)
    two = replace(TRIED, tests=("faults/test_token.py", OWN))
    assert gap_of(two, record) is Gap.PARTLY


def test_promise_of_which_everything_was_skipped_is_unproven() -> None:
    bare = replace(PROMISE, tests=())
    assert standing(TABLE, Record({"faults/test_token.py": SKIPPED}), bare).why == "nothing ran"


def test_skipped_parameters_are_counted_apart() -> None:
    now = standing(TABLE, Record({**BOTH, OWN: replace(GREEN, skipped=1)}), PROMISE)
    assert (now.why, now.passed, now.skipped) == ("", 6, 1)


@pytest.mark.parametrize(
    ("runs", "repeats"),
    [
        (20, Repeats.ENOUGH),
        (200, Repeats.ENOUGH),
        (19, Repeats.FEW),
        (0, Repeats.FEW),
        (None, Repeats.UNKNOWN),
    ],
)
def test_too_few_kills_are_said(runs: int | None, repeats: Repeats) -> None:
    killed = replace(PROMISE, tests=(OWN, KILLS))
    record = Record({**BOTH, KILLS: replace(GREEN, runs=runs)})
    assert standing(TABLE, record, killed).repeats is repeats


def test_tests_that_kill_nothing_need_no_number() -> None:
    assert (is_repeated(KILLS), is_repeated(OWN)) == (True, False)
    few = {entry: replace(GREEN, runs=0) for entry in BOTH}
    assert standing(TABLE, Record(few), PROMISE).repeats is Repeats.ENOUGH


@pytest.mark.parametrize(
    ("load", "why"),
    [
        ({}, "no load that went well"),
        ({**LOAD, "is_green": False}, "no load that went well"),
        ({"at": GREEN.at, "is_green": True}, "a load of unknown size or day"),
        ({**LOAD, "is_green": True, "at": OLD.at}, "load too old"),
        ({**LOAD, "is_green": True}, ""),
    ],
)
def test_promise_that_needs_a_load_takes_a_recent_one_of_known_size(
    load: dict[str, Any], why: str
) -> None:
    needy = replace(PROMISE, needs_load=True)
    assert standing(TABLE, Record(BOTH, load), needy).why == why


def test_load_is_told_with_day_scale_and_hurry() -> None:
    now = standing(TABLE, Record(BOTH, LOAD), replace(PROMISE, needs_load=True))
    assert now.load == Load("2026-11-22", LOAD["scale"])
    assert now.load.parts == ("0.1", "20")
    assert Load("2026-11-22", "half a city").parts is None
