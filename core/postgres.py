"""Connections to PostgreSQL: prepared when they open, patient for so long, looked after at rest."""

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import Dialect, Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError

from core.arrays import register

# A connection used just now is taken as it is.
FRESH_SECONDS = 5
# No transaction of ours waits for anything but the database, so none is silent for so long.
ABANDONED_SECONDS = 10
# A caller that is told "not now" comes again; one that waits holds a thread and a connection. No
# statement of ours takes half of this with a whole city's rows.
LOCK_SECONDS = 10.0
STATEMENT_SECONDS = 60.0
# A server that is cut off says nothing; without these a connection to it waits for a quarter of an
# hour. Source: PostgreSQL manual, "Parameter Key Words"; tcp_user_timeout counts milliseconds.
NETWORK = {
    "connect_timeout": "5",
    "tcp_user_timeout": "10000",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a statement may wait for a lock, and how long it may take, on PostgreSQL."""

    lock_seconds: float = LOCK_SECONDS
    statement_seconds: float = STATEMENT_SECONDS


# Of threads somebody waits at: LINE hangs up after two seconds, and comes again as readers do.
FOR_CALLERS = Patience(lock_seconds=1.5, statement_seconds=20.0)
PATIENT = Patience()


def heed_network(url: URL) -> URL:
    """Return the address with NETWORK for what it does not say itself.

    In the address: whoever listens beside the pool reads it there.
    """
    return url.set(query={**NETWORK, **url.query})


def watch_connections(engine: Engine, patience: Patience) -> None:
    """Prepare each of the engine's connections, and replace what died at rest."""
    event.listen(engine, "connect", partial(_prepare, patience))
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_look_after_rest, engine.dialect))


def _prepare(patience: Patience, connection: Any, _record: Any) -> None:
    """Let nobody hold rows for long who went away in the middle: stopped, or cut off.

    Arrays go as bytes: to write frozen messages in hexadecimal, quote and read them again costs
    more than to store them. Moments come in Python's own UTC: in another zone, even one that is
    UTC by another name, each costs three times as much to make and to compare. Source: psycopg
    docs, "Binary parameters and results", "Date/time types adaptation".
    """
    connection.adapters.register_dumper(list, ListBinaryDumper)
    register(connection)
    connection.execute("SET TIME ZONE 'UTC'")
    # No statement of ours runs for so long that it pays to compile it first.
    connection.execute("SET jit = off")
    connection.execute(f"SET idle_in_transaction_session_timeout = '{ABANDONED_SECONDS}s'")
    connection.execute(f"SET lock_timeout = '{patience.lock_seconds * 1000:.0f}ms'")
    connection.execute(f"SET statement_timeout = '{patience.statement_seconds * 1000:.0f}ms'")
    connection.commit()


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _look_after_rest(dialect: Dialect, connection: Any, record: Any, _proxy: Any) -> None:
    """Replace a connection that died while it lay idle; in a rush nothing is asked twice.

    Source: SQLAlchemy docs, "Disconnect Handling - Pessimistic"; its pre-ping asks each time.
    """
    if time.monotonic() - record.info.get("used_at", 0) < FRESH_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except psycopg.Error as error:
        raise DisconnectionError from error
