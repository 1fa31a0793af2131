"""PostgreSQL's arrays, packed here at once.

The driver looks at each element's type anew, which costs more than all else of a batch. Layout:
PostgreSQL source, array_recv; psycopg docs, "Writing a custom Python to PostgreSQL adapter".
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from struct import Struct
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy
from psycopg.adapt import Dumper
from psycopg.pq import Format
from sqlalchemy import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

Element = Callable[[Any], bytes]
HEAD = Struct("!iiiii")
LENGTH = Struct("!i")
INT4, INT8 = Struct("!ii"), Struct("!iq")
NULL = LENGTH.pack(-1)
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


def _uuid(value: UUID) -> bytes:
    return UUID_LENGTH + value.int.to_bytes(16, "big")


def _word(value: str) -> bytes:
    written = value.encode()
    return LENGTH.pack(len(written)) + written


def _blob(value: bytes | psycopg.Binary) -> bytes:
    # SQLAlchemy has wrapped it for the driver.
    written = value.obj if isinstance(value, psycopg.Binary) else value
    return LENGTH.pack(len(written)) + written


def _moment(value: datetime) -> bytes:
    return INT8.pack(8, (value - FIRST_MOMENT) // MICROSECOND)


def _date(value: date) -> bytes:
    return INT4.pack(4, value.toordinal() - FIRST_DAY)


def _integer(value: int) -> bytes:
    return INT4.pack(4, value)


def _big_integer(value: int) -> bytes:
    return INT8.pack(8, value)


def _boolean(value: bool) -> bytes:
    return b"\0\0\0\1\1" if value else b"\0\0\0\1\0"


# The narrower type first: a BigInteger is an Integer too. The names are PostgreSQL's.
KINDS: tuple[tuple[type[TypeEngine[Any]], type[Packed], str, Element], ...] = (
    (sqlalchemy.Uuid, Uuids, "uuid", _uuid),
    (sqlalchemy.DateTime, Moments, "timestamptz", _moment),
    (sqlalchemy.Date, Dates, "date", _date),
    (sqlalchemy.Boolean, Booleans, "bool", _boolean),
    (sqlalchemy.BigInteger, BigIntegers, "int8", _big_integer),
    (sqlalchemy.Integer, Integers, "int4", _integer),
    (sqlalchemy.LargeBinary, Blobs, "bytea", _blob),
    (sqlalchemy.String, Words, "varchar", _word),
)


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

    It raises as the column's type does.
    """
    plain = item.impl_instance if isinstance(item, TypeDecorator) else item
    for kind, packed, name, element in KINDS:
        if isinstance(plain, kind):
            # Bytes are packed as they are; SQLAlchemy would wrap each for the driver.
            is_ready = type(item) is sqlalchemy.LargeBinary
            process = None if is_ready else item.dialect_impl(dialect).bind_processor(dialect)
            oid = psycopg.adapters.types[name].oid
            return _Packer(packed, oid, element, process)
    return None


class _Packer:
    def __init__(
        self,
        packed: type[Packed],
        oid: int,
        element: Element,
        process: Callable[[Any], Any] | None,
    ) -> None:
        self._packed, self._oid = packed, oid
        self._element, self._process = element, process

    def __call__(self, values: list[Any]) -> Packed:
        # In a batch many columns say the same in each row.
        if len(set(map(id, values))) == 1:
            elements = self._written(values[:1]) * len(values)
        else:
            elements = self._written(values)
        # One dimension, whose first place is 1. The second field says whether to look for nulls.
        head = HEAD.pack(1, 1, self._oid, len(elements), 1)
        return self._packed(b"".join([head, *elements]))

    def _written(self, values: list[Any]) -> list[bytes]:
        element = self._element
        if self._process is not None:
            values = list(map(self._process, values))
        return [NULL if value is None else element(value) for value in values]
