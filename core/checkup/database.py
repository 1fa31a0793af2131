"""Whether the database is fit: it answers, can be written, is new enough, durable and migrated."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from core.db import durability_problem
from core.duty.migrate import applied_revision, is_current, is_known
from core.errors import Fault

# The oldest the makers still mend. Source: postgresql.org, "Versioning Policy" (read 2026-11-22).
LEAST_POSTGRESQL = 14
# Brought UPDATE FROM and RETURNING, 3.35. Source: SQLite docs, "Release History".
LEAST_SQLITE = (3, 35)
MOST_SKEW_SECONDS = 2
# Three processes with pools of thirty, and some for people.
LEAST_CONNECTIONS = 100


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
    except SQLAlchemyError as error:
        problem = f"the database does not answer ({type(error).__name__})"
        yield Fault("database", problem, "Check DATABASE_URL")


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


def _sqlite() -> Iterator[Fault]:
    if sqlite3.sqlite_version_info < LEAST_SQLITE:
        hint = "Install a newer Python, which brings it along"
        yield Fault("SQLite", f"version {sqlite3.sqlite_version} is too old", hint)


def _postgresql(connection: Connection) -> Iterator[Fault]:
    facts = connection.execute(
        text(
            "SELECT current_setting('server_version_num')::int / 10000 AS version,"
            " current_setting('server_encoding') AS encoding,"
            " current_setting('max_connections')::int AS connections,"
            " pg_is_in_recovery() AS is_standby, clock_timestamp() AS clock"
        )
    ).one()
    here = datetime.now(UTC)
    if facts.version < LEAST_POSTGRESQL:
        hint = f"Take version {LEAST_POSTGRESQL} or newer"
        yield Fault("PostgreSQL", f"version {facts.version} is too old", hint)
    if facts.encoding != "UTF8":
        hint = "Make the database with ENCODING 'UTF8'; rare names are lost otherwise"
        yield Fault("PostgreSQL", f"its encoding is {facts.encoding}", hint)
    if facts.is_standby:
        yield Fault(
            "DATABASE_URL", "names a standby", "Name the primary; a standby can't be written"
        )
    if facts.connections < LEAST_CONNECTIONS:
        hint = "Raise max_connections: docs/operations/grown.md counts them"
        yield Fault("PostgreSQL", f"takes only {facts.connections} connections", hint)
    skew = abs((facts.clock - here).total_seconds())
    if skew > MOST_SKEW_SECONDS:
        hint = "Let chrony or systemd-timesyncd set both clocks"
        yield Fault("clock", f"{skew:.0f} s off the database's", hint)
