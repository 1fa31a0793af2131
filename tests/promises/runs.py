"""Runs of the tests in the table: what each came to, when, and at which commit."""

import json
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


@dataclass(frozen=True, slots=True)
class Result:
    """How the tests of one entry last went. `at` is an aware UTC moment in ISO form."""

    at: str
    commit: str
    seed: int
    passed: int
    failed: int
    skipped: int
    seconds: float
    counts: dict[str, int] = field(default_factory=dict)

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
        loads = [self.load["at"]] if self.load else []
        return max([*(one.at for one in self.results.values()), *loads], default="")


class Collector:
    """A plugin of pytest that keeps what each test came to."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}
        self.seconds: Counter[str] = Counter()
        self.counts: dict[str, Counter[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of a phase of a test; one that failed in any phase has failed."""
        name = report.nodeid
        self.seconds[name] += report.duration  # type: ignore[assignment]
        if report.when == "call" or report.outcome != "passed":
            worse = self.outcomes.get(name) == "failed"
            self.outcomes[name] = "failed" if worse else report.outcome
        if report.when == "teardown":
            numbers = {key: value for key, value in report.user_properties if type(value) is int}
            self.counts[name] = Counter(numbers)

    def result(self, entry: str, at: datetime, commit: str, seed: int) -> Result:
        """Return what the tests of an entry came to."""
        mine = [name for name in self.outcomes if _belongs(name, entry)]
        ends = Counter(self.outcomes[name] for name in mine)
        counts: Counter[str] = sum((self.counts.get(name, Counter()) for name in mine), Counter())
        took = sum(self.seconds[name] for name in mine)
        return Result(
            at.isoformat(timespec="minutes"),
            commit,
            seed,
            ends["passed"],
            ends["failed"],
            ends["skipped"],
            round(took, 1),
            dict(counts),
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
    if workers > 1:
        arguments += ["-n", str(workers), "--dist", "loadgroup"]
    code = pytest.main(arguments, plugins=[collector])
    commit = commit_now()
    results = {entry: collector.result(entry, now, commit, seed) for entry in entries}
    return Ended(results, is_green=code == pytest.ExitCode.OK)


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
