"""Backups of SQLite: the online backup, which copies one state while writers go on.

Source: SQLite docs, "Online Backup API".
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from core.backup.manifest import ANOTHER, BackupFault, sync


def copy_to(engine: Engine, path: Path) -> dict[str, int]:
    """Copy the database into a new file and return its rows by table. Raises BackupFault."""
    source = engine.raw_connection()
    try:
        with closing(sqlite3.connect(path)) as target:
            source.driver_connection.backup(target)  # type: ignore[union-attr]  # sqlite3's own
            # One file, without a log beside it.
            target.execute("PRAGMA journal_mode=DELETE")
            check(target)
            return counts(target)
    finally:
        source.close()


def check(database: sqlite3.Connection) -> None:
    """Raise BackupFault unless the database is whole."""
    found = database.execute("PRAGMA integrity_check").fetchall()
    if found != [("ok",)] or database.execute("PRAGMA foreign_key_check").fetchall():
        raise BackupFault("The database is damaged. Keep it, and restore the backup before this.")


def counts(database: sqlite3.Connection) -> dict[str, int]:
    """Return the rows of each table."""
    names = database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return {name: _count(database, name) for (name,) in names.fetchall()}


def _count(database: sqlite3.Connection, name: str) -> int:
    number: int = database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
    return number


def place_of(url: str) -> Path:
    """Return the file a database address names."""
    return Path(make_url(url).database or "")


def place_beside(target: Path) -> Path:
    """Return where a copy lies until it becomes the database."""
    return target.with_name(f"{target.name}.restoring")


@contextmanager
def alone_at(target: Path) -> Iterator[None]:
    """Keep other restores out meanwhile. Raises BackupFault where one is at work."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # The folder's own lock leaves no file behind, and ends with whoever held it.
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(folder)
        raise BackupFault(ANOTHER.format(place=target.parent)) from None
    try:
        yield
    finally:
        os.close(folder)


def lay_beside(backup: Path, copy: Path, expected: Mapping[str, int]) -> None:
    """Make a checked copy of the backup. Raises BackupFault."""
    copy.unlink(missing_ok=True)
    copy.touch(mode=0o600)
    address = f"{backup.resolve().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True)) as source,
        closing(sqlite3.connect(copy)) as database,
    ):
        source.backup(database)
        check(database)
        if counts(database) != expected:
            raise BackupFault("The copy differs from the backup. Look at the disk.")


def close_log(engine: Engine) -> None:
    """Bring what the log holds into the file itself."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.cursor().execute("PRAGMA journal_mode=DELETE")
    finally:
        raw.close()


def put_in_place(copy: Path, target: Path) -> None:
    """Let the copy be the database, at once and whole."""
    sync(copy)
    for ending in ("-wal", "-shm"):
        # Of the empty database that lay there: it would be taken for the copy's own.
        target.with_name(target.name + ending).unlink(missing_ok=True)
    os.replace(copy, target)
