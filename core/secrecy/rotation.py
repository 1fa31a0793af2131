"""Writing everything anew under the newest keys, while the program runs.

For each table, batch by batch: read rows under an older key; open, seal and index them with no
transaction open; write each row only where it still holds what was read. Whoever stops in between
begins again at any time: what is done is known by its key.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    Table,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.exc import OperationalError

from core.crypto import SealBroken, Vault
from core.db import snapshot, transaction
from core.secrecy.columns import HiddenColumn, hidden_tables

BATCH = 500


@dataclass(slots=True)
class Rotated:
    """How many rows were `changed`, were `missed` because somebody wrote them meanwhile, and which
    columns hold how many values that no key opens.
    """

    changed: int
    missed: int
    broken: dict[str, int]


def rows_to_rotate(engine: Engine, vault: Vault) -> int:
    """Return how many rows hold anything under an older key that can be written anew."""
    with snapshot(engine) as session:
        counts = [
            session.scalar(select(func.count()).select_from(table).where(_is_old(columns, vault)))
            for table, columns in _changing().items()
        ]
    return sum(one or 0 for one in counts)


def rotate(
    engine: Engine,
    vault: Vault,
    tell: Callable[[int], None] = lambda _: None,
    batch: int = BATCH,
) -> Rotated:
    """Write every row under an older key anew; each batch commits by itself.

    `tell` hears how many rows were looked at after each batch. A value that no key opens stays as
    it is and is counted; so does a row that traffic changed meanwhile: call again for that.
    """
    total = Rotated(0, 0, {})
    for table, columns in _changing().items():
        for rows in _batches(engine, vault, table, columns, batch):
            _rotate_batch(engine, vault, columns, rows, total)
            tell(len(rows))
    return total


def _changing() -> dict[Table, list[HiddenColumn]]:
    kept = {
        table: [one for one in columns if one.can_change]
        for table, columns in hidden_tables().items()
    }
    return {table: columns for table, columns in kept.items() if columns}


def _is_old(columns: Sequence[HiddenColumn], vault: Vault) -> ColumnElement[bool]:
    return or_(*(and_(one.raw.is_not(None), ~one.under(_newest(one, vault))) for one in columns))


def _newest(column: HiddenColumn, vault: Vault) -> str:
    return (vault.index_key_ids if column.is_index else vault.data_key_ids)[0]


def _batches(
    engine: Engine, vault: Vault, table: Table, columns: Sequence[HiddenColumn], size: int
) -> Iterator[Sequence[Any]]:
    """Return rows under older keys in the order of the primary key: its parts, then the values."""
    keys = list(table.primary_key.columns)
    raw = [one.raw.label(f"raw_{one.name}") for one in columns]
    statement = select(*(_plain(key).label(f"key_{key.name}") for key in keys), *raw)
    statement = statement.where(_is_old(columns, vault))
    statement = statement.order_by(*(_plain(key) for key in keys)).limit(size)
    last: tuple[Any, ...] | None = None
    while True:
        # A value that no key opens stays behind and must not be met for ever.
        rest = statement if last is None else statement.where(_after(keys, last))
        with snapshot(engine) as session:
            rows = session.execute(rest).all()
        if not rows:
            return
        yield rows
        last = tuple(rows[-1][: len(keys)])


def _after(keys: Sequence[Any], last: tuple[Any, ...]) -> ColumnElement[bool]:
    places = [_plain(key) for key in keys]
    typed = [bindparam(None, one, key.type) for key, one in zip(places, last, strict=True)]
    after: ColumnElement[bool] = tuple_(*places) > tuple_(*typed)
    return after


def _plain(key: Any) -> Any:
    """Return a key's column as it stands: one that hides is compared and ordered hidden."""
    impl = getattr(key.type, "impl_instance", None)
    return key if impl is None else type_coerce(key, impl)


def _rotate_batch(
    engine: Engine,
    vault: Vault,
    columns: Sequence[HiddenColumn],
    rows: Sequence[Any],
    total: Rotated,
) -> None:
    changes = [_change(vault, columns, row._mapping, total.broken) for row in rows]
    names = [one.name for one in columns]
    changes = [
        one for one in changes if any(one[f"new_{name}"] != one[f"old_{name}"] for name in names)
    ]
    if not changes:
        return
    try:
        with transaction(engine) as session:
            changed = session.connection().execute(_write(columns), changes).rowcount
    except OperationalError:
        # Traffic held these rows for too long, or would have waited for us in a circle.
        changed = 0
    total.changed += changed
    total.missed += len(changes) - changed


def _change(
    vault: Vault, columns: Sequence[HiddenColumn], row: Any, broken: dict[str, int]
) -> dict[str, Any]:
    """Return the parameters of `_write`: the keys, what was read, what shall stand there."""
    change = {name: value for name, value in row.items() if name.startswith("key_")}
    for one in columns:
        old = row[f"raw_{one.name}"]
        change |= {f"old_{one.name}": old, f"new_{one.name}": old}
        if old is None or one.text_of(old).startswith(f"{_newest(one, vault)}:"):
            continue
        try:
            change[f"new_{one.name}"] = _anew(vault, columns, one, row)
        except SealBroken:
            place = f"{one.table.name}.{one.name}"
            broken[place] = broken.get(place, 0) + 1
    return change


def _anew(vault: Vault, columns: Sequence[HiddenColumn], column: HiddenColumn, row: Any) -> Any:
    source = next(one for one in columns if one.name == (column.of or column.name))
    sealed = row[f"raw_{source.name}"]
    if sealed is None:
        raise SealBroken("an index of nothing")
    clear = vault.open(source.text_of(sealed), source.purpose)
    if column.is_index:
        return vault.index(clear, column.purpose)
    return column.raw_of(vault.seal(clear, column.purpose))


def _write(columns: Sequence[HiddenColumn]) -> Any:
    table = columns[0].table
    places = [(key.name, _plain(key)) for key in table.primary_key.columns]
    keys = [key == bindparam(f"key_{name}", type_=key.type) for name, key in places]
    same = [
        one.raw.is_not_distinct_from(bindparam(f"old_{one.name}", type_=one.raw.type))
        for one in columns
    ]
    # Written as it stands: the column's own type would seal what is sealed already.
    values = {
        table.c[one.name]: bindparam(f"new_{one.name}", type_=one.raw.type) for one in columns
    }
    return update(table).where(*keys, *same).values(values)
