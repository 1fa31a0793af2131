"""Every column that hides something is known to the rotation, with its purpose."""

from pathlib import Path

import pytest
from sqlalchemy import Boolean

import app  # noqa: F401
from core.db import metadata
from core.sealed import BlindIndex, LineUserId, SealedBytes, SealedText
from core.secrecy.columns import HiddenColumn, hidden_columns

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = [(table, column) for table in metadata().sorted_tables for column in table.columns]


def test_every_sealed_column_has_a_type_that_seals() -> None:
    clear = [
        f"{table.name}.{column.name}"
        for table, column in COLUMNS
        if column.name.endswith("_sealed") and not isinstance(column.type, SealedText | Boolean)
    ]
    assert clear == []


def test_every_index_column_says_what_a_rotation_makes_of_it() -> None:
    plain = [
        f"{table.name}.{column.name}"
        for table, column in COLUMNS
        if column.name.endswith("_index") and not isinstance(column.type, BlindIndex)
    ]
    assert plain == []


def test_every_line_user_id_is_hidden() -> None:
    shown = [
        f"{table.name}.{column.name}"
        for table, column in COLUMNS
        if "line_user" in column.name and not isinstance(column.type, LineUserId)
    ]
    assert shown == []


def test_webhook_bodies_are_sealed() -> None:
    assert isinstance(metadata().tables["line_event"].c.body.type, SealedBytes)


@pytest.mark.parametrize("column", hidden_columns(), ids=lambda one: f"{one.table.name}.{one.name}")
def test_purpose_is_one_the_program_seals_with(column: HiddenColumn) -> None:
    word = f'"{column.purpose}"'
    code = [path for room in ("core", "bot", "liff") for path in (ROOT / room).rglob("*.py")]
    # A table that names its purpose proves nothing by itself: someone has to seal with it.
    users = [path for path in code if path.name != "tables.py"]
    seals = any(word in path.read_text(encoding="utf-8") for path in users)
    assert seals or isinstance(column.table.c[column.name].type, SealedBytes)


@pytest.mark.parametrize(
    "column",
    [one for one in hidden_columns() if one.is_index],
    ids=lambda one: f"{one.table.name}.{one.name}",
)
def test_index_is_made_again_from_its_row_or_fades(column: HiddenColumn) -> None:
    names = set(column.table.c.keys())
    assert bool(column.of) != bool(column.fades)
    assert {column.of or column.fades} <= names
