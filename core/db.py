"""The database: engine, transactions, column types. The same code serves SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from psycopg.errors import DeadlockDetected, SerializationFailure
from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Table,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from sqlmodel import Session, SQLModel

from core.endings import file_endings
from core.postgres import LOCK_SECONDS, PATIENT, Patience, heed_network, watch_connections
from core.turns import Turn

Result = TypeVar("Result")
# Constraint names are fixed so that a migration can name what it drops, on both engines.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# Readers may count to 2**53; SQLite's INTEGER holds that, PostgreSQL's does not.
BIG_NUMBER = BigInteger().with_variant(Integer(), "sqlite")
# An INSERT that knows ON CONFLICT, by the engine's name.
INSERTS: dict[str, Callable[[Any], Any]] = {
    "sqlite": sqlite_insert,
    "postgresql": postgresql_insert,
}
DEADLOCKS = 3
# Connections of a process that are kept, and those that may be added in a rush.
KEPT, ADDED = 10, 20
POOL = KEPT + ADDED


def metadata() -> MetaData:
    """Return the collection every table is registered in."""
    return SQLModel.metadata


class UtcDateTime(TypeDecorator[datetime]):
    """Store aware moments as UTC and give them back aware; refuse naive ones.

    SQLite forgets the zone of what it is given, so an unchecked column would bring 07:30+08:00 back
    as a naive 07:30.
    """

    impl = DateTime(timezone=True)
    cache_ok = True
    # Of an array: a moment of any zone is packed by its distance, and a naive one refused.
    is_packed = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Return what makes the driver's moments ours; PostgreSQL's come in UTC already."""
        if dialect.name == "postgresql":
            return None
        return super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def make_engine(url: str, patience: Patience = PATIENT) -> Engine:
    """Open the database at `url`. SQLite: WAL, full synchronous, foreign keys, 10 s busy wait.

    PostgreSQL: what `url` does not say of a dead network is NETWORK's.
    """
    parsed = make_url(url)
    # Parameters are personal data; an exception must not print them. The connection used last is
    # used next: its plans and caches are warm, where all in turn would mostly meet cold ones.
    options: dict[str, Any] = {"pool_size": KEPT, "max_overflow": ADDED, "pool_use_lifo": True}
    options["hide_parameters"] = True
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(heed_network(parsed), **options)
        watch_connections(engine, patience)
        return engine
    if parsed.database:
        # Where no folder can be made SQLite says so itself, to whoever asks it first.
        with suppress(OSError):
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, **options)
    event.listen(engine, "do_connect", _make_private)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(_dialect: Dialect, _record: Any, address: Any, _more: Any) -> None:
    """Make the file for its owner alone; its log takes the same rights.

    SQLite would let everybody on the machine read the names in it.
    """
    file = Path(address[0])
    # No other kind of address names a file.
    if file.is_absolute():
        with suppress(OSError):
            file.touch(mode=0o600)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction start would be a deferred BEGIN; ours is sent by _begin_sqlite.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={LOCK_SECONDS * 1000:.0f}",
        "journal_mode=WAL",
        "synchronous=FULL",
        # Pages that change again and again are copied from the log into the file less often than
        # after 1,000. Source: SQLite, "PRAGMA wal_autocheckpoint".
        "wal_autocheckpoint=4000",
        "foreign_keys=ON",
        "cache_size=-65536",
        # What is deleted is overwritten: a purge must not leave it in the file's free pages.
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("reading", False):
        # Takes no lock and can't fail; asking the driver itself costs a tenth.
        cursor = connection.connection.cursor()
        cursor.execute("BEGIN")
        cursor.close()
        return
    # A deferred BEGIN lets two writers read the same state before either writes.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Open one writing use case: commits at the end, rolls back on any exception."""
    with (
        _turn_to_write(engine),
        Session(engine, expire_on_commit=False) as session,
        session.begin(),
    ):
        yield session
    file_endings(engine, session)


def once_more_after_deadlock(work: Callable[[], Result]) -> Result:
    """Do the work, and again where PostgreSQL ended it to let others go on; it commits for itself.

    Of those that hold each other up one is ended, whoever looks first: a migration, or a tap.
    """
    for _ in range(DEADLOCKS):
        try:
            return work()
        except OperationalError as error:
            if not _is_deadlock(error):
                raise
    return work()


def is_unanswered(error: Exception) -> bool:
    """Tell whether the database as such did not answer: it is busy, full or away.

    Whatever else is asked of it then will hardly fare better, whichever row it is about.
    """
    is_away = isinstance(error, OperationalError | InterfaceError | TimeoutError)
    return is_away and not _is_deadlock(error)


def _is_deadlock(error: Exception) -> bool:
    cause = error.orig if isinstance(error, OperationalError) else None
    return isinstance(cause, DeadlockDetected | SerializationFailure)


@contextmanager
def _turn_to_write(engine: Engine) -> Iterator[None]:
    """Let the threads of a process write one after the other where the database has one writer.

    SQLite's own wait looks again after pauses of up to 0.1 s, whoever came first: in a rush some
    would wait in vain. Other processes still wait that way.
    """
    if engine.dialect.name != "sqlite":
        yield
        return
    turn = _turn(engine)
    # In vain: the database itself then says that it is busy.
    has_turn = turn.acquire(timeout=LOCK_SECONDS)
    try:
        yield
    finally:
        if has_turn:
            turn.release()


@lru_cache(maxsize=8)
def _turn(engine: Engine) -> Turn:
    return Turn()


@contextmanager
def snapshot(engine: Engine) -> Iterator[Session]:
    """Open a session that only reads and never makes a writer wait.

    On PostgreSQL each statement sees what is committed when it runs, on SQLite all see the same.
    """
    with Session(_reader(engine), expire_on_commit=False) as session:
        yield session


# Every page view needs one, and it is always the same.
@lru_cache(maxsize=8)
def _reader(engine: Engine) -> Engine:
    return engine.execution_options(**_reading(engine))


def _reading(engine: Engine) -> dict[str, Any]:
    if engine.dialect.name == "sqlite":
        return {"reading": True}
    # At READ COMMITTED a transaction adds nothing to a reader. Its end would be a ROLLBACK, at
    # which psycopg forgets every prepared statement of the connection (its docs, "Prepared
    # statements").
    return {"isolation_level": "AUTOCOMMIT"}


def durability_problem(engine: Engine) -> str | None:
    """Return why a committed tap could be lost at a power cut, or None.

    PostgreSQL can be told to answer before the data is on disk; then no promise of ours holds.
    """
    if engine.dialect.name == "sqlite":
        return None
    with engine.connect() as connection:
        for switch in ("fsync", "synchronous_commit"):
            value: str = connection.exec_driver_sql(f"SHOW {switch}").scalar_one()
            if value == "off":
                return f"PostgreSQL runs with {switch} off"
    return None


def insert_for(session: Session, table: Any) -> Any:
    """Return an INSERT that knows ON CONFLICT in the words of this session's engine."""
    return INSERTS[session.get_bind().dialect.name](table)


def table_of(model: type[SQLModel]) -> Table:
    """Return the plain table, for set-based statements that should not go through the ORM."""
    return metadata().tables[str(model.__tablename__)]
