"""Many rows, or many keys, as a parameter of one statement whose text never changes.

PostgreSQL takes them as arrays, SQLite as JSON. So a statement is made once, compiled once and
planned once, however many rows it gets; a list spelled out would be another statement each time.

Source: PostgreSQL manual "Array functions" (unnest); SQLite "JSON functions" (json_each).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from core.db import INSERTS

SQLITE = "sqlite"


class JsonRows(TypeDecorator[Any]):
    """A JSON array for SQLite: of values of one type, or of rows with one type a column."""

    impl = String
    cache_ok = True

    def __init__(self, *types: TypeEngine[Any]) -> None:
        super().__init__()
        self.types = types

    def process_bind_param(self, value: Iterable[Any] | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        processors = [one.dialect_impl(dialect).bind_processor(dialect) for one in self.types]
        if len(processors) == 1:
            return _json([_processed(processors[0], one) for one in value])
        return _json([list(map(_processed, processors, row)) for row in value])


def _processed(processor: Any, value: Any) -> Any:
    made = value if processor is None else processor(value)
    # A message is UTF-8 text; SQLite turns it back into bytes.
    return bytes(made).decode() if isinstance(made, bytes | memoryview) else made


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


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
    given = given_rows(engine, [table.c[name] for name in names])
    # SQLite can't tell ON CONFLICT from a join's ON unless a WHERE stands between.
    rows = select(*(given.c[name] for name in names)).where(true())
    rows = rows.order_by(*(given.c[name] for name in order))
    return INSERTS[engine](table).from_select(list(names), rows)


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
    return ARRAY(String() if isinstance(of.type, String) else of.type)
