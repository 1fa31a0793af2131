"""The same rush into a small and a large database, and the cut-off of the day after.

What a message and a student cost then.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.databases import Databases, migrate_database
from bench.history import build_history
from bench.line_stub import Stub
from bench.no_show import CUTOFF, StopWatch, came, sweep_ours
from bench.sides import MORNING, WARM_UP_SHARE, product
from bench.town import Town, build_morning, build_town
from core.clock import school_day_of
from core.house import build_house
from core.settings import load_settings

CHILDREN_A_SCHOOL = 1000
# Friday before the Monday of the rush.
BEFORE = timedelta(days=3)
AFTER = timedelta(days=1)


def build(databases: Databases, name: str, town: Town, *, has_history: bool = False) -> str:
    """Make a database with a town, whose children may all have come on a former day."""
    databases.make(name)
    url = databases.address(name)
    migrate_database(url)
    house = build_house(load_settings(_env_file=None, database_url=url))
    build_town(url, house.vault, town)
    house.engine.dispose()
    if has_history:
        before = datetime.fromisoformat(MORNING) - BEFORE
        build_history(url, town, school_day_of(before), before)
    return url


def town_of(students: int) -> Town:
    """Return a town of so many children; each has a guardian."""
    schools = max(1, students // CHILDREN_A_SCHOOL)
    return Town(schools, students // schools, bound_every=1)


def measure_growth(
    databases: Databases, stub: Stub, folder: Path, sizes: Sequence[int], *, rounds: int
) -> list[dict[str, Any]]:
    """Return CPU a message and messages a second at each size, the sizes taking turns.

    Of the no-show, which a whole day must be loaded for, there is one measurement a size.
    """
    # The smallest town's children last for all rounds and one before them, warming up included.
    messages = min(sizes) // (rounds + 1) * WARM_UP_SHARE // (WARM_UP_SHARE + 2)
    results: list[dict[str, Any]] = []
    with ExitStack() as stack:
        sides = []
        for students in sizes:
            town = town_of(students)
            url = build(databases, f"grown_{students}", town, has_history=True)
            sides.append(stack.enter_context(product(url, town, stub, folder, is_paced=True)))
            results.append({"students": students, "cpu_micros": [], "rate": []})
            # The first requests of a process open connections and compile statements.
            sides[-1].measure(stub, messages)
        for _ in range(rounds):
            for side, result in zip(sides, results, strict=True):
                measured = side.measure(stub, messages)
                result["cpu_micros"].append(measured.cpu_micros)
                result["rate"].append(measured.rate)
    for result in results:
        students = result["students"]
        url = databases.address(f"grown_{students}")
        result["no_show_micros"] = [_no_show_micros(url, town_of(students))]
    return results


def _no_show_micros(url: str, town: Town) -> float:
    """Return the microseconds a student that the no-show of the next day takes."""
    cutoff = CUTOFF + AFTER
    build_morning(url, town, school_day_of(cutoff), came, boot="bench-after")
    watch = StopWatch()
    sweep_ours(url, cutoff, sum(not came(number) for number in town.numbers()), watch)
    return watch.seconds[0] / len(town.numbers()) * 1e6
