"""From taps at the gate to pushes LINE accepted: how many a second, how late, at what cost.

LINE is a stub over TLS on this machine. Beside the product, in the same run: the usual bot that
pushes inside its request, queues whose programs are installed, and bare loops with neither taps
nor database. CPU is that of a side's own processes and PostgreSQL; the readers and the stub are
left out of it, not of the rates. At the end all is held against what must be reached.

On two busy cores the sides take 10 minutes, the loads 8, the outbox 1; to load a town of a million
into SQLite alone took 10. --quick leaves out the loads and towns that take long.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import delivery_tables as tables
from bench.databases import ENGINES, Databases, open_databases
from bench.delivery_tables import LABELS
from bench.growth import build, measure_growth
from bench.line_stub import Stub, open_stub
from bench.messages import measure_making, message
from bench.on_time import Load, run_load
from bench.outbox import measure_outbox
from bench.programs import stop_at_sigterm
from bench.queue_peers import available, missing, queue_bot
from bench.report import RESULTS, save
from bench.sides import BATCH, LINE_MOST, Bare, Measured, Side, Web, bot, product, taps_of
from bench.targets import delivery_findings, print_targets
from bench.town import Town

# Slow sides get fewer messages a round; a rate needs seconds, not numbers.
SHARES = {"kept": 5, "fresh": 10, "dramatiq_sdk": 5, "dramatiq_lean": 2}
BOTS = ("kept", "fresh")
SLOW_SIDES = ("postgresql_unpaced", "postgresql", "kept", "dramatiq_sdk")
SINGLE_SIDES = ("postgresql_unpaced", "sqlite_unpaced", "kept")
SLOW_SECONDS = 0.05
SINGLES_SHARE = 4
# By 20, to a slow LINE, one by one: no side has more rounds than these.
KINDS = 3
UNPACED = "_unpaced"
WARM_UP_ROUNDS = 1
Measure = Callable[[Any, int], Measured]


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a run is. `messages` a round; `loads` of taps; `sizes` in students."""

    sides: tuple[str, ...]
    schools: int
    rounds: int
    messages: int
    loads: tuple[Load, ...]
    sizes: tuple[int, ...]
    rows: int
    made: int
    grown: tuple[str, ...] = ENGINES

    @property
    def town(self) -> Town:
        """Return a town with as many children as one side can need: each taps once."""
        rounds = KINDS * self.rounds + WARM_UP_ROUNDS
        taps = rounds * taps_of(self.messages)
        taps += sum(round(load.per_second * load.seconds) for load in self.loads)
        # What a school has left may be less than a batch.
        return Town(self.schools, -(-taps // self.schools) + 2 * BATCH, bound_every=1)


WHOLE = Scale(
    tuple(LABELS),
    schools=200,
    rounds=5,
    messages=4000,
    loads=(Load(50, 1, 30), Load(200, 1, 30), Load(1000, 20, 60), Load(2000, 20, 60)),
    sizes=(10_000, 100_000, 1_000_000),
    rows=8000,
    made=20_000,
)
QUICK = replace(
    WHOLE,
    schools=40,
    loads=(Load(50, 1, 10), Load(200, 1, 10)),
    sizes=(10_000, 100_000),
)
# Most of the time goes into starting programs: each kind is started, not each side.
SMALL = Scale(
    ("postgresql", "sqlite_unpaced", "fresh", "bare", "bare_ours"),
    schools=4,
    rounds=1,
    messages=80,
    loads=(Load(20, 1, 0.5),),
    sizes=(80,),
    rows=80,
    made=100,
    grown=("sqlite",),
)


class Stage:
    """All sides of one run, and the stub they push to."""

    def __init__(self, folder: Path, scale: Scale, stub: Stub) -> None:
        self.folder = folder
        self.scale = scale
        self.stub = stub
        self.content = folder / "content"
        self.content.write_bytes(message(0))
        self.sides: dict[str, Side] = {
            "bare": Bare(self.content, "aiohttp"),
            "bare_ours": Bare(self.content, "ours"),
        }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every part; print tables, keep the numbers."""
    stop_at_sigterm()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, help="default: 5")
    parser.add_argument("--messages", type=int, help="a round of the fastest; default: 4000")
    parser.add_argument("--quick", action="store_true", help="less load, 100,000 students")
    parser.add_argument("--small", action="store_true", help="only see that it runs")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    scale = SMALL if options.small else QUICK if options.quick else WHOLE
    rounds, messages = options.rounds or scale.rounds, options.messages or scale.messages
    results: dict[str, Any] = {}
    try:
        run(replace(scale, rounds=rounds, messages=messages), results)
    finally:
        # What was measured in half an hour is kept even if the last part fails.
        save("delivery", results, options.results)


def run(scale: Scale, results: dict[str, Any]) -> None:
    """Measure every part, print it at once and add its numbers, one for each round."""
    results["missing_peers"] = missing()
    for name, what in results["missing_peers"].items():
        print(f"skipped: {name} (not installed: {what})")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gate-bench-")))
        stub = stack.enter_context(open_stub(folder))
        places = {engine: stack.enter_context(open_databases(engine)) for engine in ENGINES}
        with _open_sides(Stage(folder, scale, stub), places) as stage:
            _measure_sides(stage, results)
        results["outbox"] = {
            engine: measure_outbox(place, scale.rows, scale.rounds)
            for engine, place in places.items()
        }
        tables.print_outbox(results["outbox"])
        results["making"] = measure_making(scale.made, scale.rounds)
        tables.print_making(results["making"])
        # Last, as it takes the longest.
        results["growth"] = {}
        for engine in scale.grown:
            place = places[engine]
            grown = measure_growth(place, stub, folder, scale.sizes, rounds=scale.rounds)
            results["growth"][engine] = grown
            tables.print_growth({engine: grown})
    print_targets(delivery_findings(results))


def _measure_sides(stage: Stage, results: dict[str, Any]) -> None:
    names, stub = stage.scale.sides, stage.stub
    results["rates"] = _rates(stage, names, lambda side, count: side.measure(stub, count))
    tables.print_rates("taps over HTTP, by 20, to accepted pushes", results["rates"])
    results["slow"] = _rates(
        stage, SLOW_SIDES, lambda side, count: side.measure(stub, count, SLOW_SECONDS)
    )
    tables.print_rates("the same, LINE taking 50 ms", results["slow"])
    results["singles"] = _rates(
        stage, SINGLE_SIDES, lambda side, count: side.measure(stub, count // SINGLES_SHARE, batch=1)
    )
    tables.print_rates("the same, each tap a request of its own", results["singles"])
    results["delays"] = _delays(stage)
    tables.print_delays(results["delays"])


@contextmanager
def _open_sides(stage: Stage, places: dict[str, Databases]) -> Iterator[Stage]:
    """Run all sides at once, each product on a copy of its engine's town."""
    with ExitStack() as stack:
        for engine, place in places.items():
            build(place, "town", stage.scale.town)
            for name in stage.scale.sides:
                if name.startswith(engine):
                    place.copy("town", name)
                    stage.sides[name] = stack.enter_context(_product(stage, place, name))
        for name in stage.scale.sides:
            if name in BOTS:
                running = bot(name, stage.content, stage.scale.town, stage.stub)
                stage.sides[name] = stack.enter_context(running)
            if name in available():
                queue = queue_bot(
                    name, stage.content, stage.scale.town, stage.stub, places["postgresql"]
                )
                stage.sides[name] = stack.enter_context(queue)
        # Connections are opened and statements compiled before anything counts.
        _rates(
            stage,
            stage.scale.sides,
            lambda side, count: side.measure(stage.stub, count),
            WARM_UP_ROUNDS,
        )
        yield stage


def _product(stage: Stage, place: Databases, name: str) -> AbstractContextManager[Web]:
    return product(
        place.address(name),
        stage.scale.town,
        stage.stub,
        stage.folder,
        is_paced=not name.endswith(UNPACED),
    )


def _rates(
    stage: Stage, names: Sequence[str], measure: Measure, rounds: int | None = None
) -> dict[str, Any]:
    """Let the sides take turns, as often as the scale says."""
    here = [name for name in names if name in stage.sides]
    rates: dict[str, Any] = {name: {"rate": [], "cpu_micros": []} for name in here}
    for _ in range(rounds or stage.scale.rounds):
        for name in here:
            messages = stage.scale.messages // SHARES.get(name, 1)
            measured = measure(stage.sides[name], messages)
            rates[name]["rate"].append(measured.rate)
            rates[name]["cpu_micros"].append(measured.cpu_micros)
    return rates


def _delays(stage: Stage) -> list[dict[str, Any]]:
    """Send each load to the product; what LINE would not take goes to the unpaced one."""
    results = []
    for load in stage.scale.loads:
        for engine in ENGINES:
            name = engine if load.per_second < LINE_MOST else engine + UNPACED
            side = stage.sides.get(name)
            if not isinstance(side, Web):
                continue
            try:
                told = run_load(side, stage.stub, load).told()
            except RuntimeError as error:
                # Taps that waited for minutes are refused or no news any more.
                print(f"not held: {load.per_second:,}/s {LABELS[name]}: {error}")
                continue
            results.append({"side": name, "per_second": load.per_second, **told})
    return results


if __name__ == "__main__":
    main()
