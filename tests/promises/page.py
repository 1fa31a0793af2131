"""The pages of the promises: docs/promises.md and the table of both READMEs, from one record."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.promises.runs import ROOT, Record, Result, without_doubles
from tests.promises.table import Fault, Promise, Table

PAGE = ROOT / "docs" / "promises.md"
GOOD_FOR = timedelta(days=7)
BEGIN, END = "<!-- promises: written by make faults -->", "<!-- /promises -->"
BETWEEN = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
INTRODUCTION = f"""# What is promised, and how it last went

This page is written by `make faults`, never by hand: `python -m tests.promises run` runs the tests
below and writes what they came to, `python -m tests.promises write` writes the page anew.
`python -m tests.promises run P3 12` runs those of a promise or of a fault alone;
`make faults RUNS=200` kills, cuts and restarts two hundred times where 20 are usual. The judge is
outside the product: the reader's own list of answered taps, and the stand-in of LINE's list of what
it took in. A promise is **proven** when each of its tests ran and went well within
{GOOD_FOR.days} days of the newest run; until then it says **unproven**, and why. A `+` behind a
commit: the files had been changed since.
"""
REHEARSAL = """## Rehearsal

`make rehearsal` gives two web servers, three workers, two clocks, PostgreSQL, LINE and the school a
machine each: a network namespace with its own address and cable. Cables are pulled and plugged in
again, hosts die with what runs on them, workers are away with their leases. It needs root and the
kernel's bridge and veth; elsewhere it is a named skip. The DATABASE_URL there carries
`connect_timeout=2&tcp_user_timeout=2000&keepalives_idle=1&keepalives_interval=1&keepalives_count=2`:
shorter than the program's own, by which a pulled cable is found out within ten seconds.
"""
NOT_PROMISED = """## Not promised

That a phone shows a message: LINE accepts a push to somebody who blocked the account. That a card
is the child. That LINE knows a retry key for more than 24 hours. A letter whose fate is unknown is
never repeated.
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a promise stands. `why` it is unproven, empty where it is proven."""

    why: str
    last: str
    commit: str
    passed: int
    counts: Counter[str]


def standing(table: Table, record: Record, promise: Promise) -> Standing:
    """Judge a promise by the newest run of each of its tests."""
    entries = table.tests_of(promise)
    results = [record.results[entry] for entry in entries if entry in record.results]
    oldest = min(results, key=lambda one: one.at, default=None)
    # A test that is named beside its whole file counts once.
    once = [record.results[one] for one in without_doubles(entries) if one in record.results]
    return Standing(
        _why_unproven(entries, record, promise),
        oldest.at if oldest else "",
        oldest.commit if oldest else "",
        sum(one.passed for one in once),
        sum((Counter(one.counts) for one in once), Counter()),
    )


def _why_unproven(entries: list[str], record: Record, promise: Promise) -> str:
    states = Counter(state_of(record.results.get(entry), record.newest) for entry in entries)
    bad = [f"{number} {state}" for state, number in sorted(states.items()) if state != "green"]
    if promise.needs_load and not record.load.get("is_green"):
        bad.append("no load that went well")
    return ", ".join(bad)


def state_of(result: Result | None, newest: str) -> str:
    """Return green, failed, not run or too old."""
    if result is None or not (result.passed or result.failed):
        return "not run"
    if result.failed:
        return "failed"
    age = datetime.fromisoformat(newest) - datetime.fromisoformat(result.at)
    return "green" if age <= GOOD_FOR else "too old"


def render_page(table: Table, record: Record) -> str:
    """Return docs/promises.md."""
    parts = [INTRODUCTION, _overview(table, record)]
    parts += [_promise(table, record, promise) for promise in table.promises]
    parts += [_faults(table, record), _load(record), REHEARSAL, NOT_PROMISED]
    return "\n".join(part for part in parts if part)


def _overview(table: Table, record: Record) -> str:
    rows = ["| | promise | state | tests | counted | oldest run |", "|---|---|---|---|---|---|"]
    for promise in table.promises:
        now = standing(table, record, promise)
        state = f"unproven: {now.why}" if now.why else "**proven**"
        cells = (_link(promise), promise.says, state, str(now.passed), _counted(now.counts))
        rows.append(f"| {' | '.join(cells)} | {_when(now.last, now.commit)} |")
    return "\n".join(rows) + "\n"


def _promise(table: Table, record: Record, promise: Promise) -> str:
    mine = table.faults_of(promise)
    outlived = ", ".join(str(fault.number) for fault in mine)
    untried = ", ".join(str(fault.number) for fault in mine if fault.skipped) or "none"
    lines = [
        f"## {promise.id}",
        "",
        f"{promise.says}. Pass mark: {promise.mark}.",
        f"Faults it must outlive: {outlived or 'none'}."
        + f" Not tried: {untried}." * bool(untried),
        "",
        f"`python -m tests.promises run {promise.id}`",
        "",
        "| test | state | passed | run |",
        "|---|---|---|---|",
    ]
    for entry in table.tests_of(promise):
        result = record.results.get(entry)
        run = _when(result.at, result.commit) if result else ""
        passed = str(result.passed) if result else ""
        lines.append(f"| `{entry}` | {state_of(result, record.newest)} | {passed} | {run} |")
    return "\n".join(lines) + "\n"


def _faults(table: Table, record: Record) -> str:
    lines = ["## Faults", "", "| | what goes wrong | what holds | tried |", "|---|---|---|---|"]
    for fault in table.faults:
        tried = _tried(fault, record)
        lines.append(f"| {fault.number} | {fault.what} | {fault.holds} | {tried} |")
    return "\n".join(lines) + "\n"


def _tried(fault: Fault, record: Record) -> str:
    if fault.skipped:
        return f"not tried: {fault.skipped}"
    states = Counter(state_of(record.results.get(one), record.newest) for one in fault.tests)
    return ", ".join(f"{number} {state}" for state, number in sorted(states.items()))


def _load(record: Record) -> str:
    if not record.load:
        return "## Load\n\n`make load` has not been run yet.\n"
    load = record.load
    lines = [f"## Load\n\nLast: {_when(load['at'], load['commit'])}, {load['scale']}.\n"]
    lines += ["| part | measured |", "|---|---|"]
    lines += [f"| {name} | {words} |" for name, words in load["parts"].items()]
    return "\n".join(lines) + "\n"


def readme_table(table: Table, record: Record, *, is_chinese: bool) -> str:
    """Return what stands between the markers of a README, with the markers."""
    head = "| | 承諾 | 最近一次 |" if is_chinese else "| | promise | last run |"
    rows = [head, "|---|---|---|"]
    for promise in table.promises:
        now = standing(table, record, promise)
        says = promise.says_zh if is_chinese else promise.says
        anchor = f"[{promise.id}](docs/promises.md#{promise.id.lower()})"
        rows.append(f"| {anchor} | {says} | {_short(now, is_chinese=is_chinese)} |")
    return "\n".join([BEGIN, *rows, END])


def _short(now: Standing, *, is_chinese: bool) -> str:
    if now.why:
        return "未證實" if is_chinese else "unproven"
    tests = f"{now.passed} 項測試通過" if is_chinese else f"{now.passed} tests passed"
    return f"{now.last[:10]}, {tests}"


def with_table(readme: str, table: str) -> str:
    """Return a README with the table between its markers. Raises LookupError without them."""
    if not BETWEEN.search(readme):
        raise LookupError(f"a README lacks {BEGIN}")
    return BETWEEN.sub(lambda _: table, readme)


def pages(table: Table, record: Record) -> dict[Path, str]:
    """Return each page as it should stand."""
    wanted = {PAGE: render_page(table, record)}
    for name, is_chinese in (("README.md", False), ("README.zh-TW.md", True)):
        path = ROOT / name
        middle = readme_table(table, record, is_chinese=is_chinese)
        wanted[path] = with_table(path.read_text(encoding="utf-8"), middle)
    return wanted


def _link(promise: Promise) -> str:
    return f"[{promise.id}](#{promise.id.lower()})"


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{number:,} {what}" for what, number in sorted(counts.items()))


def _when(at: str, commit: str) -> str:
    return f"{at[:10]} {at[11:16]} UTC at {commit}" if at else ""
