"""A run keeps what its tests came to, by entry of the table."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.promises.__main__ import last_load
from tests.promises.runs import (
    ROOT,
    Collector,
    Record,
    Result,
    Run,
    finding,
    read_record,
    without_doubles,
    write_record,
)

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
RUN = Run(NOW, "abc", 7, 20)


def report(name: str, when: str, outcome: str, **counts: int) -> pytest.TestReport:
    """A phase of a test."""
    return pytest.TestReport(
        nodeid=f"tests/{name}",
        location=("", None, ""),
        keywords={},
        outcome=outcome,  # type: ignore[arg-type]
        longrepr=None,
        when=when,  # type: ignore[arg-type]
        user_properties=list(counts.items()),
        duration=0.5,
    )


def ran(*tests: tuple[str, str]) -> Collector:
    """A run in which these tests came to that."""
    collector = Collector()
    for name, outcome in tests:
        collector.pytest_runtest_logreport(report(name, "setup", "passed"))
        collector.pytest_runtest_logreport(report(name, "call", outcome))
        collector.pytest_runtest_logreport(report(name, "teardown", "passed", taps=10))
    return collector


def test_entry_of_a_file_counts_all_its_tests() -> None:
    run = ran(("a/test_b.py::test_c[sqlite]", "passed"), ("a/test_b.py::test_d", "failed"))
    result = run.result("a/test_b.py", RUN)
    assert (result.passed, result.failed, result.skipped) == (1, 1, 0)
    assert (result.counts, result.seconds) == ({"taps": 20}, 3.0)
    assert not result.is_green


def test_entry_of_a_test_counts_its_parameters_alone() -> None:
    run = ran(
        ("a/test_b.py::test_c[x@y]", "passed"),
        ("a/test_b.py::test_c[sqlite]@faults", "passed"),
        ("a/test_b.py::test_cd", "failed"),
    )
    result = run.result("a/test_b.py::test_c", RUN)
    assert (result.passed, result.failed) == (2, 0)
    assert result.is_green


def test_test_that_fails_while_it_is_put_away_has_failed() -> None:
    collector = ran(("a/test_b.py::test_c", "passed"))
    collector.pytest_runtest_logreport(report("a/test_b.py::test_c", "teardown", "failed"))
    assert collector.result("a/test_b.py", RUN).failed == 1


def test_skipped_proves_nothing_and_says_why() -> None:
    collector = Collector()
    skipped = report("a/test_b.py::test_c", "setup", "skipped")
    skipped.longrepr = ("tests/a/test_b.py", 3, "Skipped: needs root")
    collector.pytest_runtest_logreport(skipped)
    result = collector.result("a/test_b.py", RUN)
    assert (result.skipped, result.is_green) == (1, False)
    assert result.reasons == {"needs root": 1}


def test_result_says_how_often_was_killed_and_by_which_seed() -> None:
    result = ran(("a/test_b.py::test_c", "passed")).result("a/test_b.py", RUN)
    assert (result.at, result.commit, result.seed, result.runs) == (
        "2026-11-22T03:00+00:00",
        "abc",
        7,
        20,
    )


def test_tests_under_another_name_are_found_in_their_folder() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/rehearsal"]
        + finding(["rehearsal/machines.py", "a/test_b.py"]),
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "machines.py" in found.stdout
    assert finding(["a/test_b.py"]) == ["--override-ini", "python_files=test_*.py"]


def test_record_from_before_runs_were_noted_is_read(tmp_path: Path) -> None:
    old = {"at": NOW.isoformat(), "commit": "abc", "seed": 7, "passed": 3, "failed": 0}
    results = {"a.py": {**old, "skipped": 1, "seconds": 1.5, "counts": {}}}
    path = tmp_path / "promises.json"
    path.write_text(json.dumps({"results": results, "load": {}}))
    assert read_record(path).results["a.py"].runs is None


def test_test_of_a_file_that_runs_whole_runs_once() -> None:
    entries = ["a.py::test_x", "a.py", "b.py::test_y", "a.py"]
    assert without_doubles(entries) == ["a.py", "b.py::test_y"]


def test_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "promises.json"
    assert read_record(path) == Record()
    result = Result(NOW.isoformat(), "abc", 7, 3, 0, 1, 1.5, {"taps": 20}, 20, {"needs root": 1})
    record = Record({"a.py": result}, {"at": "2026-11-23T03:00+00:00"})
    write_record(record, path)
    assert read_record(path) == record
    assert record.newest == "2026-11-23T03:00+00:00"


def test_checkout_without_a_load_has_none_to_show(tmp_path: Path) -> None:
    assert last_load(tmp_path / "load.json") == {}
