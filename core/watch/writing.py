"""Whether the database takes what is written: a full or failing disk lets it be read for long."""

import shutil
import sqlite3
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import Error as PostgresError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from core.db import insert_for, table_of, transaction
from core.duty.tables import JobRun
from core.house import House
from core.settings import Settings

ROW = {"job": "probe", "slot": "write", "outcome": "ok", "count": 0}
# Anybody may ask, and each look is a commit.
LOOK_SECONDS = 5.0
# Source: SQLite docs, "Result and Error Codes"; PostgreSQL manual, "PostgreSQL Error Codes".
SQLITE_WORDS = {
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_IOERR: "disk_fails",
    sqlite3.SQLITE_CANTOPEN: "disk_fails",
    sqlite3.SQLITE_BUSY: "busy",
}
POSTGRESQL_WORDS = {
    "53100": "disk_full",
    "25006": "read_only",
    "58030": "disk_fails",
    "55P03": "busy",
    "57014": "busy",
}


@dataclass
class WriteProbe:
    """Write one row now and then, and remember what came of it."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _looked_at: float = -LOOK_SECONDS
    _problem: str | None = None

    def problem(self, house: House) -> str | None:
        """Return why nothing can be written, a word of ours, or None. Commits for itself."""
        with self._lock:
            if time.monotonic() - self._looked_at >= LOOK_SECONDS:
                self._problem = write_problem(house)
                self._looked_at = time.monotonic()
            return self._problem


def write_problem(house: House) -> str | None:
    """Write one row and return why that failed, a word of ours, or None. Commits for itself."""
    run = table_of(JobRun)
    try:
        with transaction(house.engine) as session:
            statement = insert_for(session, run).values({**ROW, "ran_at": house.clock.now()})
            session.execute(
                statement.on_conflict_do_update(
                    index_elements=["job", "slot"], set_={"ran_at": statement.excluded.ran_at}
                )
            )
    except DBAPIError as error:
        return _word(error.orig)
    return None


def room_left(settings: Settings) -> dict[str, int]:
    """Return the bytes left for the database file, where it is one, and for backups."""
    places = {"backups": Path(settings.backup_folder)}
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        places["database"] = Path(url.database or "")
    return {name: _room(path.absolute()) for name, path in places.items()}


def _room(path: Path) -> int:
    # It is made when it is needed; until then it is the room of what lies above.
    return shutil.disk_usage(next(one for one in (path, *path.parents) if one.exists())).free


def _word(error: BaseException | None) -> str:
    if isinstance(error, sqlite3.Error):
        # The low byte is the error, what is above says where.
        return SQLITE_WORDS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "away")
    if isinstance(error, PostgresError):
        return POSTGRESQL_WORDS.get(error.sqlstate or "", "away")
    return "away"
