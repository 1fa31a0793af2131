"""Months: on PostgreSQL a month's taps, day rows and notices lie apart, and are dropped whole.

Parts are made ahead of their month. What comes before its month was made (a leave far ahead, a
database from before) lies in the part of all other days, and is moved when it is; a doubtful tap,
which has no day, stays there and goes by itself. So does everything on SQLite, which knows no
parts. Source: PostgreSQL manual, "Table Partitioning".
"""

import logging
import re
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day

from sqlalchemy import ColumnElement, Connection, Engine, Table, func, select, text
from sqlalchemy.exc import DBAPIError

from core.clock import TAIPEI, school_day_of
from core.db import transaction
from core.house import House

logger = logging.getLogger(__name__)

PARTED = ("tap", "attendance_day", "notice")
# Beside the month at hand: a clock that stood still for weeks does no harm.
AHEAD = 2
NAME = re.compile(r"_(\d{4})_(\d{2})$")
# From 06:00 to 18:00 children pass the gates, and whoever waits for a table lock makes everybody
# behind it wait as well.
MORNING, EVENING = time_of_day(6), time_of_day(18)
PATIENCE = "300ms"
DROP_TRIES, PAUSE_SECONDS = 5, 1.0
# To count a month of the whole city; nobody waits for that.
COUNTED_WITHIN = "10min"
# More of a month stays where it is, and goes row by row: to move it would hold up those who write.
MOST_MOVED = 100_000
# So few are moved, and the rest looked through, in a moment.
MOST_BY_DAY = 1_000
# A notice is written three times, a day row twice: with room in its page the second finds place
# beside the first. A vacuum must not wait for a fifth of a month.
STORED = {
    "tap": "autovacuum_vacuum_insert_scale_factor = 0.02",
    "attendance_day": "fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02",
    "notice": "fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02",
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


def is_quiet(now: datetime) -> bool:
    """Tell whether it is a time of day at which hardly anybody passes a gate."""
    hour = now.astimezone(TAIPEI).time()
    return hour < MORNING or hour >= EVENING


def run_month_tick(house: House) -> None:
    """Make what months lack, by day only of tables that are new; nothing on SQLite."""
    now = house.clock.now()
    tables = PARTED if is_quiet(now) else _new_tables(house.engine)
    make_months(house.engine, school_day_of(now), tables)


def make_months(engine: Engine, today: date, tables: Collection[str] = PARTED) -> list[str]:
    """Make the parts of this month and the next ones, where there are none; return their names.

    Each in a transaction of its own. Where somebody holds a table it is left for another time.
    """
    made = []
    for table, month in _wanted(engine, today, tables):
        try:
            if _make(engine, table, month):
                made.append(month.part(table))
        except DBAPIError as error:
            _note("months not made", month.part(table), error)
            break
    return made


def drop_months(engine: Engine, table: Table, until: date, is_over: ColumnElement[bool]) -> int:
    """Drop the parts whose days are all up to `until`; return how many rows went with them.

    Only where the condition `is_over` holds for every row. Where somebody holds the table for
    longer than a few tries take, the rest is left, for its rows to go one by one.
    """
    rows = 0
    for month in _months_there(engine, table.name):
        if month.last <= until:
            try:
                rows += _drop_patiently(engine, table, month, is_over)
            except DBAPIError as error:
                _note("months not dropped", month.part(table.name), error)
                break
    return rows


def count_months(engine: Engine) -> None:
    """Let the planner know each table as a whole: autovacuum counts the parts alone."""
    for table in PARTED:
        if is_parted(engine, table):
            try:
                with transaction(engine) as session:
                    _be_brief(session.connection()).execute(text(f"ANALYZE {table}"))
            except DBAPIError as error:
                _note("months not counted", table, error)


def is_parted(engine: Engine, table: str) -> bool:
    """Tell whether this engine keeps the months of a table apart."""
    return engine.dialect.name == "postgresql" and table in PARTED


def _new_tables(engine: Engine) -> list[str]:
    """Return those without any month yet and with few rows: no hour is wrong for their first.

    After a day without months there would be too many rows to move.
    """
    return [
        table
        for table in PARTED
        if is_parted(engine, table)
        and not _months_there(engine, table)
        and _is_small(engine, f"{table}_rest")
    ]


def _is_small(engine: Engine, rest: str) -> bool:
    few = f"SELECT 1 FROM {rest} LIMIT :most"  # noqa: S608  # our own names
    with engine.connect() as connection:
        counted = text(f"SELECT count(*) FROM ({few}) AS few")  # noqa: S608  # as above
        return bool(connection.scalar(counted, {"most": MOST_BY_DAY + 1}) <= MOST_BY_DAY)


def _wanted(engine: Engine, today: date, tables: Collection[str]) -> Iterator[tuple[str, Month]]:
    months = [month_of(today)]
    for _ in range(AHEAD):
        months.append(months[-1].next)
    return ((table, month) for table in tables if is_parted(engine, table) for month in months)


def _make(engine: Engine, table: str, month: Month) -> bool:
    part, rest = month.part(table), f"{table}_rest"
    with transaction(engine) as session:
        connection = _be_brief(session.connection())
        if _is_there(connection, part) or not _may_move(connection, rest, month):
            return False
        # One maker at a time, and nobody adds to what is moved. Not the other months: somebody may
        # be building an index there.
        connection.execute(text(f"LOCK TABLE ONLY {table} IN SHARE UPDATE EXCLUSIVE MODE"))
        connection.execute(text(f"LOCK TABLE {rest} IN SHARE ROW EXCLUSIVE MODE"))
        if _is_there(connection, part):
            return False
        like = f"LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS"
        connection.execute(text(f"CREATE TABLE {part} ({like}) WITH ({STORED[table]})"))
        _move(connection, rest, part, month)
        days = f"FROM ('{month.first}') TO ('{month.next.first}')"
        connection.execute(text(f"ALTER TABLE {table} ATTACH PARTITION {part} FOR VALUES {days}"))
    return True


def _be_brief(connection: Connection) -> Connection:
    connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
    connection.execute(text(f"SET LOCAL statement_timeout = '{COUNTED_WITHIN}'"))
    return connection


def _is_there(connection: Connection, name: str) -> bool:
    found = connection.scalar(text("SELECT to_regclass(:name)::oid"), {"name": name})
    return found is not None


def _may_move(connection: Connection, rest: str, month: Month) -> bool:
    few = f"SELECT 1 FROM {rest} WHERE school_day BETWEEN :first AND :last LIMIT :most"  # noqa: S608  # our own names
    days = {"first": month.first, "last": month.last, "most": MOST_MOVED + 1}
    rows = connection.scalar(text(f"SELECT count(*) FROM ({few}) AS few"), days)  # noqa: S608  # as above
    if rows > MOST_MOVED:
        extra = {"action": "months", "reason": rest, "count": rows}
        logger.warning("too many rows to move to their month", extra=extra)
    return bool(rows <= MOST_MOVED)


def _move(connection: Connection, rest: str, part: str, month: Month) -> None:
    moved = f"DELETE FROM {rest} WHERE school_day BETWEEN :first AND :last RETURNING *"  # noqa: S608  # our own names
    connection.execute(
        text(f"WITH moved AS ({moved}) INSERT INTO {part} SELECT * FROM moved"),  # noqa: S608  # as above
        {"first": month.first, "last": month.last},
    )


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


def _drop_patiently(
    engine: Engine, table: Table, month: Month, is_over: ColumnElement[bool]
) -> int:
    for left in reversed(range(DROP_TRIES)):
        try:
            return _drop(engine, table, month, is_over)
        except DBAPIError:
            if not left:
                raise
            time.sleep(PAUSE_SECONDS)
    raise AssertionError("unreachable")


def _drop(engine: Engine, table: Table, month: Month, is_over: ColumnElement[bool]) -> int:
    part = month.part(table.name)
    counts = select(func.count(), func.count().filter(is_over)).where(
        table.c.school_day.between(month.first, month.last)
    )
    with transaction(engine) as session:
        connection = _be_brief(session.connection())
        # Nobody writes any more when it is counted.
        connection.execute(text(f"LOCK TABLE {part} IN SHARE MODE"))
        rows, over = connection.execute(counts).one()
        if over < rows:
            return 0
        connection.execute(text(f"DROP TABLE {part}"))
    logger.info("month dropped", extra={"action": "purge", "reason": part, "count": rows})
    return int(rows)


def _note(what: str, part: str, error: DBAPIError) -> None:
    extra = {"action": "months", "reason": part, "error_type": type(error.orig).__name__}
    logger.warning(what, extra=extra)
