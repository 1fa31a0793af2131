"""The pages say what the record says: proven, unproven and why."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.promises.page import (
    BEGIN,
    END,
    pages,
    readme_table,
    render_page,
    standing,
    state_of,
    with_table,
)
from tests.promises.runs import ROOT, Record, Result, read_record
from tests.promises.table import Fault, Promise, Table, read_table

FAULTS = (
    Fault(1, "a kill", "nothing is lost", tests=("faults/test_token.py",)),
    Fault(2, "a flood", "nothing is lost", skipped="one machine cannot be flooded"),
)
PROMISE = Promise("P1", "Nothing is lost", "不遺失", "0 lost", (1, 2), ("gate/test_intake.py",))
TABLE = Table((PROMISE,), FAULTS)
GREEN = Result("2026-11-22T03:00+00:00", "abc1234567", 7, 3, 0, 0, 1.5, {"taps answered": 40})
BOTH = {"faults/test_token.py": GREEN, "gate/test_intake.py": GREEN}


@pytest.mark.parametrize("path", [ROOT / "docs/promises.md", *sorted(ROOT.glob("README*.md"))])
def test_pages_are_as_the_last_run_left_them(path: Path) -> None:
    wanted = pages(read_table(), read_record())[path]
    assert path.read_text(encoding="utf-8") == wanted, "run: python -m tests.promises write"


def test_promise_is_proven_when_all_its_tests_went_well() -> None:
    now = standing(TABLE, Record(BOTH), PROMISE)
    assert (now.why, now.passed, now.counts["taps answered"]) == ("", 6, 80)
    assert "**proven**" in render_page(TABLE, Record(BOTH))


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (None, "1 not run"),
        (replace(GREEN, passed=0, skipped=3), "1 not run"),
        (replace(GREEN, failed=1), "1 failed"),
        (replace(GREEN, at="2026-11-12T03:00+00:00"), "1 too old"),
    ],
)
def test_promise_without_a_green_run_is_unproven(other: Result | None, why: str) -> None:
    results = {**BOTH, "gate/test_intake.py": other} if other else {"faults/test_token.py": GREEN}
    record = Record({name: result for name, result in results.items() if result})
    assert standing(TABLE, record, PROMISE).why == why
    assert f"unproven: {why}" in render_page(TABLE, record)
    assert "unproven" in readme_table(TABLE, record, is_chinese=False)


def test_promise_that_needs_a_load_is_unproven_without_one() -> None:
    needy = replace(PROMISE, needs_load=True)
    assert "no load" in standing(TABLE, Record(BOTH), needy).why
    load = {"at": GREEN.at, "is_green": True}
    assert standing(TABLE, Record(BOTH, load), needy).why == ""


def test_nothing_was_ever_run() -> None:
    assert state_of(None, "") == "not run"
    assert "unproven" in render_page(TABLE, Record())


def test_named_skip_shows_its_reason() -> None:
    assert "not tried: one machine cannot be flooded" in render_page(TABLE, Record(BOTH))


def test_load_is_shown_in_its_own_words() -> None:
    told = {"at": GREEN.at, "commit": "abc", "scale": "0.02 of the city", "is_green": True}
    page = render_page(TABLE, Record(BOTH, {**told, "parts": {"morning": "lost 0"}}))
    assert "| morning | lost 0 |" in page


def test_readme_keeps_what_stands_around_the_table() -> None:
    table = readme_table(TABLE, Record(BOTH), is_chinese=True)
    assert "不遺失" in table
    assert with_table(f"a\n{BEGIN}\nold\n{END}\nb", table) == f"a\n{table}\nb"
    with pytest.raises(LookupError, match="promises"):
        with_table("a README without a place for it", table)
