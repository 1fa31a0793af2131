"""The city's day against the grown deployment on one machine: web ×2, worker ×2, clock, PostgreSQL.

Taps come when they are due, however slow the answers are, and delays count from then; LINE is a
stub. Each part begins with a copy of one town and has marks of its own. The verdict is drawn from
the readers' ledger and LINE's, not from the product. --scale takes a share of the city, --hurry
shortens the parts.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import update

from bench.cpu import CpuMeter, postmaster_of
from bench.databases import Databases, migrate_database, open_databases
from bench.load_client import Readers, Sent, statuses_of
from bench.load_marks import Facts, judge_marks
from bench.load_parts import NAMES, PARTS, City, Part, Plan, Trouble, plan
from bench.load_stub import LoadStub, open_load_stub
from bench.load_words import Outcome, is_promise_held, numbers, print_outcome, told
from bench.programs import running, served, stop_at_sigterm
from bench.report import RESULTS, save
from bench.town import build_morning, build_town, made_id
from bench.verdict import Telling, judge, judge_people, tellings
from core.calendar.policy import NewRule, add_rule
from core.clock import TAIPEI
from core.db import transaction
from core.gate.tables import Reader
from core.house import build_house
from core.settings import load_settings

DAY = datetime(2026, 11, 23, tzinfo=TAIPEI)
# From the beginning of the part, so that everything is up by then; what is not makes it look late.
CUTOFF_SECONDS = 120.0
WEBS, WORKERS = 2, 2
# So long nothing new came: the rest is not coming.
QUIET_SECONDS = 45.0


class Stage:
    """What all parts share."""

    def __init__(self, folder: Path, city: City, place: Databases, stub: LoadStub) -> None:
        self.folder = folder
        self.city = city
        self.place = place
        self.stub = stub


@dataclass(frozen=True, slots=True)
class Deployed:
    """The ports of the web servers, and by program its processes."""

    ports: list[int]
    programs: dict[str, list[int]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts asked for; print what was measured and the verdict, keep both."""
    stop_at_sigterm()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the city; default: 1")
    parser.add_argument("--hurry", type=float, default=1.0, help="parts so many times shorter")
    parser.add_argument("--part", choices=NAMES, action="append", help="default: all")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    city = City(options.scale, options.hurry)
    parts = [part for part in PARTS if part.name in (options.part or NAMES)]
    outcomes = run(city, parts)
    save("load", {"told": told(city, outcomes), "parts": numbers(outcomes)}, options.results)
    return 0 if is_promise_held(outcomes) else 1


def run(city: City, parts: Sequence[Part]) -> list[Outcome]:
    """Run one part after another and print each."""
    outcomes = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gate-load-")))
        place = stack.enter_context(open_databases("postgresql"))
        stub = stack.enter_context(open_load_stub(folder))
        stage = Stage(folder, city, place, stub)
        _build(stage)
        for part in parts:
            outcomes.append(_run_part(stage, part))
            print_outcome(city, outcomes[-1])
    return outcomes


def _build(stage: Stage) -> None:
    stage.place.make("town")
    url = stage.place.address("town")
    migrate_database(url)
    house = build_house(load_settings(_env_file=None, database_url=url))
    build_town(url, house.vault, stage.city.town)
    with transaction(house.engine) as session:
        for school in range(stage.city.town.schools):
            rule = NewRule(grace_minutes=0)
            add_rule(session, stage.city.town.school_code(school), rule, by="load", now=DAY)
    house.engine.dispose()


def _run_part(stage: Stage, part: Part) -> Outcome:
    stage.place.copy("town", "part")
    url, town = stage.place.address("part"), stage.city.town
    if part.came:
        build_morning(url, town, DAY.date(), lambda number: _came(part, number))
    moment = datetime.combine(DAY.date(), datetime.strptime(part.at, "%H:%M:%S").time(), TAIPEI)  # noqa: DTZ007
    _hear_readers(url, moment)
    stage.stub.begin(stage.city.outage_seconds(part), stage.city.allowance(part))
    shift = moment - datetime.now(TAIPEI)
    began = time.monotonic()
    try:
        with _deployed(stage, url, shift) as deployed:
            meter = CpuMeter({**deployed.programs, "database": [postmaster_of(url)]})
            if part.per_second or not part.is_live:
                outcome = _tap(stage, part, deployed.ports, shift)
            else:
                outcome = _await_no_shows(stage, part, began + CUTOFF_SECONDS)
            return replace(outcome, cpu=meter.seconds())
    finally:
        stage.place.drop("part")


def _came(part: Part, number: int) -> bool:
    return number % 100 < part.came * 100


def _hear_readers(url: str, moment: datetime) -> None:
    house = build_house(load_settings(_env_file=None, database_url=url))
    with transaction(house.engine) as session:
        heard = moment + timedelta(seconds=CUTOFF_SECONDS)
        session.execute(update(Reader).values(last_contact_at=heard, clock_offset_seconds=0.0))
    house.engine.dispose()


@contextmanager
def _deployed(stage: Stage, url: str, shift: timedelta) -> Iterator[Deployed]:
    """Run the grown deployment."""
    environment = {**stage.stub.environment, "DATABASE_URL": url}
    program = ["-m", "bench.at_clock", str(shift.total_seconds())]
    with ExitStack() as stack:
        programs: dict[str, list[int]] = {"web": [], "worker": [], "clock": []}
        for name in [*["worker"] * WORKERS, "clock"]:
            process = stack.enter_context(running([*program, name], environment, _log(stage)))
            programs[name].append(process.pid)
        ports = []
        for _ in range(WEBS):
            web = [*program, "web", "--workers", "1"]
            port, pid = stack.enter_context(served(web, environment, _log(stage)))
            ports.append(port)
            programs["web"].append(pid)
        yield Deployed(ports, programs)


def _tap(stage: Stage, part: Part, ports: list[int], shift: timedelta) -> Outcome:
    town, planned = stage.city.town, plan(stage.city, part)
    everything = [*planned.live, *planned.kept]
    Readers(town, ports, shift).send(planned.live, planned.kept)
    _await_count(stage.stub, _taps(planned.live), time.monotonic())
    ledger = stage.stub.ledger()
    heard = tellings(town, planned.live, ledger)
    facts = Facts(stage.city, part, heard, ledger, _kept_rate(planned.kept))
    verdict = judge(town, planned.live, ledger, wanted=True)
    unanswered = sum(sent.answered_at is None for sent in planned.kept)
    return Outcome(
        part,
        _seconds(part, planned, heard),
        _taps(everything),
        facts.kept_rate,
        dict(statuses_of(everything)),
        ledger.statuses,
        replace(verdict, unanswered=verdict.unanswered + unanswered),
        judge_marks(facts),
    )


def _taps(schedule: Sequence[Sent]) -> int:
    return sum(len(sent.batch.card_uids) for sent in schedule)


def _kept_rate(kept: Sequence[Sent]) -> float:
    answered = [sent.answered_at for sent in kept if sent.answered_at]
    if not answered:
        return 0.0
    return _taps(kept) / (max(answered) - min(sent.due for sent in kept))


def _seconds(part: Part, planned: Plan, heard: Sequence[Telling]) -> Mapping[str, list[float]]:
    """Return the delays apart by whom they are judged for."""
    loud = 0 if part.trouble is Trouble.LOUD else None
    return {
        "answered": [sent.seconds for sent in planned.live if sent.answered_at],
        "kept answered": [sent.seconds for sent in planned.kept if sent.answered_at],
        "told": [one.seconds for one in heard if one.school != loud],
        "told at the loud school": [one.seconds for one in heard if one.school == loud],
    }


def _await_no_shows(stage: Stage, part: Part, due: float) -> Outcome:
    town = stage.city.town
    absent = {f"U{made_id('line', one)}" for one in town.bound() if not _came(part, one)}
    _await_count(stage.stub, len(absent), due)
    ledger = stage.stub.ledger()
    heard = [Telling(0, due, at) for at in ledger.people.values()]
    verdict = judge_people(absent, absent, ledger)
    judged = judge_marks(Facts(stage.city, part, heard, ledger))
    seconds = {"told": [one.seconds for one in heard]}
    return Outcome(part, seconds, 0, 0.0, {}, ledger.statuses, verdict, judged)


def _await_count(stub: LoadStub, count: int, due: float) -> None:
    """Wait until so many were told, or nobody more is; nothing is late before it is due."""
    seen, seen_at = 0, due
    while seen < count and time.monotonic() < seen_at + QUIET_SECONDS:
        now = stub.count()
        if now > seen:
            seen, seen_at = now, time.monotonic()
        time.sleep(0.2)
    # Who is told a second time is told soon after.
    time.sleep(2.0)


def _log(stage: Stage) -> Path:
    return stage.folder / f"{time.monotonic_ns()}.log"


if __name__ == "__main__":
    sys.exit(main())
