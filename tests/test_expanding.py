"""Migrations only add while the release before goes on: it reads and writes the same tables."""

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pytest

from core.duty.migrate import SCRIPTS

# The last migration from before releases were rolled out in traffic.
ROLLED_OUT = 34
GIVES_UP = {"drop_table", "drop_column", "rename_table", "drop_constraint"}
# What the release before may break on, as it writes what it always wrote.
NEW_RULES = {
    "create_check_constraint",
    "create_unique_constraint",
    "create_foreign_key",
    "create_exclude_constraint",
}
RUNS_SQL = {"execute", "exec_driver_sql", "scalar", "scalars"}
# All other statements are named below, each with its reason.
ADDS = re.compile(
    r"\s*(CREATE (TABLE|INDEX)|ALTER TABLE (ONLY )?\w+ (RE)?SET \(|ANALYZE|SELECT|SET LOCAL)\b"
    r"[^;]*$"
)
STOPPED = "from before the first release; all is stopped for it (docs/operations/deploying.md)"
ALLOWED = {
    "0035_lease_in_place": {
        "SQL nobody judged: UPDATE notice SET settled_at": STOPPED,
        "a new rule: ck_notice_settled": STOPPED,
    },
}


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


def _made_tables(calls: Sequence[ast.Call]) -> set[str]:
    """The tables a migration makes: no release before it knows them."""
    return {_said(call.args[0]) for call in calls if _name(call) == "create_table"}


def _takes_away(call: ast.Call, made: Collection[str] = ()) -> str | None:
    """Why the release before could not go on, None if it can. `made` are new tables."""
    name, words = _name(call), {one.arg: one.value for one in call.keywords}
    if name in GIVES_UP and not (name == "drop_constraint" and _is_check(words)):
        return name
    if name in RUNS_SQL and not ADDS.match(_said(call.args[0])):
        return f"SQL nobody judged: {' '.join(_said(call.args[0]).split()[:4])}"
    if name in NEW_RULES or (name == "create_index" and _is_true(words.get("unique"))):
        is_on_new = len(call.args) > 1 and _said(call.args[1]) in made
        return None if is_on_new else f"a new rule: {_said(call.args[0])}"
    return _column_that_can_not_be(name, words, call)


def _column_that_can_not_be(
    name: str, words: dict[str | None, ast.expr], call: ast.Call
) -> str | None:
    if name == "alter_column" and {"new_column_name", "type_"} & set(words):
        return "renames or retypes a column"
    is_strict = isinstance(words.get("nullable"), ast.Constant) and not words["nullable"].value
    if name == "alter_column" and is_strict:
        return "a column it may leave empty must not be"
    if name == "add_column" and any(map(_wants_a_value, ast.walk(call))):
        return "a new column it does not know must not be empty"
    return None


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _said(node: ast.expr) -> str:
    """The text of an argument, also within op.f() or text(); "" where it can't be read here.

    What an f-string fills in is a name.
    """
    if isinstance(node, ast.Call) and node.args:
        return _said(node.args[0])
    if isinstance(node, ast.JoinedStr):
        return "".join(one.value if isinstance(one, ast.Constant) else "x" for one in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _is_true(node: ast.expr | None) -> bool:
    return node is not None and not (isinstance(node, ast.Constant) and not node.value)


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
    calls = list(_calls_of_upgrade(path))
    found = {_takes_away(call, _made_tables(calls)) for call in calls} - {None}
    # An exception that is no more must not stay for others to hide behind.
    assert found == set(ALLOWED.get(path.stem, {}))


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
        ("op.execute('DROP TABLE tap')", True),
        ("op.execute('ALTER TABLE tap RENAME COLUMN seq TO number')", True),
        ("op.execute('ALTER TABLE tap ALTER COLUMN seq SET NOT NULL')", True),
        ("op.get_bind().execute(sa.text('DELETE FROM tap'))", True),
        ("op.execute('CREATE UNIQUE INDEX uq_tap ON tap (seq)')", True),
        ("op.execute('CREATE INDEX ix ON tap (seq); DROP TABLE tap')", True),
        ("op.execute(STATEMENT)", True),
        ("op.execute('CREATE INDEX ix_tap ON tap (seq)')", False),
        ("op.execute(f'ALTER TABLE {part} SET (fillfactor = 50)')", False),
        ("op.create_check_constraint('ck_tap', 'tap', 'seq > 0')", True),
        ("batch.create_check_constraint(op.f('ck_tap'), 'seq > 0')", True),
        ("op.create_unique_constraint('uq_tap', 'tap', ['seq'])", True),
        ("op.create_foreign_key('fk_tap', 'tap', 'reader', ['reader_id'], ['id'])", True),
        ("op.create_index('uq_tap', 'tap', ['seq'], unique=True)", True),
        ("op.create_index('ix_tap', 'tap', ['seq'], unique=False)", False),
        ("op.create_index('uq_later', 'later', ['seq'], unique=True)", False),
    ],
)
def test_what_takes_away_is_told_from_what_adds(
    tmp_path: Path, line: str, is_refused: bool
) -> None:
    path = tmp_path / "migration.py"
    made = "op.create_table('later', sa.Column('id', sa.Integer, primary_key=True))"
    path.write_text(f"def upgrade():\n    {made}\n    _more()\n\ndef _more():\n    {line}\n")
    calls = list(_calls_of_upgrade(path))
    assert any(_takes_away(call, _made_tables(calls)) for call in calls) is is_refused
