"""Run the tests behind the promises and write what they came to: python -m tests.promises."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.report import RESULTS
from tests.promises.page import pages
from tests.promises.runs import (
    ROOT,
    RUNS,
    Record,
    Result,
    read_record,
    run_suite,
    run_tests,
    utc_now,
    write_record,
)
from tests.promises.table import Table, problems, read_table

LOAD = RESULTS / "load.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for and write the pages; the exit code is 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.promises", description=__doc__)
    parser.add_argument("what", choices=("run", "write"))
    parser.add_argument("names", nargs="*", help="promises such as P3, faults such as 12; all")
    parser.add_argument(
        "--runs", type=int, default=20, help="how often to kill; default: 20, 0 as in make test"
    )
    parser.add_argument("--whole", action="store_true", help="every test of the suite beside them")
    parser.add_argument("--workers", type=int, default=2, help="tests side by side; default: 2")
    options = parser.parse_args(arguments)
    table, record = read_table(), read_record()
    if wrong := problems(table):
        parser.error("; ".join(wrong))
    is_green = True
    if options.what == "run":
        entries = table.tests_named(options.names) if options.names else table.all_tests()
        if options.runs:
            os.environ[RUNS] = str(options.runs)
        run = run_suite if options.whole else run_tests
        record.results |= (ended := run(entries, workers=options.workers, now=utc_now())).results
        is_green = ended.is_green
    write(table, record)
    return 0 if is_green else 1


def write(table: Table, record: Record) -> None:
    """Write record and pages; what the table no longer names is forgotten."""
    record.results = _still_named(table, record)
    record.load = max(last_load(), record.load, key=lambda load: str(load.get("at", "")))
    write_record(record)
    for path, text in pages(table, record).items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)} written\n")


def _still_named(table: Table, record: Record) -> dict[str, Result]:
    named = set(table.all_tests())
    return {entry: result for entry, result in record.results.items() if entry in named}


def last_load(path: Path = LOAD) -> dict[str, object]:
    """Return what the last load of this checkout came to, empty if there was none."""
    if not path.exists():
        return {}
    told: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))["told"]
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return {"at": at.isoformat(timespec="minutes"), **told}


if __name__ == "__main__":
    sys.exit(main())
