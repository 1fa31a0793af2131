"""Months: on PostgreSQL a month's taps, day rows and notices lie apart, and are dropped whole.

Parts are made ahead of their month. What falls into none lies in the part of all other days, and
goes row by row; so does everything on SQLite, which knows no parts. Source: PostgreSQL manual,
"Table Partitioning".
"""

import logging
import re
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, Table, func, select, text
from sqlalchemy.exc import DBAPIError

from core.clock import school_day_of
from core.db import transaction
from core.house import House

logger = logging.getLogger(__name__)

PARTED = ("tap", "attendance_day", "notice")
# Beside the month at hand: a clock that stood still for weeks does no harm.
AHEAD = 2
NAME = re.compile(r"_(\d{4})_(\d{2})$")
# Whoever waits for a table lock makes everybody behind it wait as well.
PATIENCE = "2s"
# A notice is written three times, a day row twice: with room in its page the second finds place
# beside the first. A vacuum must not wait for a fifth of a month.
STORED = {
    "tap": "autovacuum_vacuum_insert_scale_factor = 0.02",
    "attendance_day": "fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02",
    "notice": "fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02",
}


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, known by its first day."""

    first: date

    @property
    def next(self) -> "Month":
        """Return the month after it."""
        return month_of(self.first + timedelta(days=31))

    @property
    def last(self) -> date:
        """Return its last day."""
        return self.next.first - timedelta(days=1)

    def part(self, table: str) -> str:
        """Return the name of its part of a table."""
        return f"{table}_{self.first:%Y_%m}"


def month_of(day: date) -> Month:
    """Return the month a day lies in."""
    return Month(day.replace(day=1))


def run_month_tick(house: House) -> None:
    """Make what months lack; nothing on SQLite."""
    make_months(house.engine, school_day_of(house.clock.now()))


def make_months(engine: Engine, today: date) -> list[str]:
    """Make the parts of this month and the next ones, where there are none; return their names.

    Each in a transaction of its own. A month of which the part of all other days has rows already
    gets none.
    """
    if not is_parted(engine, PARTED[0]):
        return []
    months = [month_of(today)]
    for _ in range(AHEAD):
        months.append(months[-1].next)
    return [
        month.part(table)
        for table in PARTED
        for month in months
        if _is_missing(engine, table, month) and _make(engine, table, month)
    ]


def drop_months(engine: Engine, table: Table, until: date, is_over: ColumnElement[bool]) -> int:
    """Drop the parts whose days are all up to `until`; return how many rows went with them.

    Only where the condition `is_over` holds for every row. A part that others use is left, for its
    rows to go one by one.
    """
    ended = [one for one in _months_there(engine, table.name) if one.last <= until]
    return sum(_drop(engine, table, month, is_over) for month in ended)


def is_parted(engine: Engine, table: str) -> bool:
    """Tell whether this engine keeps the months of a table apart."""
    return engine.dialect.name == "postgresql" and table in PARTED


def count_months(engine: Engine) -> None:
    """Let the planner know each table as a whole: autovacuum counts the parts alone."""
    for table in PARTED:
        if is_parted(engine, table):
            with engine.begin() as connection:
                connection.execute(text(f"ANALYZE {table}"))


def _is_missing(engine: Engine, table: str, month: Month) -> bool:
    with engine.connect() as connection:
        return _find(connection, month.part(table)) is None and not _has_rows(
            connection, table, month
        )


def _has_rows(connection: Connection, table: str, month: Month) -> bool:
    found = connection.execute(
        text(f"SELECT 1 FROM {table}_rest WHERE school_day BETWEEN :first AND :last LIMIT 1"),  # noqa: S608  # our own names
        {"first": month.first, "last": month.last},
    )
    return found.first() is not None


def _find(connection: Connection, name: str) -> int | None:
    found: int | None = connection.scalar(text("SELECT to_regclass(:name)::oid"), {"name": name})
    return found


def _make(engine: Engine, table: str, month: Month) -> bool:
    part = month.part(table)
    try:
        with transaction(engine) as session:
            connection = session.connection()
            connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
            # One maker at a time.
            connection.execute(text(f"LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE"))
            if _find(connection, part) is not None:
                return False
            like = f"LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS"
            connection.execute(text(f"CREATE TABLE {part} ({like}) WITH ({STORED[table]})"))
            days = f"FROM ('{month.first}') TO ('{month.next.first}')"
            connection.execute(
                text(f"ALTER TABLE {table} ATTACH PARTITION {part} FOR VALUES {days}")
            )
    except DBAPIError as error:
        _note("month not made", part, error)
        return False
    return True


def _months_there(engine: Engine, table: str) -> list[Month]:
    with engine.connect() as connection:
        names = connection.scalars(
            text(
                "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid "
                "WHERE inhparent = CAST(:name AS regclass) ORDER BY relname"
            ),
            {"name": table},
        ).all()
    found = [NAME.search(name) for name in names]
    return [Month(date(int(one[1]), int(one[2]), 1)) for one in found if one]


def _drop(engine: Engine, table: Table, month: Month, is_over: ColumnElement[bool]) -> int:
    part = month.part(table.name)
    counts = select(func.count(), func.count().filter(is_over)).where(
        table.c.school_day.between(month.first, month.last)
    )
    try:
        with transaction(engine) as session:
            connection = session.connection()
            connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
            # Nobody writes any more when it is counted.
            connection.execute(text(f"LOCK TABLE {part} IN SHARE MODE"))
            rows, over = connection.execute(counts).one()
            if over < rows:
                return 0
            connection.execute(text(f"DROP TABLE {part}"))
    except DBAPIError as error:
        _note("month not dropped", part, error)
        return 0
    logger.info("month dropped", extra={"action": "purge", "reason": part, "count": rows})
    return int(rows)


def _note(what: str, part: str, error: DBAPIError) -> None:
    extra = {"action": "months", "reason": part, "error_type": type(error.orig).__name__}
    logger.warning(what, extra=extra)
