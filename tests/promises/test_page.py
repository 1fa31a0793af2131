"""The pages say what the record says: proven, proven but for, unproven and why."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.promises.page import pages, render_page
from tests.promises.readme import BEGIN, END, readme_table, with_table
from tests.promises.runs import ROOT, Record, read_record
from tests.promises.table import Fault, Table, read_table
from tests.promises.test_standing import (
    BOTH,
    GREEN,
    KILLS,
    LOAD,
    OWN,
    PROMISE,
    SKIPPED,
    TABLE,
    TRIED,
    UNTRIED,
)

WIDER = Table((replace(PROMISE, faults=(1, 2)),), TABLE.faults)
NEEDY = Table((replace(PROMISE, needs_load=True),), TABLE.faults)
KILLED = Table((replace(PROMISE, tests=(OWN, KILLS)),), TABLE.faults)
FEW = {**BOTH, KILLS: replace(GREEN, runs=0), OWN: replace(GREEN, skipped=1)}


def last_run(table: Table, record: Record, *, is_chinese: bool = False) -> str:
    """What the README says of the promise."""
    row = readme_table(table, record, is_chinese=is_chinese).splitlines()[3]
    return row.strip(" |").rpartition(" | ")[2]


@pytest.mark.parametrize("path", [ROOT / "docs/promises.md", *sorted(ROOT.glob("README*.md"))])
def test_pages_are_as_the_last_run_left_them(path: Path) -> None:
    wanted = pages(read_table(), read_record())[path]
    assert path.read_text(encoding="utf-8") == wanted, "run: python -m tests.promises write"


@pytest.mark.parametrize(
    ("table", "record", "state"),
    [
        (TABLE, Record(BOTH), "**proven**"),
        (WIDER, Record(BOTH), "**proven but for fault 2 (not tried)**"),
        (TABLE, Record({OWN: GREEN}), "unproven: 1 not run"),
        (WIDER, Record({OWN: GREEN}), "unproven: 1 not run; fault 2 (not tried)"),
        (KILLED, Record(FEW), "**proven**; 1 skipped; fewer than 20 runs"),
        (
            NEEDY,
            Record(BOTH, {**LOAD, "is_green": True}),
            "**proven**; load of 2026-11-22 at 0.1 of the city, parts 20 times shorter",
        ),
    ],
)
def test_page_says_how_each_promise_stands(table: Table, record: Record, state: str) -> None:
    assert f"| {state} |" in render_page(table, record)


@pytest.mark.parametrize(
    ("table", "record", "english", "chinese"),
    [
        (
            TABLE,
            Record(BOTH),
            "proven: 2026-11-22, 6 tests passed",
            "已證實：2026-11-22，6 項測試通過",
        ),
        (
            WIDER,
            Record(BOTH),
            "proven but for fault 2 (not tried): 2026-11-22, 6 tests passed",
            "除故障 2（未試）外已證實：2026-11-22，6 項測試通過",
        ),
        (
            KILLED,
            Record(FEW),
            "proven: 2026-11-22, 9 tests passed, 1 skipped; fewer than 20 runs",
            "已證實：2026-11-22，9 項測試通過、1 項略過；重複不到 20 次",
        ),
        (
            NEEDY,
            Record(BOTH, {**LOAD, "is_green": True}),
            "proven: 2026-11-22, 6 tests passed; "
            "load of 2026-11-22 at 0.1 of the city, parts 20 times shorter",
            "已證實：2026-11-22，6 項測試通過；2026-11-22 負載：全市的 0.1、時間縮為 1/20",
        ),
        (
            NEEDY,
            Record({OWN: GREEN}, {**LOAD, "is_green": True, "not_held": ["ceiling"]}),
            "unproven; load of 2026-11-22 at 0.1 of the city, parts 20 times shorter, "
            "not held: ceiling",
            "未證實；2026-11-22 負載：全市的 0.1、時間縮為 1/20，未達標：ceiling",
        ),
        (TABLE, Record({OWN: GREEN}), "unproven", "未證實"),
    ],
)
def test_readmes_say_it_shortly(table: Table, record: Record, english: str, chinese: str) -> None:
    assert last_run(table, record) == english
    assert last_run(table, record, is_chinese=True) == chinese


def test_page_says_how_the_tests_were_run() -> None:
    results = {"faults/test_token.py": GREEN, OWN: replace(GREEN, runs=None)}
    page = render_page(TABLE, Record(results))
    assert "| 2026-11-22 03:00 UTC at abc1234567 | 7 | 20 | 1 |" in page
    assert "| 2026-11-22 03:00 UTC at abc1234567 | 7 | unknown | 1 |" in page
    assert "| 80 kills |" in page


def test_skipped_tests_are_counted_with_their_reason() -> None:
    some = replace(GREEN, skipped=1, reasons={"one writer at a time": 1})
    page = render_page(TABLE, Record({"faults/test_token.py": SKIPPED, OWN: some}))
    assert "| 3 passed, 1 skipped: one writer at a time |" in page
    assert "| skipped | 0 passed, 3 skipped: needs root |" in page


def test_fault_says_what_it_was_tried_by_or_why_not() -> None:
    told: Fault = replace(TRIED, how="strace")
    page = render_page(Table((PROMISE,), (told, UNTRIED)), Record(BOTH))
    assert "| nothing is lost | P1 | 1 green: strace |" in page
    assert "not tried: one machine cannot be flooded" in page


@pytest.mark.parametrize(
    ("part", "shown"),
    [("lost 0", "lost 0"), ({"held": True, "words": "lost 0"}, "held: True; words: lost 0")],
)
def test_load_is_shown_in_its_own_words(part: Any, shown: str) -> None:
    told = {**LOAD, "commit": "abc", "is_green": False, "parts": {"morning": part}}
    page = render_page(TABLE, Record(BOTH, told))
    assert f"| morning | {shown} |" in page
    assert "it did **not** go well" in page


def test_nothing_was_ever_run() -> None:
    assert "unproven" in render_page(TABLE, Record())


def test_readme_keeps_what_stands_around_the_table() -> None:
    table = readme_table(TABLE, Record(BOTH), is_chinese=True)
    assert "不遺失" in table
    assert with_table(f"a\n{BEGIN}\nold\n{END}\nb", table) == f"a\n{table}\nb"
    with pytest.raises(LookupError, match="promises"):
        with_table("a README without a place for it", table)
