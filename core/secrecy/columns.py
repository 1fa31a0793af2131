"""Which columns hold what was sealed or indexed: read off the tables, so none is forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, LargeBinary, String, Table, func, type_coerce

from core.db import metadata
from core.sealed import BlindIndex, SealedBytes, SealedText


@dataclass(frozen=True, slots=True)
class HiddenColumn:
    """A column of `key id:…`. `of` is the sealed column an index is made from; "" is none."""

    table: Table
    name: str
    purpose: str
    is_index: bool = False
    of: str = ""
    fades: str = ""
    kept: str = ""

    @property
    def raw(self) -> ColumnElement[Any]:
        """Return the column as it stands in the database."""
        column = self.table.c[self.name]
        kind = LargeBinary() if isinstance(column.type, SealedBytes) else String()
        return type_coerce(column, kind)

    @property
    def can_change(self) -> bool:
        """Tell whether a rotation can write it anew; otherwise its rows fade."""
        return not self.is_index or bool(self.of)

    def under(self, key_id: str) -> ColumnElement[bool]:
        """Return the condition that the value was made with this key."""
        prefix = self.raw_of(f"{key_id}:")
        begins: ColumnElement[bool] = func.substr(self.raw, 1, len(prefix)) == prefix
        return begins

    def raw_of(self, text: str) -> Any:
        """Return text as the column stores it."""
        is_bytes = isinstance(self.table.c[self.name].type, SealedBytes)
        return text.encode() if is_bytes else text

    def text_of(self, raw: Any) -> str:
        """Return what the column stores as text."""
        return raw if isinstance(raw, str) else bytes(raw).decode()


def hidden_columns() -> list[HiddenColumn]:
    """Return every sealed and every index column, by table and place."""
    return [
        found
        for table in metadata().sorted_tables
        for column in table.columns
        for found in _hidden(table, column)
    ]


def hidden_tables() -> dict[Table, list[HiddenColumn]]:
    """Return the hidden columns by their table."""
    tables: dict[Table, list[HiddenColumn]] = {}
    for one in hidden_columns():
        tables.setdefault(one.table, []).append(one)
    return tables


def _hidden(table: Table, column: Column[Any]) -> Iterator[HiddenColumn]:
    match column.type:
        case SealedText(purpose=purpose):
            named = purpose or f"{table.name}.{column.name.removesuffix('_sealed')}"
            yield HiddenColumn(table, column.name, named)
        case SealedBytes(purpose=purpose):
            yield HiddenColumn(table, column.name, purpose)
        case BlindIndex() as kind:
            yield HiddenColumn(
                table,
                column.name,
                kind.purpose,
                is_index=True,
                of=kind.of,
                fades=kind.fades,
                kept=kind.kept,
            )
