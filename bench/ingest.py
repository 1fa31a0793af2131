"""Taps into the gate: signed requests through the real web server, beside two peers.

Peers in the same run: a Flask handler with SQLModel objects behind the same server, and the bare
driver that inserts the same rows without any web. Every tap is a child's first of the day.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
from sqlmodel import col, select

from bench.bare_driver import insert_all
from bench.databases import ENGINES, Databases, migrate_database, open_databases
from bench.gate_client import Supply, request_of, send_all
from bench.programs import serving, stop_at_sigterm
from bench.report import RESULTS, percentile, print_table, ratio, save, spread
from bench.targets import ingest_findings, print_targets
from bench.town import Town, build_town
from core.db import snapshot
from core.house import build_house
from core.notices.tables import Notice
from core.settings import load_settings

MORNING = "2026-11-23T07:20:00+08:00"
SIDES = ("ours", "orm", "bare")
# SQLite has one writer, and the embedded product one process; `app.py web` has two by default.
WORKERS = {"sqlite": 1, "postgresql": 2}
# The slow peer gets fewer taps a round; a rate needs seconds, not numbers.
PEER_SHARE = 4


@dataclass(frozen=True, slots=True)
class Case:
    """Batches of one size over so many connections; `taps` a round."""

    batch: int
    connections: int
    taps: int


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a run is."""

    town: Town
    rounds: int
    cases: tuple[Case, ...]


FULL = Scale(
    # Each child taps once; of a school up to a batch is left over.
    Town(schools=40, children=4500, bound_every=3),
    5,
    (
        Case(1, 1, 500),
        Case(1, 8, 1000),
        Case(1, 32, 2000),
        Case(20, 4, 4000),
        Case(20, 16, 8000),
        Case(100, 4, 6000),
        Case(500, 2, 8000),
    ),  # fmt: skip
)
SMALL = Scale(
    Town(schools=4, children=60, bound_every=3), 1, (Case(1, 1, 4), Case(1, 8, 16), Case(20, 2, 40))
)


class Stage:
    """One engine's three sides: two web servers and a bare connection, each with its town."""

    def __init__(self, town: Town, addresses: dict[str, str], content: bytes) -> None:
        self.town = town
        self.addresses = addresses
        self.content = content
        self.ports: dict[str, int] = {}
        self._supplies = {side: Supply(town) for side in SIDES}

    def measure(self, side: str, case: Case) -> tuple[float, list[float]]:
        """Run one round of a side; return taps a second and the seconds of each request."""
        share = PEER_SHARE if side == "orm" else 1
        wanted = max(case.taps // share // case.batch, case.connections)
        batches = [self._supplies[side].take(case.batch) for _ in range(wanted)]
        taps = wanted * case.batch
        if side == "bare":
            now = datetime.fromisoformat(MORNING)
            return taps / insert_all(
                self.addresses[side], self.town, batches, now, self.content
            ), []
        now = self.now()
        ready = [request_of(self.town, batch, now) for batch in batches]
        elapsed, seconds = send_all(self.ports[side], ready, case.connections)
        return taps / elapsed, seconds

    def now(self) -> datetime:
        """Return the product's clock, which the readers follow."""
        url = f"http://127.0.0.1:{self.ports['ours']}/gate/v1/time"
        return datetime.fromisoformat(requests.get(url, timeout=5).json()["server_time"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every case on the engines asked for; print tables, keep the numbers."""
    stop_at_sigterm()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, action="append", help="default: both")
    parser.add_argument("--workers", type=int, help="web processes, default 1 and 2")
    parser.add_argument("--rounds", type=int, help="default 5")
    parser.add_argument("--small", action="store_true", help="only see that it runs")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    scale = SMALL if options.small else FULL
    scale = replace(scale, rounds=options.rounds or scale.rounds)
    results = {}
    for engine in options.engine or ENGINES:
        workers = options.workers or WORKERS[engine]
        results[engine] = {"workers": workers, "cases": run_engine(engine, workers, scale)}
        _print(engine, results[engine])
    print_targets(ingest_findings(results))
    save("ingest", results, options.results)


def run_engine(engine: str, workers: int, scale: Scale) -> list[dict[str, Any]]:
    """Measure every case of one engine, the sides taking turns within each round."""
    with tempfile.TemporaryDirectory() as folder, open_databases(engine) as databases:
        town = scale.town
        _build(databases, town)
        stage = Stage(town, {side: databases.address(side) for side in SIDES}, b"")
        with _web_servers(stage, workers, Path(folder)):
            return [_run_case(stage, case, scale.rounds) for case in scale.cases]


def _build(databases: Databases, town: Town) -> None:
    databases.make("town")
    url = databases.address("town")
    migrate_database(url)
    house = build_house(load_settings(_env_file=None, database_url=url))
    build_town(url, house.vault, town)
    for side in SIDES:
        databases.copy("town", side)


@contextmanager
def _web_servers(stage: Stage, workers: int, folder: Path) -> Iterator[None]:
    """Run our server, learn from it what a message looks like, run the peer's."""
    environment = {"DATABASE_URL": stage.addresses["ours"], "CLOCK_NOW": MORNING}
    ours = ["app.py", "web", "--workers", str(workers)]
    with serving(ours, environment, folder / "ours.log") as stage.ports["ours"]:
        warm_up = Case(1, workers * 2, workers * 8)
        stage.measure("ours", warm_up)
        stage.content = _message(stage.addresses["ours"])
        (folder / "content").write_bytes(stage.content)
        peer = ["-m", "bench.orm_gate", "--database", stage.addresses["orm"]]
        peer += ["--workers", str(workers), "--content", str(folder / "content")]
        with serving(peer, {}, folder / "orm.log") as stage.ports["orm"]:
            stage.measure("orm", warm_up)
            yield


def _message(url: str) -> bytes:
    house = build_house(load_settings(_env_file=None, database_url=url))
    with snapshot(house.engine) as session:
        contents = session.scalars(select(col(Notice.content)).limit(1)).one()
    house.engine.dispose()
    return bytes(contents)


def _run_case(stage: Stage, case: Case, rounds: int) -> dict[str, Any]:
    rates: dict[str, list[float]] = {side: [] for side in SIDES}
    seconds: dict[str, list[float]] = {side: [] for side in SIDES}
    for _ in range(rounds):
        for side in SIDES:
            rate, each = stage.measure(side, case)
            rates[side].append(rate)
            seconds[side] += each
    latency = {
        side: {"p50": percentile(each, 0.5), "p99": percentile(each, 0.99)}
        for side, each in seconds.items()
        if each
    }
    return {**asdict(case), "taps_per_second": rates, "post_seconds": latency}


def _print(engine: str, result: dict[str, Any]) -> None:
    rows = []
    for case in result["cases"]:
        rates, latency = case["taps_per_second"], case["post_seconds"]
        rows.append(
            (
                f"{case['batch']} × {case['connections']}",
                *(spread(rates[side]) for side in SIDES),
                ratio(rates["ours"], rates["orm"]),
                ratio(rates["ours"], rates["bare"]),
                *(_milliseconds(latency[side]) for side in ("ours", "orm")),
            )
        )
    print_table(
        f"taps/s into {engine}, {result['workers']} web process(es): median (lowest–highest)",
        (
            "batch × connections", "ours", "ORM", "bare driver", "÷ ORM", "÷ bare",
            "POST p50 / p99 ms", "ORM p50 / p99 ms",
        ),
        rows,
    )  # fmt: skip


def _milliseconds(latency: dict[str, float]) -> str:
    return f"{latency['p50'] * 1000:.1f} / {latency['p99'] * 1000:.1f}"


if __name__ == "__main__":
    main()
