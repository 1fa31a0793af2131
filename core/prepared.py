"""Statements made ready once: their words in the engine's language, their types' converters.

SQLAlchemy works these out each time a statement is run, which costs more than running a short one.
Here only the driver is asked; errors are still SQLAlchemy's.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from core.arrays import is_one_thing, packer_of

Convert = Callable[[Any], Any]
# A process has one engine and some dozens of such statements; tests have many engines.
MOST = 512
# A cursor holds what it brought last: one that brought more rows is not kept.
SMALL = 4


class Rows(list[Any]):
    """What a statement brought, as named tuples; `rowcount` is how many rows it touched."""

    rowcount = -1

    def all(self) -> list[Any]:
        """Return every row."""
        return self

    def scalars(self) -> list[Any]:
        """Return the first column of every row."""
        return [row[0] for row in self]

    def one(self) -> Any:
        """Return the only row. Raises ValueError when there are none or several."""
        (row,) = self
        return row

    def scalar_one(self) -> Any:
        """Return the first column of the only row. Raises ValueError like `one`."""
        return self.one()[0]


class Prepared:
    """One statement for one engine."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        required = {name: one.type for name, one in compiled.binds.items() if one.required}
        # What is known already is spelled out here, such as the words of an IN.
        told = compiled.construct_expanded_state(dict.fromkeys(required))
        self._text: str = told.statement
        self._order: Sequence[str] | None = told.positiontup
        self._constants = {
            name: _converted(told.processors.get(name), value)
            for name, value in told.parameters.items()
            if name not in required
        }
        self._converters = {name: _binding(of, dialect) for name, of in required.items()}
        columns = dict(statement.exported_columns.items())
        # How the driver answers is known once it did.
        self._types = [one.type.dialect_impl(dialect) for one in columns.values()]
        self._found: list[tuple[int, Convert]] | None = None
        self._dialect = dialect
        # psycopg has PostgreSQL prepare what came five times; that this comes again is known. And
        # moments, ids and messages need not be written out as text and read again.
        self._is_psycopg = dialect.driver == "psycopg"
        self._how: dict[str, Any] = {"prepare": True, "binary": True} if self._is_psycopg else {}
        self._row: Convert | None = None
        if columns:
            row: Any = namedtuple("Row", columns, rename=True)  # type: ignore[misc]  # by name
            self._row = row._make

    def run(self, connection: Connection, values: Mapping[str, Any]) -> Rows:
        """Run it with these parameters; joins the connection's transaction."""
        given: Any = self._constants | {
            name: _converted(convert, values[name]) for name, convert in self._converters.items()
        }
        if self._order is not None:
            given = tuple(given[name] for name in self._order)

        def ask(cursor: Any) -> list[Any]:
            cursor.execute(self._text, given, **self._how)
            return self._rows(cursor, cursor.fetchall()) if self._row else []

        return self._ask(connection, given, ask)

    def takes(self, name: str) -> bool:
        """Tell whether it has a parameter of this name."""
        return name in self._converters

    def run_each(self, connection: Connection, values: Mapping[str, list[Any]]) -> Rows:
        """Run it once for each place of the parameters' values; for SQLite, which names none."""
        given = [
            convert_each(self._converters[name], values[name])
            if name in values
            else repeat(self._constants[name])
            for name in self._order or ()
        ]
        every = list(zip(*given, strict=False))

        def ask(cursor: Any) -> list[Any]:
            if self._row is None:
                cursor.executemany(self._text, every)
                return []
            raw: list[Any] = []
            for one in every:
                raw += cursor.execute(self._text, one).fetchall()
            return self._rows(cursor, raw)

        return self._ask(connection, every, ask)

    def _ask(self, connection: Connection, given: Any, ask: Callable[[Any], list[Any]]) -> Rows:
        # One that is kept knows the types of what it was given last, and need not look for each
        # again: psycopg forgets them only where it is given another string than before.
        kept = connection.info.setdefault("cursors", {})
        cursor = kept.pop(self, None) or connection.connection.cursor()
        is_small = False
        try:
            for note in connection.dispatch.before_cursor_execute:
                note(connection, cursor, self._text, given, None, False)
            rows = Rows(ask(cursor))
            rows.rowcount = cursor.rowcount
            is_small = rows.rowcount <= SMALL
        except connection.dialect.loaded_dbapi.Error as error:
            raise _translated(connection, cursor, self._text, error) from error
        finally:
            if self._is_psycopg and is_small:
                kept[self] = cursor
            else:
                cursor.close()
        return rows

    def _rows(self, cursor: Any, raw: Iterable[Any]) -> list[Any]:
        if self._found is None:
            self._found = self._finding(cursor.description)
        if raw and self._found:
            columns = list(zip(*raw, strict=True))
            for place, convert in self._found:
                columns[place] = tuple(map(convert, columns[place]))
            raw = zip(*columns, strict=True)
        return list(map(self._row, raw))  # type: ignore[arg-type]  # there are columns

    def _finding(self, described: Sequence[Any]) -> list[tuple[int, Convert]]:
        converters = [
            one.result_processor(self._dialect, column[1])
            for one, column in zip(self._types, described, strict=True)
        ]
        return [(place, one) for place, one in enumerate(converters) if one is not None]


@lru_cache(maxsize=MOST)
def prepare(statement: Any, dialect: Dialect) -> Prepared:
    """Return the statement made ready for an engine; the same object is the same statement."""
    return Prepared(statement, dialect)


def convert_each(convert: Convert | None, values: list[Any]) -> list[Any]:
    """Return the values as the driver takes them."""
    if convert is None:
        return values
    if is_one_thing(values):
        return [convert(values[0])] * len(values)
    return list(map(convert, values))


def _converted(convert: Convert | None, value: Any) -> Any:
    return value if convert is None else convert(value)


def _binding(of: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    packer = packer_of(of.item_type, dialect) if isinstance(of, ARRAY) else None
    return packer or of.dialect_impl(dialect).bind_processor(dialect)


def _translated(connection: Connection, cursor: Any, text: str, error: Exception) -> BaseException:
    """Return the error as SQLAlchemy would raise it, without the parameters: they are personal."""
    dialect = connection.dialect
    driver = connection.connection.dbapi_connection
    is_gone = dialect.is_disconnect(error, driver, cursor)  # type: ignore[arg-type]
    if is_gone:
        connection.invalidate(error)
    base = dialect.loaded_dbapi.Error
    return DBAPIError.instance(
        text, None, error, base, hide_parameters=True, connection_invalidated=is_gone,
        dialect=dialect,
    )  # fmt: skip
