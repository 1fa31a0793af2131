"""Migrations only add while the release before goes on: it reads and writes the same tables."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.duty.migrate import SCRIPTS

# The last migration from before releases were rolled out in traffic.
ROLLED_OUT = 34
GIVES_UP = {"drop_table", "drop_column", "rename_table", "drop_constraint"}


def _calls_of_upgrade(path: Path) -> Iterator[ast.Call]:
    """The calls of upgrade(), and of the file's functions it calls."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
    left, seen = ["upgrade"], set()
    while left:
        name = left.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.Call):
                yield node
                left += [node.func.id] if isinstance(node.func, ast.Name) else []


def _takes_away(call: ast.Call) -> str | None:
    """Why the release before could not go on, None if it can."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    words = {one.arg: one.value for one in call.keywords}
    if name in GIVES_UP and not (name == "drop_constraint" and _is_check(words)):
        return name
    if name == "alter_column" and {"new_column_name", "type_"} & set(words):
        return "renames or retypes a column"
    is_strict = isinstance(words.get("nullable"), ast.Constant) and not words["nullable"].value
    if name == "alter_column" and is_strict:
        return "a column it may leave empty must not be"
    if name == "add_column" and any(map(_wants_a_value, ast.walk(call))):
        return "a new column it does not know must not be empty"
    return None


def _is_check(words: dict[str | None, ast.expr]) -> bool:
    """Without a condition, or with a wider one, whatever the release before writes is welcome."""
    kind = words.get("type_")
    return isinstance(kind, ast.Constant) and kind.value == "check"


def _wants_a_value(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    told = {one.arg: one.value for one in node.keywords}
    null = told.get("nullable")
    return isinstance(null, ast.Constant) and not null.value and "server_default" not in told


@pytest.mark.parametrize(
    "path",
    [one for one in sorted(SCRIPTS.glob("versions/*.py")) if int(one.name[:4]) > ROLLED_OUT],
    ids=lambda one: one.stem,
)
def test_migration_takes_nothing_away_that_the_release_before_reads_or_writes(path: Path) -> None:
    assert [word for call in _calls_of_upgrade(path) if (word := _takes_away(call))] == []


@pytest.mark.parametrize(
    ("line", "is_refused"),
    [
        ("op.drop_column('tap', 'seq')", True),
        ("op.rename_table('tap', 'taps')", True),
        ("op.alter_column('tap', 'seq', new_column_name='number')", True),
        ("op.alter_column('tap', 'seq', nullable=False)", True),
        ("op.add_column('tap', sa.Column('x', sa.Integer, nullable=False))", True),
        ("op.add_column('tap', sa.Column('x', sa.Text, nullable=False, server_default=''))", False),
        ("op.add_column('tap', sa.Column('x', sa.Integer))", False),
        ("op.drop_index('ix_tap')", False),
        ("op.drop_constraint('uq_tap', 'tap', type_='unique')", True),
        ("op.drop_constraint('ck_tap', 'tap', type_='check')", False),
    ],
)
def test_what_takes_away_is_told_from_what_adds(
    tmp_path: Path, line: str, is_refused: bool
) -> None:
    path = tmp_path / "migration.py"
    path.write_text(f"def upgrade():\n    _more()\n\ndef _more():\n    {line}\n")
    assert any(_takes_away(call) for call in _calls_of_upgrade(path)) is is_refused
