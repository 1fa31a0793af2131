"""PostgreSQL's arrays, packed here at once.

The driver looks at each element's type anew, which costs more than all else of a batch. Layout:
PostgreSQL source, array_recv; psycopg docs, "Writing a custom Python to PostgreSQL adapter".
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import repeat
from operator import is_
from struct import Struct
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy
from psycopg.adapt import Dumper
from psycopg.pq import Format
from sqlalchemy import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

Elements = Callable[[Sequence[Any]], list[bytes]]
HEAD = Struct("!iiiii")
LENGTH = Struct("!i")
INT4, INT8 = Struct("!ii"), Struct("!iq")
NULL = LENGTH.pack(-1)
TRUE, FALSE = b"\0\0\0\1\1", b"\0\0\0\1\0"
UUID_LENGTH = LENGTH.pack(16)
# PostgreSQL counts from 2000.
FIRST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
FIRST_DAY = date(2000, 1, 1).toordinal()
MICROSECOND = timedelta(microseconds=1)


class Packed(bytes):
    """An array as it goes over the wire."""


class Uuids(Packed):
    """An array of uuid."""


class Words(Packed):
    """An array of varchar."""


class Moments(Packed):
    """An array of timestamptz."""


class Dates(Packed):
    """An array of date."""


class Integers(Packed):
    """An array of int4."""


class BigIntegers(Packed):
    """An array of int8."""


class Booleans(Packed):
    """An array of bool."""


class Blobs(Packed):
    """An array of bytea."""


def _uuids(values: Sequence[UUID | None]) -> list[bytes]:
    return [NULL if one is None else UUID_LENGTH + one.int.to_bytes(16) for one in values]


def _words(values: Sequence[str | None]) -> list[bytes]:
    pack = LENGTH.pack
    written = [None if one is None else one.encode() for one in values]
    return [NULL if one is None else pack(len(one)) + one for one in written]


def _blobs(values: Sequence[bytes | psycopg.Binary | None]) -> list[bytes]:
    pack = LENGTH.pack
    # SQLAlchemy has wrapped them for the driver.
    bare = [one.obj if isinstance(one, psycopg.Binary) else one for one in values]
    return [NULL if one is None else pack(len(one)) + one for one in bare]


def _moments(values: Sequence[datetime | None]) -> list[bytes]:
    if any(one is not None and one.tzinfo is None for one in values):
        raise ValueError("naive datetime")
    first, unit, pack = FIRST_MOMENT, MICROSECOND, INT8.pack
    return [NULL if one is None else pack(8, (one - first) // unit) for one in values]


def _dates(values: Sequence[date | None]) -> list[bytes]:
    pack = INT4.pack
    return [NULL if one is None else pack(4, one.toordinal() - FIRST_DAY) for one in values]


def _integers(values: Sequence[int | None]) -> list[bytes]:
    pack = INT4.pack
    return [NULL if one is None else pack(4, one) for one in values]


def _big_integers(values: Sequence[int | None]) -> list[bytes]:
    pack = INT8.pack
    return [NULL if one is None else pack(8, one) for one in values]


def _booleans(values: Sequence[bool | None]) -> list[bytes]:
    return [NULL if one is None else TRUE if one else FALSE for one in values]


# The narrower type first: a BigInteger is an Integer too. The names are PostgreSQL's.
KINDS: tuple[tuple[type[TypeEngine[Any]], type[Packed], str, Elements], ...] = (
    (sqlalchemy.Uuid, Uuids, "uuid", _uuids),
    (sqlalchemy.DateTime, Moments, "timestamptz", _moments),
    (sqlalchemy.Date, Dates, "date", _dates),
    (sqlalchemy.Boolean, Booleans, "bool", _booleans),
    (sqlalchemy.BigInteger, BigIntegers, "int8", _big_integers),
    (sqlalchemy.Integer, Integers, "int4", _integers),
    (sqlalchemy.LargeBinary, Blobs, "bytea", _blobs),
    (sqlalchemy.String, Words, "varchar", _words),
)


def is_one_thing(values: Sequence[Any]) -> bool:
    """Tell whether the values are the very same object, as in many columns of a batch."""
    return bool(values) and all(map(is_, values, repeat(values[0])))


def register(connection: Any) -> None:
    """Let a connection of psycopg take packed arrays as they are."""
    for _, packed, name, _ in KINDS:
        oid = psycopg.adapters.types[name].array_oid
        handing = type(f"{packed.__name__}Dumper", (_Handing,), {"oid": oid})
        connection.adapters.register_dumper(packed, handing)


class _Handing(Dumper):
    format = Format.BINARY

    def dump(self, obj: Packed) -> bytes:
        return obj


def packer_of(item: TypeEngine[Any], dialect: Dialect) -> Callable[[list[Any]], Any] | None:
    """Return what packs values of a column's type, None where that is left to the driver.

    It raises as the column's type does. What the type does to a value by itself is left out where
    it says that it `is_packed`: packing does as much.
    """
    plain = item.impl_instance if isinstance(item, TypeDecorator) else item
    for kind, packed, name, elements in KINDS:
        if isinstance(plain, kind):
            # Bytes are packed as they are; SQLAlchemy would wrap each for the driver.
            is_ready = type(item) is sqlalchemy.LargeBinary or getattr(item, "is_packed", False)
            process = None if is_ready else item.dialect_impl(dialect).bind_processor(dialect)
            oid = psycopg.adapters.types[name].oid
            return _Packer(packed, oid, elements, process)
    return None


class _Packer:
    def __init__(
        self,
        packed: type[Packed],
        oid: int,
        elements: Elements,
        process: Callable[[Any], Any] | None,
    ) -> None:
        self._packed, self._oid = packed, oid
        self._elements, self._process = elements, process

    def __call__(self, values: list[Any]) -> Packed:
        if is_one_thing(values):
            elements = self._written(values[:1]) * len(values)
        else:
            elements = self._written(values)
        # One dimension, whose first place is 1. The second field says whether to look for nulls.
        head = HEAD.pack(1, 1, self._oid, len(elements), 1)
        return self._packed(b"".join([head, *elements]))

    def _written(self, values: list[Any]) -> list[bytes]:
        if self._process is not None:
            values = list(map(self._process, values))
        return self._elements(values)
