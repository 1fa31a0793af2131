"""Runs of the tests in the table: what each came to, when, and at which commit."""

import json
import os
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench.commit import commit_now
from tests.promises.table import TESTS

ROOT = TESTS.parent
FILE = ROOT / "docs" / "promises.json"
# How often is killed, cut and restarted; read by the tests of faults themselves.
RUNS = "FAULT_RUNS"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of tests: when, of which commit, by which seed, with how many kills.

    `at` is aware UTC; `runs` is 0 where the tests took their own few, as in `make test`.
    """

    at: datetime
    commit: str
    seed: int
    runs: int


@dataclass(frozen=True, slots=True)
class Result:
    """How the tests of one entry last went. `at` is an aware UTC moment in ISO form.

    `runs` is as in Run, None where it was not noted; `reasons` says why tests were skipped, and how
    many.
    """

    at: str
    commit: str
    seed: int
    passed: int
    failed: int
    skipped: int
    seconds: float
    counts: dict[str, int] = field(default_factory=dict)
    runs: int | None = None
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def is_green(self) -> bool:
        """Whether something was tried and nothing failed."""
        return self.passed > 0 and self.failed == 0


@dataclass(slots=True)
class Record:
    """All that is known of runs: by entry of the table, and of the last load."""

    results: dict[str, Result] = field(default_factory=dict)
    load: dict[str, Any] = field(default_factory=dict)

    @property
    def newest(self) -> str:
        """The moment of the newest run, empty if there was none."""
        load = str(self.load.get("at", ""))
        return max([load, *(one.at for one in self.results.values())])


class Collector:
    """A plugin of pytest that keeps what each test came to."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}
        self.seconds: Counter[str] = Counter()
        self.counts: dict[str, Counter[str]] = {}
        self.reasons: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of a phase of a test; one that failed in any phase has failed."""
        name = report.nodeid
        self.seconds[name] += report.duration  # type: ignore[assignment]
        if report.when == "call" or report.outcome != "passed":
            worse = self.outcomes.get(name) == "failed"
            self.outcomes[name] = "failed" if worse else report.outcome
        if report.outcome == "skipped":
            self.reasons[name] = _reason(report)
        if report.when == "teardown":
            numbers = {key: value for key, value in report.user_properties if type(value) is int}
            self.counts[name] = Counter(numbers)

    def result(self, entry: str, run: Run) -> Result:
        """Return what the tests of an entry came to."""
        mine = [name for name in self.outcomes if _belongs(name, entry)]
        ends = Counter(self.outcomes[name] for name in mine)
        counts: Counter[str] = sum((self.counts.get(name, Counter()) for name in mine), Counter())
        took = sum(self.seconds[name] for name in mine)
        return Result(
            run.at.isoformat(timespec="minutes"),
            run.commit,
            run.seed,
            ends["passed"],
            ends["failed"],
            ends["skipped"],
            round(took, 1),
            dict(counts),
            run.runs,
            dict(Counter(self.reasons[name] for name in mine if name in self.reasons)),
        )


@dataclass(frozen=True, slots=True)
class Ended:
    """A run: what each entry came to, and whether nothing at all failed."""

    results: dict[str, Result]
    is_green: bool


def run_tests(entries: Sequence[str], *, workers: int, now: datetime) -> Ended:
    """Run these entries of the table and return what each came to."""
    return _run(without_doubles(entries), entries, workers, now)


def run_suite(entries: Sequence[str], *, workers: int, now: datetime) -> Ended:
    """Run all tests there are, as `make test` does, and return what the entries came to."""
    return _run([""], entries, workers, now)


def _run(places: Iterable[str], entries: Sequence[str], workers: int, now: datetime) -> Ended:
    collector, seed = Collector(), random.randrange(2**31)
    arguments = [str(TESTS / place) for place in places]
    arguments += [f"--randomly-seed={seed}", f"--hypothesis-seed={seed}", "--rootdir", str(ROOT)]
    arguments += ["-rs", *finding(entries)]
    if workers > 1:
        arguments += ["-n", str(workers), "--dist", "loadgroup"]
    code = pytest.main(arguments, plugins=[collector])
    run = Run(now, commit_now(), seed, int(os.environ.get(RUNS, "0")))
    results = {entry: collector.result(entry, run) for entry in entries}
    return Ended(results, is_green=code == pytest.ExitCode.OK)


def finding(entries: Iterable[str]) -> list[str]:
    """Return what lets pytest find the entries' files whatever they are called.

    Naming such a file beside its folder would not do: the folder alone would count.
    """
    names = {entry.partition("::")[0].rpartition("/")[2] for entry in entries}
    others = sorted(name for name in names if not name.startswith("test_"))
    return ["--override-ini", f"python_files={' '.join(['test_*.py', *others])}"]


def without_doubles(entries: Iterable[str]) -> list[str]:
    """Return the entries without tests whose whole file is among them."""
    every = list(dict.fromkeys(entries))
    return [one for one in every if "::" not in one or one.partition("::")[0] not in every]


def read_record(path: Path = FILE) -> Record:
    """Return what is known of runs; nothing if there were none."""
    if not path.exists():
        return Record()
    raw = json.loads(path.read_text(encoding="utf-8"))
    results = {entry: Result(**result) for entry, result in raw["results"].items()}
    return Record(results, raw["load"])


def write_record(record: Record, path: Path = FILE) -> None:
    """Keep the record, in an order that changes little from run to run."""
    results = {entry: asdict(record.results[entry]) for entry in sorted(record.results)}
    text = json.dumps({"results": results, "load": record.load}, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def utc_now() -> datetime:
    """Return the moment of a run."""
    return datetime.now(UTC)


def _belongs(nodeid: str, entry: str) -> bool:
    path, _, test = nodeid.removeprefix("tests/").partition("::")
    wanted_path, _, wanted = entry.partition("::")
    # xdist adds the group a test ran in.
    name = test.partition("[")[0].partition("@")[0]
    return path == wanted_path and wanted in ("", name)


def _reason(report: pytest.TestReport) -> str:
    # Where it was skipped, the line, and why.
    told = report.longrepr
    return str(told[2]).removeprefix("Skipped: ") if isinstance(told, tuple | list) else ""
