"""The night a term is over age: every tap of a town goes by the purge.

On PostgreSQL twice: as it does where the term's months were made in time and are dropped whole, and
as it would in a table without months, row by row.
"""

import argparse
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, func, select, text

from bench.cpu import cpu_seconds, postmaster_of
from bench.databases import ENGINES, Databases, migrate_database, open_databases
from bench.programs import stop_at_sigterm
from bench.report import RESULTS, print_table, save, spread
from bench.town import Town, build_morning, build_town
from core.db import snapshot
from core.duty.months import make_months
from core.gate.tables import Tap
from core.house import House, build_house
from core.privacy.purge import purge
from core.settings import load_settings

# Of the second term of school year 114, which ends on 30 June; kept for thirty days more.
FIRST_DAY = date(2026, 3, 2)
NIGHT = datetime.fromisoformat("2026-08-02T01:00:00+08:00")
CHILDREN_A_SCHOOL = 1000
MEGABYTE = 1 << 20


def main(arguments: Sequence[str] | None = None) -> None:
    """Purge the town on the engines asked for; print a table, keep the numbers."""
    stop_at_sigterm()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, action="append", help="default: both")
    parser.add_argument("--students", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=50, help="at most 100; one tap each a day")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="only see that it runs")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    town = Town(max(1, options.students // CHILDREN_A_SCHOOL), CHILDREN_A_SCHOOL, bound_every=3)
    if options.small:
        town, options.days, options.rounds = Town(schools=3, children=40, bound_every=3), 4, 1
    results = {
        engine: run_engine(engine, town, options.days, options.rounds)
        for engine in options.engine or ENGINES
    }
    _print(results)
    save("retention", results, options.results)


def run_engine(engine: str, town: Town, days: int, rounds: int) -> dict[str, Any]:
    """Return for each side its rounds: seconds, CPU seconds of the database, megabytes of WAL."""
    sides = ("months", "rows") if engine == "postgresql" else ("rows",)
    result: dict[str, Any] = {"taps": len(town.numbers()) * days}
    with open_databases(engine) as databases:
        for side in sides:
            _build(databases, side, town, days)
        for _ in range(rounds):
            for side in sides:
                result.setdefault(side, []).append(_run_side(databases, engine, side))
    return result


def _build(databases: Databases, side: str, town: Town, days: int) -> None:
    databases.make(side)
    url = databases.address(side)
    migrate_database(url)
    house = _house(url)
    build_town(url, house.vault, town)
    if side == "months":
        # The first makes three, of which the last is the first of the next three.
        for month in (FIRST_DAY, FIRST_DAY + timedelta(days=62)):
            make_months(house.engine, month)
    house.engine.dispose()
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        build_morning(url, town, day, lambda _: True, boot=f"boot-{day}")


def _house(url: str) -> House:
    return build_house(load_settings(_env_file=None, database_url=url, clock_now=NIGHT))


def _run_side(databases: Databases, engine: str, side: str) -> dict[str, float]:
    databases.copy(side, "copy")
    url = databases.address("copy")
    before = _spent(engine, url)
    started = time.perf_counter()
    _purge(url)
    seconds = time.perf_counter() - started
    after = _spent(engine, url)
    _see_that_all_went(url)
    databases.drop("copy")
    return {"seconds": seconds} | {name: after[name] - before[name] for name in after}


def _spent(engine: str, url: str) -> dict[str, float]:
    if engine == "sqlite":
        return {}
    wal = _ask(url, "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')") / MEGABYTE
    return {"wal_megabytes": float(wal), "cpu_seconds": cpu_seconds([postmaster_of(url)])}


def _purge(url: str) -> None:
    house = _house(url)
    done = purge(house)
    house.engine.dispose()
    if done is None or not all(one.is_proven for one in done):
        raise SystemExit("the purge left rows over age")


def _see_that_all_went(url: str) -> None:
    house = _house(url)
    with snapshot(house.engine) as session:
        left: int = session.execute(select(func.count()).select_from(Tap)).scalar_one()
    house.engine.dispose()
    if left:
        raise SystemExit(f"{left} taps are left")


def _ask(url: str, question: str) -> Any:
    engine = create_engine(url)
    with engine.connect() as connection:
        answer: Any = connection.execute(text(question)).scalar_one()
    engine.dispose()
    return answer


def _print(results: dict[str, Any]) -> None:
    rows = [
        (
            f"{engine}, {side}",
            f"{result['taps']:,}",
            *(
                spread([one[name] for one in result[side]], 1) if name in result[side][0] else ""
                for name in ("seconds", "cpu_seconds", "wal_megabytes")
            ),
        )
        for engine, result in results.items()
        for side in ("months", "rows")
        if side in result
    ]
    heads = ("side", "taps", "seconds", "CPU s of PostgreSQL", "WAL MB")
    print_table("a term's taps go: median (lowest–highest)", heads, rows)


if __name__ == "__main__":
    main()
