"""The pages of the promises: docs/promises.md and the table of both READMEs, from one record."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.promises.readme import gap_words, load_words, readme_table, with_table
from tests.promises.runs import ROOT, Record, Result
from tests.promises.standing import (
    GOOD_FOR,
    USUAL_RUNS,
    Gap,
    Standing,
    gap_of,
    standing,
    state_of,
)
from tests.promises.table import Fault, Promise, Table

PAGE = ROOT / "docs" / "promises.md"
INTRODUCTION = f"""# What is promised, and how it last went

This page is written by programs, never by hand: `make faults` and `python -m tests.promises run`
run the tests below and write what they came to, `make load` adds the load and `make rehearsal` the
machines, `python -m tests.promises write` writes the page anew.
`python -m tests.promises run P3 12` runs the tests of a promise or of a fault alone. Where programs
are killed and cables cut, the judge is outside the product: the reader's own list of answered taps,
and the stand-in of LINE's list of what it took in.

A promise is **proven** when each of its tests ran and went well within {GOOD_FOR.days} days of the
newest run; until then it says **unproven**, and why. *But for* names the faults it should outlive
that were not tried, or were skipped where the tests ran. A test that was skipped proves nothing and
is counted apart. A `+` behind a commit: the files had been changed since.
"""
HOW = f"""## How it was run

`--runs` says how often is killed at random, cut in the rehearsal and tapped in the soak; restarts
stop at {USUAL_RUNS}. {USUAL_RUNS} are usual, `make faults RUNS=200` takes two hundred. With 0, as
in `make test`, each test takes a few of its own and not every point to die at is tried. How many
kills and restarts there were is counted with each promise.

| run | seed | `--runs` | rows of the tables below |
|---|---|---|---|
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


def render_page(table: Table, record: Record) -> str:
    """Return docs/promises.md."""
    parts = [INTRODUCTION, _overview(table, record), _how(record)]
    parts += [_promise(table, record, promise) for promise in table.promises]
    parts += [_faults(table, record), _load(record), REHEARSAL, NOT_PROMISED]
    return "\n".join(part for part in parts if part)


def _overview(table: Table, record: Record) -> str:
    rows = ["| | promise | state | tests | counted | oldest run |", "|---|---|---|---|---|---|"]
    for promise in table.promises:
        now = standing(table, record, promise)
        tests = passed_words(now.passed, now.skipped)
        cells = (_link(promise), promise.says, _state(now), tests, _counted(now.counts))
        rows.append(f"| {' | '.join(cells)} | {_when(now.last, now.commit)} |")
    return "\n".join(rows) + "\n"


def _state(now: Standing) -> str:
    proven = f"**proven but for {gap_words(now.gaps)}**" if now.gaps else "**proven**"
    words = [f"unproven: {now.why}", gap_words(now.gaps)] if now.why else [proven]
    words += [f"{now.skipped} skipped" if now.skipped else "", now.repeats, load_words(now.load)]
    return "; ".join(filter(None, words))


def passed_words(passed: int, skipped: int) -> str:
    """Return how many tests passed, and how many were skipped if any were."""
    return f"{passed} passed" + f", {skipped} skipped" * bool(skipped)


def _how(record: Record) -> str:
    runs = Counter((one.at, one.commit, one.seed, one.runs) for one in record.results.values())
    rows = [
        f"| {_when(at, commit)} | {seed} | {'unknown' if often is None else often} | {number} |"
        for (at, commit, seed, often), number in sorted(runs.items(), key=str, reverse=True)
    ]
    return HOW + "\n".join(rows) + "\n"


def _promise(table: Table, record: Record, promise: Promise) -> str:
    now = standing(table, record, promise)
    outlived = ", ".join(str(fault.number) for fault in table.faults_of(promise))
    left_out = ", ".join(f"{number} {gap}" for number, gap in now.gaps.items())
    lines = [
        f"## {promise.id}",
        "",
        f"{promise.says}. Pass mark: {promise.mark}. It is {_state(now)}.",
        f"Faults it must outlive: {outlived or 'none'}."
        + f" Left out: {left_out}." * bool(left_out),
        "",
        f"`python -m tests.promises run {promise.id}`",
        "",
        "| test | state | came to | run |",
        "|---|---|---|---|",
    ]
    for entry in table.tests_of(promise):
        result = record.results.get(entry)
        run = _when(result.at, result.commit) if result else ""
        came_to = _came_to(result) if result else ""
        lines.append(f"| `{entry}` | {state_of(result, record.newest)} | {came_to} | {run} |")
    return "\n".join(lines) + "\n"


def _came_to(result: Result) -> str:
    reasons = "; ".join(sorted(one for one in result.reasons if one))
    return passed_words(result.passed, result.skipped) + f": {reasons}" * bool(reasons)


def _faults(table: Table, record: Record) -> str:
    lines = ["## Faults", "", "| | what goes wrong | what holds | promises | tried |"]
    lines.append("|---|---|---|---|---|")
    for fault in table.faults:
        of = " ".join(one.id for one in table.promises if fault.number in one.faults)
        tried = _tried(fault, record)
        lines.append(f"| {fault.number} | {fault.what} | {fault.holds} | {of} | {tried} |")
    return "\n".join(lines) + "\n"


def _tried(fault: Fault, record: Record) -> str:
    if gap_of(fault, record) is Gap.NOT_TRIED:
        return f"not tried: {fault.skipped}"
    states = Counter(state_of(record.results.get(one), record.newest) for one in fault.tests)
    words = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    return words + f": {fault.how}" * bool(fault.how)


def _load(record: Record) -> str:
    load = record.load
    if not load:
        return "## Load\n\n`make load` has not been run yet.\n"
    went = "went well" if load.get("is_green") else "did **not** go well"
    run = _when(str(load.get("at", "")), str(load.get("commit", "")))
    lines = [f"## Load\n\nLast: {run}, {load.get('scale', 'unknown scale')}; it {went}.\n"]
    lines += ["| part | measured |", "|---|---|"]
    lines += [f"| {name} | {_part(words)} |" for name, words in load.get("parts", {}).items()]
    return "\n".join(lines) + "\n"


def _part(told: object) -> str:
    """Return what a part of the load came to: a sentence, or several by name."""
    if not isinstance(told, Mapping):
        return str(told)
    return "; ".join(f"{name}: {words}" for name, words in told.items())


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
