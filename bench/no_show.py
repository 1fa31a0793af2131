"""The cut-off of a whole town at once: our tick, beside the ORM with sets in memory.

16 of 100 children have not tapped; each child has a guardian who ticked the box. Every side begins
with a copy of one database, and all tell of the same children. The floor is the bare driver, which
is told whom to write down and does only that.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, update
from sqlmodel import col, select

from bench.bare_driver import insert_missing
from bench.databases import ENGINES, Databases, migrate_database, open_databases
from bench.orm_sweep import sweep_all
from bench.programs import stop_at_sigterm
from bench.report import RESULTS, print_table, ratio, save, spread
from bench.targets import no_show_findings, print_targets
from bench.town import Town, build_morning, build_town
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.duty.no_show_tick import run_no_show_tick
from core.gate.tables import Reader
from core.house import House, build_house
from core.kinds import NoticeKind
from core.notices.tables import Notice
from core.settings import load_settings

CUTOFF = datetime.fromisoformat("2026-11-23T08:30:00+08:00")
SCHOOL_DAY = school_day_of(CUTOFF)
CHILDREN_A_SCHOOL = 1000
SIDES = ("ours", "orm", "bare")
# A school may wait before it tells; the ticks go on until all is told.
PATIENCE_MINUTES = 60


class StopWatch:
    """Seconds of each round: on the wall, and of this process's CPU (the database's not)."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.cpu_seconds: list[float] = []

    def begin_round(self) -> None:
        """Start a round at nothing."""
        self.seconds.append(0.0)
        self.cpu_seconds.append(0.0)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Add what happens inside to the round."""
        started, started_cpu = time.perf_counter(), time.process_time()
        yield
        self.seconds[-1] += time.perf_counter() - started
        self.cpu_seconds[-1] += time.process_time() - started_cpu


def main(arguments: Sequence[str] | None = None) -> None:
    """Sweep the town on the engines asked for; print a table, keep the numbers."""
    stop_at_sigterm()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, action="append", help="default: both")
    parser.add_argument("--students", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="only see that it runs")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    town = Town(max(1, options.students // CHILDREN_A_SCHOOL), CHILDREN_A_SCHOOL, bound_every=1)
    if options.small:
        town, options.rounds = Town(schools=2, children=50, bound_every=1), 1
    results = {}
    for engine in options.engine or ENGINES:
        results[engine] = run_engine(engine, town, options.rounds)
    _print(results, len(town.numbers()))
    print_targets(no_show_findings(results))
    save("no_show", results, options.results)


def run_engine(engine: str, town: Town, rounds: int) -> dict[str, Any]:
    """Sweep on one engine, the sides taking turns; return the seconds of each round."""
    expected = sum(not came(number) for number in town.numbers())
    result: dict[str, Any] = {"students": len(town.numbers()), "notices": expected}
    watches = {side: StopWatch() for side in SIDES}
    with open_databases(engine) as databases:
        _build(databases, town)
        for _ in range(rounds):
            databases.copy("town", "ours")
            content = sweep_ours(databases.address("ours"), CUTOFF, expected, watches["ours"])
            databases.drop("ours")
            databases.copy("town", "orm")
            _sweep_orm(databases.address("orm"), expected, content, watches["orm"])
            databases.drop("orm")
            databases.copy("town", "bare")
            _write_bare(databases.address("bare"), town, content, watches["bare"])
            databases.drop("bare")
    result["bytes_a_message"] = len(content)
    result["seconds"] = {side: watch.seconds for side, watch in watches.items()}
    result["own_cpu_seconds"] = {side: watches[side].cpu_seconds for side in ("ours", "orm")}
    return result


def came(number: int) -> bool:
    return number % 25 >= 4


def _build(databases: Databases, town: Town) -> None:
    databases.make("town")
    url = databases.address("town")
    migrate_database(url)
    house = _house(url)
    build_town(url, house.vault, town)
    build_morning(url, town, SCHOOL_DAY, came)


def _house(url: str, now: datetime = CUTOFF) -> House:
    return build_house(load_settings(_env_file=None, database_url=url, clock_now=now))


def sweep_ours(url: str, cutoff: datetime, expected: int, watch: StopWatch) -> bytes:
    """Tick a minute at a time until all is told; return a message as it was stored."""
    house = _house(url, cutoff)
    watch.begin_round()
    minutes = 0
    while _told(house) < expected:
        if minutes > PATIENCE_MINUTES:
            raise RuntimeError(f"{_told(house)} of {expected} told")
        now = cutoff + timedelta(minutes=minutes)
        _hear_readers(house, now)
        house.clock.move_to(now)
        with watch.running():
            run_no_show_tick(house)
        minutes += 1
    content = _message(house)
    house.engine.dispose()
    return content


def _sweep_orm(url: str, expected: int, content: bytes, watch: StopWatch) -> None:
    watch.begin_round()
    with watch.running():
        told = sweep_all(url, SCHOOL_DAY, CUTOFF, content)
    assert told == expected, f"{told} of {expected} told"


def _write_bare(url: str, town: Town, content: bytes, watch: StopWatch) -> None:
    watch.begin_round()
    by_school = [
        [school * town.children + child for child in range(town.children) if not came(child)]
        for school in range(town.schools)
    ]
    watch.seconds[-1] = insert_missing(url, town, by_school, CUTOFF, content)


def _hear_readers(house: House, now: datetime) -> None:
    with transaction(house.engine) as session:
        session.execute(update(Reader).values(last_contact_at=now))


def _told(house: House) -> int:
    with snapshot(house.engine) as session:
        statement = select(func.count()).where(col(Notice.kind) == NoticeKind.NO_SHOW)
        return session.scalars(statement).one()


def _message(house: House) -> bytes:
    with snapshot(house.engine) as session:
        statement = select(col(Notice.content)).where(col(Notice.kind) == NoticeKind.NO_SHOW)
        return bytes(session.scalars(statement.limit(1)).one())


def _print(results: dict[str, Any], students: int) -> None:
    rows = []
    for engine, result in results.items():
        taken = result["seconds"]
        rows.append(
            (
                engine,
                *(spread(taken[side], 2) for side in SIDES),
                ratio(taken["orm"], taken["ours"]),
                ratio(taken["ours"], taken["bare"]),
            )
        )
    print_table(
        f"no-show of {students:,} students, seconds: median (lowest–highest)",
        ("", "ours", "ORM with sets", "bare driver", "ORM ÷ ours", "ours ÷ bare"),
        rows,
    )


if __name__ == "__main__":
    main()
