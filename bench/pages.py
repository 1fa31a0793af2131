"""What a page costs: a hundred guardians look at once, over the real server on SQLite.

A hundred people at once are not a hundred requests at once. Each opens a page, reads it for some
five seconds, opens the next, as people do whose child has just gone through the gate: together
about twenty pages a second, at moments of their own, so that some fall together and queue. With
`--pause 0` they would be a hundred programs that read nothing; what is measured then is how many
pages the machine can make, and the queue, not the page.

Nothing is spared that a visit costs: each keeps the cookie it is given, and comes back after a
while, so that its first page also writes that its session was seen. A time runs from the request
to the last byte, at the caller, who shares the machine's processors with the server. Then one
guardian alone asks for page after page, which tells what the server itself needs. The target is of
server time, p95.
"""

import argparse
import http.client
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from bench.databases import migrate_database
from bench.programs import served, stop_at_sigterm
from bench.report import RESULTS, percentile, print_table, save
from bench.town import Town, build_morning, build_town, made_id
from core.db import transaction
from core.house import House, build_house
from core.people.sessions import open_session
from core.settings import load_settings

MORNING = "2026-11-23T07:40:00+08:00"
DAY = date(2026, 11, 23)
# Longer than a session is taken as seen without a word of it in the database.
AWAY = timedelta(minutes=5)
TARGET_MS = 50
TOWN = Town(schools=20, children=500, bound_every=2)
PAGES = {
    "home": "/liff/home",
    "child": "/liff/children/{binding}",
    "account": "/liff/account",
    "leaves": "/liff/leaves",
    "new leave": "/liff/leaves/new",
    "new child": "/liff/children/new",
    "help": "/liff/help",
}


@dataclass(slots=True)
class Guardian:
    """One browser: its cookie, its child, and the seconds each of its page views took."""

    cookie: str
    binding: str
    took: dict[str, list[float]] = field(default_factory=dict)

    def look(self, connection: http.client.HTTPConnection, name: str) -> None:
        """Open a page and keep how long it took. Raises RuntimeError unless it is there."""
        path = PAGES[name].format(binding=self.binding)
        begun = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        answer.read()
        self.cookie = answer.getheader("Set-Cookie", self.cookie).partition(";")[0]
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")
        self.took.setdefault(name, []).append(time.perf_counter() - begun)


def main(arguments: Sequence[str] | None = None) -> None:
    """Build the town, serve it, look at pages, print the table; the numbers go to var/bench."""
    stop_at_sigterm()
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="gate-bench-") as place:
        folder = Path(place)
        environment = {"DATABASE_URL": f"sqlite:///{folder}/gate.db", "CLOCK_NOW": MORNING}
        guardians = _settle(environment["DATABASE_URL"], options.guardians, options.children)
        command = ["app.py", "web", "--workers", str(options.workers)]
        with served(command, environment, folder / "web.log") as (port, _):
            _alone(port, guardians[0], 3)
            guardians[0].took.clear()
            together = _together(port, guardians, options.seconds, options.pause)
            guardians[0].took.clear()
            alone = _alone(port, guardians[0], options.alone)
    _report(together, alone, options)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guardians", type=int, default=100)
    parser.add_argument("--children", type=int, default=TOWN.children, help="of each school")
    parser.add_argument("--pause", type=float, default=5, help="seconds a page is read for")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--alone", type=int, default=30, help="rounds of one guardian")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--results", type=Path, default=RESULTS)
    return parser.parse_args(arguments)


def _settle(url: str, count: int, children: int) -> list[Guardian]:
    town = replace(TOWN, children=children)
    migrate_database(url)
    house = build_house(load_settings(_env_file=None, database_url=url))
    build_town(url, house.vault, town)
    build_morning(url, town, DAY, lambda number: number % 25 >= 4)
    guardians = [_sign_in(house, number) for number in list(town.bound())[:count]]
    house.engine.dispose()
    return guardians


def _sign_in(house: House, number: int) -> Guardian:
    now = datetime.fromisoformat(MORNING) - AWAY
    with transaction(house.engine) as session:
        token = open_session(
            session,
            house.vault,
            line_user_id=f"U{made_id('line', number)}",
            line_name="雅婷",
            proved_at=now,
            now=now,
        )
    app = Flask("bench")
    app.secret_key = house.settings.secret_key.get_secret_value()
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return Guardian(f"gate={signer.dumps({'sid': token})}", _dashed(made_id("binding", number)))


def _dashed(digits: str) -> str:
    places = (0, 8, 12, 16, 20, 32)
    return "-".join(digits[one:other] for one, other in zip(places, places[1:], strict=False))


def _together(
    port: int, guardians: Sequence[Guardian], seconds: float, pause: float
) -> dict[str, list[float]]:
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_walk, args=(port, one, until, pause, number))
        for number, one in enumerate(guardians)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {name: [took for one in guardians for took in one.took.get(name, [])] for name in PAGES}


def _walk(port: int, guardian: Guardian, until: float, pause: float, seed: int) -> None:
    chance = random.Random(seed)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    time.sleep(chance.uniform(0, pause))
    names = list(PAGES)
    # Most come for the day of their child; the rest is looked at now and then.
    weights = [6, 4, *[1] * (len(names) - 2)]
    while time.monotonic() < until:
        guardian.look(connection, chance.choices(names, weights)[0])
        time.sleep(chance.uniform(0.5, 1.5) * pause)
    connection.close()


def _alone(port: int, guardian: Guardian, rounds: int) -> dict[str, list[float]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(rounds):
        for name in PAGES:
            guardian.look(connection, name)
    connection.close()
    return dict(guardian.took)


def _report(
    together: dict[str, list[float]], alone: dict[str, list[float]], options: argparse.Namespace
) -> None:
    every = [took for times in together.values() for took in times]
    rows = [_row(name, times, alone[name]) for name, times in together.items() if times]
    rows.append(_row("all", every, [took for times in alone.values() for took in times]))
    title = f"{options.guardians} guardians, {len(every):,} pages; target p95 {TARGET_MS} ms"
    print_table(title, ("page", "views", "p50, ms", "p95, ms", "alone p50, ms"), rows)
    result: dict[str, Any] = {"together": together, "alone": alone, "pause": options.pause}
    save("pages", result, options.results)


def _row(name: str, times: Sequence[float], alone: Sequence[float]) -> tuple[str, ...]:
    numbers = (statistics.median(times), percentile(times, 0.95), statistics.median(alone))
    return (name, f"{len(times):,}", *(f"{1000 * number:,.1f}" for number in numbers))


if __name__ == "__main__":
    main()
