"""What a bench measured is held against what is asked; what it did not measure is said."""

from typing import Any

import pytest

from bench.delivery import WHOLE
from bench.targets import Finding, delivery_findings, ingest_findings, no_show_findings

ROUNDS: dict[str, Any] = {"rates": {}, "slow": {}, "singles": {}, "delays": [], "growth": {}}
ROUNDS |= {"outbox": {}, "making": {"ours": [9.0]}}


def _found(findings: list[Finding], name: str) -> list[bool | None]:
    return [one.is_held for one in findings if one.name == name]


@pytest.mark.parametrize(("measured", "is_held"), [(2.0, True), (1.9, False), (None, None)])
def test_a_floor_is_held_from_its_number_on(measured: float | None, is_held: bool | None) -> None:
    assert Finding("T5", "", 2, measured).is_held is is_held


@pytest.mark.parametrize(("measured", "is_held"), [(220.0, True), (221.0, False)])
def test_a_ceiling_is_held_up_to_its_number(measured: float, is_held: bool) -> None:
    assert Finding("T7", "", 220, measured, "µs", is_ceiling=True).is_held is is_held


def test_rates_are_compared_by_their_medians() -> None:
    rates = {"kept": {"rate": [100, 100, 1]}, "postgresql_unpaced": {"rate": [1000, 999, 5000]}}
    results = {**ROUNDS, "rates": {name: {**of, "cpu_micros": [1]} for name, of in rates.items()}}
    assert _found(delivery_findings(results), "T1") == [True]


def test_a_peer_that_did_not_run_is_not_judged() -> None:
    assert _found(delivery_findings(ROUNDS), "T3") == [None]


def test_cores_are_not_enough_when_the_pace_was_not_kept() -> None:
    slow = {"side": "postgresql_unpaced", "per_second": 2000, "cores": 0.5, "reached": 900}
    slow |= {"accepted_p99": 0.09, "answered_p99": 0.03}
    findings = delivery_findings({**ROUNDS, "delays": [slow]})
    assert (_found(findings, "T8"), _found(findings, "T9")) == ([False, True], [True, False])


@pytest.mark.parametrize(("largest", "is_held"), [(1_000_000, True), (100_000, None)])
def test_growth_is_judged_from_ten_thousand_to_a_million(largest: int, is_held: bool) -> None:
    costs = {"cpu_micros": [100], "no_show_micros": [3]}
    sizes = [{"students": 10_000, **costs}, {"students": largest, **costs}]
    findings = delivery_findings({**ROUNDS, "growth": {"sqlite": sizes}})
    assert _found(findings, "T16") == [is_held, is_held]


def test_ingest_is_judged_by_twenty_taps_on_postgresql() -> None:
    rates = {"ours": [1200], "orm": [100], "bare": [1]}
    cases = [{"batch": size, "connections": 4, "taps_per_second": rates} for size in (1, 20)]
    assert _found(ingest_findings({"postgresql": {"cases": cases}}), "T12") == [True]
    assert ingest_findings({"sqlite": {"cases": cases}}) == []


@pytest.mark.parametrize(("students", "is_held"), [(300_000, True), (100, None)])
def test_no_show_is_judged_at_its_size_only(students: int, is_held: bool | None) -> None:
    result = {"students": students, "seconds": {"ours": [2.0], "orm": [24.0]}}
    findings = no_show_findings({"postgresql": result})
    assert _found(findings, "T14") == _found(findings, "T15") == [is_held, None]


def test_the_whole_run_is_what_is_asked() -> None:
    assert WHOLE.rounds >= 5
    assert WHOLE.sizes == (10_000, 100_000, 1_000_000)
    assert [load.per_second for load in WHOLE.loads] == [50, 200, 1000, 2000]
