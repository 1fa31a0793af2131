"""Results: rounds summed up, printed as a table, kept as JSON."""

import json
import os
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.programs import ROOT

RESULTS = ROOT / "var" / "bench"


def spread(rounds: Sequence[float], digits: int = 0) -> str:
    """Return the median of the rounds with the lowest and the highest."""
    middle, low, high = statistics.median(rounds), min(rounds), max(rounds)
    return f"{middle:,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Return how many times the median of theirs the median of ours is."""
    return f"{statistics.median(ours) / statistics.median(theirs):.2f}×"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, round(len(ordered) * share) - 1)]


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows; the first column reads left, the others right."""
    table = Table(title=title)
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    Console(width=None if Console().is_terminal else 140).print(table)


def save(name: str, result: dict[str, Any], folder: Path = RESULTS) -> None:
    """Write the numbers to var/bench, with how busy the machine was in the last quarter hour."""
    folder.mkdir(parents=True, exist_ok=True)
    machine = {"cores": os.cpu_count(), "load_average": os.getloadavg()}
    text = json.dumps({**result, "machine": machine}, indent=1)
    (folder / f"{name}.json").write_text(text, encoding="utf-8")
