"""Many rows, or many keys, as a parameter of one statement whose text never changes.

PostgreSQL takes them as arrays, SQLite as JSON, and new rows one by one. So a statement is made
once, compiled once and planned once, however many rows it gets; a list spelled out would be another
statement each time.

Source: PostgreSQL manual "Array functions" (unnest); SQLite "JSON functions" (json_each).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import orjson
from sqlalchemy import (
    ColumnElement,
    Dialect,
    LargeBinary,
    String,
    Table,
    TypeDecorator,
    bindparam,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection
from sqlalchemy.orm import class_mapper, make_transient_to_detached
from sqlalchemy.types import TypeEngine
from sqlmodel import AutoString, Session, SQLModel

from core.db import INSERTS
from core.prepared import Convert, Rows, convert_each, prepare

M = TypeVar("M", bound=SQLModel)
SQLITE = "sqlite"
# Makes a statement for an engine by its dialect's name, once.
Build = Callable[[str], Any]


class JsonRows(TypeDecorator[Any]):
    """A JSON array for SQLite: of values of one type, or of rows with one type a column."""

    impl = String
    cache_ok = True

    def __init__(self, *types: TypeEngine[Any]) -> None:
        super().__init__()
        self.types = types

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str]:
        """Return what writes the values, or the rows, as JSON."""
        converters = [_converter(one, dialect) for one in self.types]
        if len(converters) == 1:
            return lambda values: _json(convert_each(converters[0], list(values)))

        def write(rows: Sequence[Sequence[Any]]) -> str:
            # Column by column: most need nothing done to them.
            columns = map(convert_each, converters, map(list, zip(*rows, strict=True)))
            return _json(list(zip(*columns, strict=True)))

        return write


def _converter(of: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    process = of.dialect_impl(dialect).bind_processor(dialect)
    plain = of.impl_instance if isinstance(of, TypeDecorator) else of
    return partial(_text, process) if isinstance(plain, LargeBinary) else process


def _text(process: Convert | None, value: bytes | None) -> str | None:
    # A message is UTF-8 text; SQLite turns it back into bytes.
    made = value if process is None else process(value)
    return None if made is None else bytes(made).decode()


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def run(session: Session, build: Build, values: Mapping[str, Any]) -> Rows:
    """Run the statement that `build` makes for this session's engine, and keeps; return its rows.

    Joins the caller's transaction.
    """
    connection = connection_of(session)
    dialect = connection.dialect
    return prepare(build(dialect.name), dialect).run(connection, values)


def run_models(
    session: Session, build: Build, model: type[M], values: Mapping[str, Any]
) -> list[M]:
    """Run a statement that selects a model's columns, like `run`; return objects of the model.

    They are detached, as of a session that was closed: what is changed in them is not written.
    """
    # Makes the mapper ready where nothing before has needed it.
    new = class_mapper(model).class_manager.new_instance
    found = []
    for row in run(session, build, values):
        one: M = new()
        vars(one).update(row._asdict())
        make_transient_to_detached(one)
        found.append(one)
    return found


def run_rows(
    session: Session,
    build: Build,
    columns: Sequence[Any],
    rows: Sequence[Mapping[str, Any]],
    **values: Any,
) -> Rows:
    """Run a statement over rows of these columns, like `run`; `values` are further parameters."""
    connection = connection_of(session)
    dialect = connection.dialect
    statement = prepare(build(dialect.name), dialect)
    if dialect.name == SQLITE and not statement.takes("rows"):
        each = {_own(one.name): [row[one.name] for row in rows] for one in columns}
        return statement.run_each(connection, each)
    return statement.run(connection, rows_given(dialect.name, columns, rows) | values)


def connection_of(session: Session) -> Connection:
    """Return the connection of the session's transaction or savepoint, asked for once in each.

    As before a statement of SQLAlchemy's own, what waits in the session is written first; and a
    savepoint is only set when the session is asked for its connection.
    """
    session.flush()
    held: tuple[Any, Connection] | None = session.info.get("connection")
    if held is None or held[0] is None or held[0] is not innermost(session):
        connection = session.connection()
        held = (innermost(session), connection)
        session.info["connection"] = held
    return held[1]


def innermost(session: Session) -> Any:
    """Return the savepoint or transaction the session is in; None as long as it is in none."""
    return session.get_nested_transaction() or session.get_transaction()


def is_literally(of: Any, values: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that a column is among these words, spelled out in the statement.

    SQLite matches a partial index only by its literal words.
    """
    words: Any = bindparam(None, list(values), unique=True, expanding=True, literal_execute=True)
    among: ColumnElement[bool] = of.in_(words)
    return among


def is_one_of(engine: str, of: Any, name: str) -> ColumnElement[bool]:
    """Return the condition that column `of` is among the values of the parameter `name`, a list.

    `engine` is the dialect's name.
    """
    if engine == SQLITE:
        values = func.json_each(bindparam(name, type_=JsonRows(of.type))).table_valued("value")
        among: ColumnElement[bool] = of.in_(select(values.c.value))
        return among
    equals: ColumnElement[bool] = of == func.any(bindparam(name, type_=_array(of)))
    return equals


def insert_given(engine: str, table: Table, names: Sequence[str], order: Sequence[str] = ()) -> Any:
    """Return an INSERT of the rows that `rows_given` makes; it knows ON CONFLICT.

    Rows are taken in the order of the columns `order`, which matters where they are locked.
    """
    if engine == SQLITE:
        # Its statements travel nowhere, so one for each row is quicker than taking JSON apart, and
        # its only writer needs no order.
        each = {name: bindparam(_own(name), type_=table.c[name].type) for name in names}
        return INSERTS[engine](table).values(each)
    given = given_rows(engine, [table.c[name] for name in names])
    rows = select(*(given.c[name] for name in names))
    rows = rows.order_by(*(given.c[name] for name in order))
    return INSERTS[engine](table).from_select(list(names), rows)


def _own(name: str) -> str:
    # A column's own name is SQLAlchemy's.
    return f"given_{name}"


def given_rows(engine: str, columns: Sequence[Any]) -> Any:
    """Return a table to select from, with these columns; `rows_given` makes its parameters."""
    if engine == SQLITE:
        rows = bindparam("rows", type_=JsonRows(*(one.type for one in columns)))
        value = func.json_each(rows).table_valued("value").c.value
        parts = [_part(value, place, one).label(one.name) for place, one in enumerate(columns)]
        return select(*parts).subquery("given")
    arrays = [bindparam(f"all_{one.name}", type_=_array(one)) for one in columns]
    typed = [column(one.name, one.type) for one in columns]
    return func.unnest(*arrays).table_valued(*typed, name="given").render_derived()


def rows_given(
    engine: str, columns: Sequence[Any], rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the parameters that put rows, by column name, into a statement of these columns."""
    names = [one.name for one in columns]
    if engine == SQLITE:
        return {"rows": [[row[name] for name in names] for row in rows]}
    return {f"all_{name}": [row[name] for row in rows] for name in names}


def _part(value: Any, place: int, of: Any) -> Any:
    part = func.json_extract(value, f"$[{place}]", type_=of.type)
    return cast(part, LargeBinary) if isinstance(of.type, LargeBinary) else part


def _array(of: Any) -> ARRAY[Any]:
    # A cast to a length cuts what is longer without a word; the table's own column refuses it.
    return ARRAY(String() if isinstance(of.type, String | AutoString) else of.type)
