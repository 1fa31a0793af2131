"""What is asked of the product's speed, and whether what was measured meets it.

Nothing fails by it: a bench says what it found, on a machine that may be small or busy.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.report import print_table

NO_SHOW_STUDENTS = 300_000
GROWN_FROM, GROWN_TO = 10_000, 1_000_000
LINE_FULL = 2000
LIGHT = 50
BATCH = 20
OURS = "postgresql_unpaced"
# What may grow with the town, and how many times at most.
GROWS = (("CPU a message", "cpu_micros", 1.5), ("no-show a student", "no_show_micros", 1.7))


@dataclass(frozen=True, slots=True)
class Finding:
    """A measured number beside what it `must` reach; None: not measured in this run.

    With `is_ceiling` it may be that at most.
    """

    name: str
    what: str
    must: float
    measured: float | None
    unit: str = "×"
    is_ceiling: bool = False

    @property
    def is_held(self) -> bool | None:
        """Tell whether the number is met; None where it was not measured."""
        if self.measured is None:
            return None
        return self.measured <= self.must if self.is_ceiling else self.measured >= self.must

    @property
    def row(self) -> tuple[str, ...]:
        """Return the finding as a row of the table."""
        standing = {True: "held", False: "NOT held", None: "not measured"}[self.is_held]
        measured = "–" if self.measured is None else f"{self.measured:,.2f} {self.unit}"
        bound = "≤" if self.is_ceiling else "≥"
        return f"{self.name} {self.what}", f"{bound} {self.must:,g} {self.unit}", measured, standing


def print_targets(findings: Sequence[Finding]) -> None:
    """Print what must be reached beside what was."""
    heads = ("medians of this run", "must", "measured", "")
    print_table("targets", heads, [one.row for one in findings])


def ingest_findings(results: Mapping[str, Any]) -> list[Finding]:
    """Return what a run of the ingest bench says: batches of 20 into PostgreSQL."""
    return [
        Finding(
            "T12",
            f"÷ SQLModel ORM, batches of {BATCH} over {case['connections']}",
            12,
            _quotient(case["taps_per_second"], "ours", "orm"),
        )
        for case in results.get("postgresql", {}).get("cases", ())
        if case["batch"] == BATCH
    ]


def no_show_findings(results: Mapping[str, Any]) -> list[Finding]:
    """Return what a run of the no-show bench says, which is asked of a town of one size."""
    findings = []
    for engine, times, most in (("postgresql", 12, 2.0), ("sqlite", 40, 0.5)):
        result = results.get(engine, {})
        seconds = result["seconds"] if result.get("students") == NO_SHOW_STUDENTS else {}
        ours = statistics.median(seconds["ours"]) if seconds else None
        findings += [
            Finding(
                "T14", f"ORM with sets ÷ ours, {engine}", times, _quotient(seconds, "orm", "ours")
            ),
            Finding("T15", f"no-show of 300,000, {engine}", most, ours, "s", is_ceiling=True),
        ]
    return findings


def delivery_findings(results: Mapping[str, Any]) -> list[Finding]:
    """Return what a run of the delivery bench says, by the targets' numbers."""
    return [
        *_rate_findings(results),
        *_delay_findings(results["delays"]),
        *_slow_findings(results),
        *_outbox_findings(results["outbox"].get("postgresql", {})),
        *_growth_findings(results["growth"]),
        Finding(
            "T18", "making a message", 10, statistics.median(results["making"]["ours"]), "µs",
            is_ceiling=True,
        ),
    ]  # fmt: skip


def _rate_findings(results: Mapping[str, Any]) -> list[Finding]:
    rates = _of(results["rates"], "rate")
    cpu = _of(results["rates"], "cpu_micros").get(OURS)
    micros = None if cpu is None else statistics.median(cpu)
    share = _quotient(rates, OURS, "bare_ours")
    return [
        Finding("T1", "÷ usual bot, client kept", 10, _quotient(rates, OURS, "kept")),
        Finding("T2", "÷ usual bot, new client each", 18, _quotient(rates, OURS, "fresh")),
        Finding("T3", "÷ dramatiq, client kept", 8, _quotient(rates, OURS, "dramatiq_sdk")),
        Finding("T4", "÷ dramatiq, ready bytes", 3, _quotient(rates, OURS, "dramatiq_lean")),
        Finding("T5", "÷ pgqueuer, ready bytes", 2, _quotient(rates, OURS, "pgqueuer")),
        Finding("T6", "of the bare loop, our client", 60, share and share * 100, "%"),
        Finding("T7", "CPU a message", 220, micros, "µs", is_ceiling=True),
        Finding("T17", "SQLite ÷ PostgreSQL", 1.2, _quotient(rates, "sqlite_unpaced", OURS)),
    ]


def _slow_findings(results: Mapping[str, Any]) -> list[Finding]:
    slow, singles = _of(results["slow"], "rate"), _of(results["singles"], "rate")
    return [
        Finding("T10", "÷ usual bot, LINE taking 50 ms", 7, _quotient(slow, OURS, "kept")),
        Finding("T10", "÷ dramatiq, LINE taking 50 ms", 7, _quotient(slow, OURS, "dramatiq_sdk")),
        Finding("T12b", "÷ usual bot, tap by tap", 3, _quotient(singles, OURS, "kept")),
    ]


def _delay_findings(delays: Sequence[Mapping[str, Any]]) -> list[Finding]:
    loads = {
        one["per_second"]: one for one in delays if one["side"].partition("_")[0] == "postgresql"
    }
    full, light = loads.get(LINE_FULL, {}), loads.get(LIGHT, {})
    at_full = f"at {LINE_FULL:,} taps/s"
    # The last message is accepted a little after the last tap was due.
    reached = Finding("T8", f"told a second {at_full}", LINE_FULL * 0.99, full.get("reached"), "/s")
    return [
        reached,
        Finding("T8", f"cores {at_full}", 0.6, full.get("cores"), "cores", is_ceiling=True),
        _late("T9", f"tap → accepted p99 {at_full}", 100, full.get("accepted_p99")),
        _late("T9", f"POST p99 {at_full}", 25, full.get("answered_p99")),
        _late("T11", f"tap → accepted p50 at {LIGHT} taps/s", 10, light.get("accepted_p50")),
    ]


def _late(name: str, what: str, must: float, seconds: float | None) -> Finding:
    milliseconds = None if seconds is None else seconds * 1000
    return Finding(name, what, must, milliseconds, "ms", is_ceiling=True)


def _outbox_findings(ways: Mapping[str, Sequence[float]]) -> list[Finding]:
    return [
        Finding(
            "T13", "÷ claimed and settled row by row", 7, _quotient(ways, "ours", "row_by_row")
        ),
        Finding("T13", "÷ settled row by row", 7, _quotient(ways, "ours", "row_settle")),
    ]


def _growth_findings(growth: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Finding]:
    findings = []
    for engine, sizes in growth.items():
        by_size = {one["students"]: one for one in sizes}
        for what, of, most in GROWS:
            costs = {size: one[of] for size, one in by_size.items()}
            grown = _quotient(costs, GROWN_TO, GROWN_FROM)
            what = f"{what}, 1 M ÷ 10 k, {engine}"
            findings.append(Finding("T16", what, most, grown, is_ceiling=True))
    return findings


def _of(sides: Mapping[str, Any], what: str) -> dict[str, Sequence[float]]:
    return {name: of[what] for name, of in sides.items()}


def _quotient(rounds: Mapping[Any, Sequence[float]], over: Any, under: Any) -> float | None:
    """Return by how much the median of one exceeds the other's; None where one is missing."""
    if over not in rounds or under not in rounds:
        return None
    return statistics.median(rounds[over]) / statistics.median(rounds[under])
