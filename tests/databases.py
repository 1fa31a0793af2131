"""Empty migrated databases, and the house a worker keeps for each.

What SQLAlchemy compiles belongs to the engine, and to compile anew costs more than most tests: one
engine serves them all.
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from core.db import metadata
from core.duty.migrate import migrate
from core.duty.months import make_months
from core.endings import keep_endings
from core.house import House, build_house
from core.sealed import KeptKey, hold_keys
from core.settings import load_settings

# Short paths: PostgreSQL's socket lives inside its folder and may have 107 characters at most.
MEMORY, DISK = Path("/dev/shm"), Path("/tmp")  # noqa: S108
# Two workers' databases with their logs need a tenth of it.
ROOM = 4 * 2**30
# The Monday of most tests: its month has parts of its own, as everywhere after the first day.
TODAY = date(2026, 11, 23)
# Deleted rows stay in the file, and who looks for one passes by them all. To cut a table short
# costs as much as many deletions: only those that have grown, with all that refer to them. The
# count of their rows is forgotten too, without which an empty table would be planned for.
CUT_SHORT = """
DO $$ DECLARE grown text; BEGIN
  SELECT string_agg(quote_ident(relname), ', ') INTO grown FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT IN ({kept})
  AND (relpages > 0 OR pg_relation_size(oid) > 40 * 8192);
  IF grown IS NOT NULL THEN EXECUTE 'TRUNCATE ' || grown || ' CASCADE'; END IF;
END $$
"""


@dataclass
class Houses:
    """One house for each address; a test is handed it with fresh keys and listeners of its own."""

    kept: dict[str, House] = field(default_factory=dict)

    def get(self, url: str) -> House:
        """Return the house at `url`."""
        if url not in self.kept:
            self.kept[url] = open_house(url)
        kept = self.kept[url]
        hold_keys(kept.engine, kept.vault)
        # Shares pool, dialect and compiled statements. Source: SQLAlchemy docs, "Engine.execution_
        # options".
        return House(kept.settings, kept.engine.execution_options(), kept.clock, kept.vault)

    def close(self) -> None:
        """Close every connection."""
        for house in self.kept.values():
            house.engine.dispose()


@dataclass
class SharedFile:
    """One SQLite file a worker, laid down anew for each test."""

    path: Path
    template: bytes
    houses: Houses

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Lend the address of an empty migrated database."""
        self.path.write_bytes(self.template)
        url = f"sqlite:///{self.path}"
        yield url
        if url in self.houses.kept:
            self.houses.kept[url].engine.dispose()
        # Whoever still holds the old file goes on with the old file.
        for left in self.path.parent.iterdir():
            left.unlink()


@dataclass
class SharedDatabase:
    """One PostgreSQL database a worker: emptying it is far quicker than making another."""

    server: str
    template: str
    houses: Houses
    name: str = ""

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Lend the address of an empty migrated database."""
        if not self.name:
            self.name = f"test_{uuid.uuid4().hex[:12]}"
            run_on(self.server, f"CREATE DATABASE {self.name} TEMPLATE {self.template}")
        url = with_database(self.server, self.name)
        yield url
        self._delete_rows(self.houses.get(url))

    def _delete_rows(self, house: House) -> None:
        """Whatever stands in the way costs the database, not the next test."""
        # What a migration put there stays.
        kept = {KeptKey.__tablename__, "alembic_version"}
        names = [name for name in metadata().tables if name not in kept]
        # No foreign keys while deleting: the order of the tables does not matter then.
        deletes = "; ".join(f'DELETE FROM "{name}"' for name in names)  # noqa: S608
        settings = "SET LOCAL lock_timeout = '2s'; SET LOCAL session_replication_role = replica"
        cut_short = CUT_SHORT.format(kept=", ".join(f"'{name}'" for name in kept))
        try:
            with house.engine.begin() as connection:
                connection.exec_driver_sql(f"{settings}; {cut_short}; {deletes}")
        except DBAPIError:
            self.drop()

    def drop(self) -> None:
        """Give the database up."""
        if self.name:
            url = with_database(self.server, self.name)
            if gone := self.houses.kept.pop(url, None):
                gone.engine.dispose()
            run_on(self.server, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
            self.name = ""


def quick_place() -> Path:
    """Return where files are quick: in memory if there is plenty. Nobody cuts the power here."""
    has_room = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if has_room else DISK


def migrated_file(path: Path) -> Path:
    """Return `path`, where a migrated SQLite file now lies."""
    house = open_house(f"sqlite:///{path}")
    migrate(house.engine)
    with house.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    house.engine.dispose()
    return path


def migrated_database(server: str) -> str:
    """Return the name of a new migrated database on the server."""
    name = f"template_{uuid.uuid4().hex[:12]}"
    run_on(server, f"CREATE DATABASE {name}")
    house = open_house(with_database(server, name))
    migrate(house.engine)
    make_months(house.engine, TODAY)
    house.engine.dispose()
    return name


def open_house(url: str) -> House:
    """Return a house at `url` with every setting's default; what ends in it is filed nowhere."""
    house = build_house(load_settings(_env_file=None, database_url=url, clock_now=None))
    keep_endings(house.engine, None)
    return house


def with_database(server: str, name: str) -> str:
    """Return the address of a database on the server."""
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def run_on(server: str, statement: str) -> None:
    """Run one statement outside any transaction."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()
