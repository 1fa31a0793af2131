"""Whether the database is fit: it answers, can be written, is new enough, durable and migrated."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from core.crypto import SealBroken
from core.db import POOL, durability_problem
from core.duty.migrate import applied_revision, is_current, is_fit, is_known
from core.duty.silence import silence
from core.errors import Fault
from core.sealed import keyring_of

# The oldest the makers still mend. Source: postgresql.org, "Versioning Policy" (read 2026-11-22).
LEAST_POSTGRESQL = 14
# Brought UPDATE FROM and RETURNING, 3.35. Source: SQLite docs, "Release History".
LEAST_SQLITE = (3, 35)
MOST_SKEW_SECONDS = 2
# One web process and one worker at their most, each a pool and one beside it, a clock's pool, and
# some for people. How many run, and on which machines, no setting says.
LEAST_CONNECTIONS = 2 * (POOL + 1) + POOL + 8


@dataclass(frozen=True, slots=True)
class Server:
    """What a PostgreSQL says of itself. `version` is the major one."""

    version: int
    encoding: str
    connections: int
    is_standby: bool
    clock: datetime


def database_faults(engine: Engine) -> Iterator[Fault]:
    """Return what is wrong with the database."""
    try:
        if engine.dialect.name == "sqlite":
            yield from _sqlite()
        else:
            with engine.connect() as connection:
                yield from _postgresql(connection)
            if problem := durability_problem(engine):
                yield Fault(
                    "DATABASE_URL",
                    problem,
                    "Switch it on: a tap answered 2xx must survive a power cut",
                )
        yield from _migrations(engine)
        if is_fit(engine):
            yield from _keys(engine)
    except SQLAlchemyError as error:
        yield silence(error)


def faults_of_the_shape(engine: Engine) -> Iterator[Fault]:
    """Return why no command can work on the database: it does not answer, or lacks tables."""
    try:
        if not is_fit(engine):
            yield from _migrations(engine)
    except SQLAlchemyError as error:
        yield silence(error)


def _migrations(engine: Engine) -> Iterator[Fault]:
    if is_current(engine):
        return
    revision = applied_revision(engine)
    if revision is not None and not is_known(revision):
        hint = "Install the release that brought it; until then this one goes on"
        yield Fault("migrations", f"the database is ahead ({revision})", hint)
    else:
        hint = "Run: python app.py migrate"
        yield Fault("migrations", "the database lacks some", hint)


def _keys(engine: Engine) -> Iterator[Fault]:
    """Try the keys on what everything needs: the kept key of the LINE user ids."""
    try:
        _ = keyring_of(engine.dialect).line_users
    except SealBroken:
        hint = "Put back those it was written with; python app.py keys status counts what lacks one"
        yield Fault("DATA_KEYS", "none of them opens this database", hint)


def _sqlite() -> Iterator[Fault]:
    if sqlite3.sqlite_version_info < LEAST_SQLITE:
        hint = "Install a newer Python, which brings it along"
        yield Fault("SQLite", f"version {sqlite3.sqlite_version} is too old", hint)


def _postgresql(connection: Connection) -> Iterator[Fault]:
    row: Any = connection.execute(
        text(
            "SELECT current_setting('server_version_num')::int / 10000,"
            " current_setting('server_encoding'), current_setting('max_connections')::int,"
            " pg_is_in_recovery(), clock_timestamp()"
        )
    ).one()
    yield from server_faults(Server(*row), datetime.now(UTC))


def server_faults(server: Server, now: datetime) -> Iterator[Fault]:
    """Return what is wrong with a PostgreSQL; `now` is this machine's clock."""
    if server.version < LEAST_POSTGRESQL:
        hint = f"Take version {LEAST_POSTGRESQL} or newer"
        yield Fault("PostgreSQL", f"version {server.version} is too old", hint)
    if server.encoding != "UTF8":
        hint = "Make the database with ENCODING 'UTF8'; rare names are lost otherwise"
        yield Fault("PostgreSQL", f"its encoding is {server.encoding}", hint)
    if server.is_standby:
        yield Fault(
            "DATABASE_URL", "names a standby", "Name the primary; a standby can't be written"
        )
    if server.connections < LEAST_CONNECTIONS:
        hint = (
            f"Raise max_connections: {LEAST_CONNECTIONS} are for one web process, worker and "
            "clock each, docs/operations/grown.md counts more of them"
        )
        yield Fault("PostgreSQL", f"takes only {server.connections} connections", hint)
    skew = abs((server.clock - now).total_seconds())
    if skew > MOST_SKEW_SECONDS:
        hint = "Let chrony or systemd-timesyncd set both clocks"
        yield Fault("clock", f"{skew:.0f} s off the database's", hint)
