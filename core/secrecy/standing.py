"""How many values stand under which key, and when an old key may leave the settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlmodel import Session

from core.clock import day_end
from core.crypto import Vault
from core.house import House
from core.secrecy.columns import HiddenColumn, hidden_columns

# Values under a key that is in no setting.
UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class ColumnStanding:
    """Values of a column by key id; `fades` by key id: until when values that can't be written
    anew are looked up.
    """

    column: HiddenColumn
    counts: dict[str, int]
    fades: dict[str, datetime]


@dataclass(frozen=True, slots=True)
class KeyStanding:
    """An older key. `is_free`: nothing needs it any more; `until`: when that will be so, None when
    only a rotation can bring it about.
    """

    setting: str
    key_id: str
    values: int
    is_free: bool
    until: datetime | None


def columns_standing(session: Session, house: House) -> list[ColumnStanding]:
    """Return every hidden column with how many values each key holds."""
    return [_of_column(session, house, one) for one in hidden_columns()]


def keys_standing(
    vault: Vault, columns: Sequence[ColumnStanding], now: datetime
) -> list[KeyStanding]:
    """Return the older keys of both settings."""
    named = (("DATA_KEYS", vault.data_key_ids, False), ("INDEX_KEYS", vault.index_key_ids, True))
    return [
        _of_key(setting, key_id, [one for one in columns if one.column.is_index is is_index], now)
        for setting, key_ids, is_index in named
        for key_id in key_ids[1:]
    ]


def _of_column(session: Session, house: House, column: HiddenColumn) -> ColumnStanding:
    vault = house.vault
    key_ids = vault.index_key_ids if column.is_index else vault.data_key_ids
    sums = [func.coalesce(func.sum(case((column.under(one), 1), else_=0)), 0) for one in key_ids]
    statement = select(func.count(), *sums).select_from(column.table)
    row: Any = session.execute(statement.where(column.raw.is_not(None))).one()
    total, *counts = row
    found: dict[str, int] = dict(zip(key_ids, counts, strict=True))
    found[UNKNOWN] = total - sum(found.values())
    kept = timedelta(days=getattr(house.settings, column.kept) if column.kept else 0)
    fades = {
        key_id: until + kept
        for key_id in key_ids
        if column.fades and (until := _fades(session, column, column.under(key_id)))
    }
    return ColumnStanding(column, found, fades)


def _fades(session: Session, column: HiddenColumn, which: ColumnElement[bool]) -> datetime | None:
    last: Any = session.scalar(select(func.max(column.table.c[column.fades])).where(which))
    if isinstance(last, date) and not isinstance(last, datetime):
        return day_end(last)
    return last  # type: ignore[no-any-return]  # the column's own type: a moment


def _of_key(
    setting: str, key_id: str, columns: Sequence[ColumnStanding], now: datetime
) -> KeyStanding:
    values = sum(one.counts.get(key_id, 0) for one in columns)
    stuck = any(one.counts.get(key_id) for one in columns if one.column.can_change)
    ends = [
        one.fades[key_id] for one in columns if not one.column.can_change and key_id in one.fades
    ]
    last = max(ends, default=now)
    is_free = not stuck and last <= now
    return KeyStanding(setting, key_id, values, is_free, None if stuck or is_free else last)
