"""Plain rows straight through the driver, as fast as the engine takes them.

Rows hold what both engines read alike: ids as 32 hex digits, moments as UTC text.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy import ColumnDefault, Table
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from core.crypto import Pseudonyms
from core.db import table_of
from core.house import build_house
from core.sealed import keyring_of
from core.settings import load_settings

# Rows come in no order an index would like: pages that leave memory early are written many times.
SQLITE_LOADING = ("PRAGMA foreign_keys=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-4194304")
POSTGRES_LOADING = ("SET session_replication_role = replica",)


class Loader:
    """Load tables over one connection; references are not looked up, the rows are known to fit.

    LINE user ids are given in clear and stored as the product stores them.
    """

    def __init__(self, connection: Any, people: Pseudonyms) -> None:
        self._connection = connection
        self._people = people

    def load(
        self, model: type[SQLModel], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
    ) -> None:
        """Write rows of the named columns; the others take the model's plain defaults."""
        table = table_of(model)
        constants = _constants(table, columns)
        names = ", ".join([*columns, *constants])
        hidden = [columns.index(one) for one in columns if one == "line_user_id"]
        complete = (self._hide(row, hidden) + tuple(constants.values()) for row in rows)
        if isinstance(self._connection, sqlite3.Connection):
            marks = ", ".join("?" * (len(columns) + len(constants)))
            statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608
            self._connection.executemany(statement, complete)
            return
        with self._connection.cursor().copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in complete:
                copy.write_row(row)

    def _hide(self, row: tuple[Any, ...], hidden: Sequence[int]) -> tuple[Any, ...]:
        for place in hidden:
            row = (*row[:place], self._people.hide(row[place]), *row[place + 1 :])
        return row


@contextmanager
def loading(url: str) -> Iterator[Loader]:
    """Open a database for one load, committed at the end."""
    with closing(connect(url)) as connection:
        is_sqlite = isinstance(connection, sqlite3.Connection)
        for statement in SQLITE_LOADING if is_sqlite else POSTGRES_LOADING:
            connection.execute(statement)
        yield Loader(connection, _people_of(url))
        connection.commit()
        if not is_sqlite:
            # What PostgreSQL's own housekeeping does within minutes; SQLite has none.
            connection.autocommit = True
            connection.execute("VACUUM ANALYZE")


def _people_of(url: str) -> Pseudonyms:
    engine = build_house(load_settings(database_url=url)).engine
    people = keyring_of(engine.dialect).line_users
    engine.dispose()
    return people


def connect(url: str) -> Any:
    """Open the driver's own connection, as durable as the product's."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        address = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(address, options="-c timezone=UTC")
    connection = sqlite3.connect(str(parsed.database))
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def moment(at: datetime) -> str:
    """Return a moment as both engines store it."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _constants(table: Table, given: Sequence[str]) -> dict[str, Any]:
    defaults = {
        column.name: column.default.arg
        for column in table.columns
        if isinstance(column.default, ColumnDefault) and column.default.is_scalar
    }
    return {
        name: value if isinstance(value, int) else str(value)
        for name, value in defaults.items()
        if name not in given and value is not None
    }
