"""Every row of every table before and after, so that nothing changes unseen."""

from typing import Any

from sqlalchemy import event, select

from core.db import metadata
from core.house import House

Row = tuple[str, str]
Rows = dict[Row, str]


def rows_of_all(house: House) -> Rows:
    """Return each row as text, by table and primary key."""
    found: Rows = {}
    with house.engine.connect() as connection:
        for name, table in metadata().tables.items():
            for row in connection.execute(select(table)).mappings():
                key = ",".join(str(row[column.name]) for column in table.primary_key)
                found[name, key] = _text(row)
    return found


def changes(before: Rows, after: Rows) -> set[Row]:
    """Return which rows were added, changed or deleted."""
    return {row for row in before.keys() | after.keys() if before.get(row) != after.get(row)}


def writes_of(house: House) -> list[str]:
    """Return where from now on each statement is noted that may write."""
    noted: list[str] = []

    def note(*call: Any) -> None:
        if not call[2].startswith("SELECT"):
            noted.append(call[2])

    event.listen(house.engine, "before_cursor_execute", note)
    return noted


def _text(row: Any) -> str:
    return " ".join(str(value) for value in row.values())
