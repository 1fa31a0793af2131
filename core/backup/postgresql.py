"""Backups of PostgreSQL: pg_dump of one exported snapshot, put back by pg_restore.

Source: PostgreSQL manual, "pg_dump", "pg_restore", "Snapshot Synchronization Functions".
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import Connection, make_url

from core.backup.manifest import ANOTHER, BackupFault
from core.duty.months import PARTED

VERSION_TABLE = "alembic_version"
# Any fixed number but that of migrations, which a restore runs too.
RESTORE_LOCK = 353608


def dump_to(engine: Engine, url: str, folder: str, path: Path) -> dict[str, int]:
    """Write what is committed now into a new file, and return its rows by table.

    `folder` holds PostgreSQL's programs, empty for those on the PATH. Raises BackupFault.
    """
    with _snapshot(engine) as connection:
        name: str = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        options = ["--format=custom", "--no-owner", "--no-privileges", "--lock-wait-timeout=30s"]
        to = [f"--file={path}", f"--dbname={_target(url)}"]
        _run(folder, "pg_dump", [*options, f"--snapshot={name}", *to], url)
        numbers = counts(connection)
    # Reads all of it: an archive that was cut short ends here.
    _run(folder, "pg_restore", ["--file=/dev/null", str(path)], url)
    return numbers


def counts(connection: Connection) -> dict[str, int]:
    """Return the rows of each table."""
    names = inspect(connection).get_table_names()
    return {name: _count(connection, name) for name in names}


def _count(connection: Connection, name: str) -> int:
    quoted = connection.dialect.identifier_preparer.quote(name)
    number: int = connection.exec_driver_sql(f"SELECT count(*) FROM {quoted}").scalar_one()  # noqa: S608
    return number


@contextmanager
def alone_in(engine: Engine) -> Iterator[None]:
    """Keep other restores out meanwhile. Raises BackupFault where one is at work."""
    lock = text("SELECT pg_try_advisory_lock(:n)")
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        # Its lock ends with it, so it must not go back to the others.
        connection.detach()
        if not connection.execute(lock, {"n": RESTORE_LOCK}).scalar_one():
            raise BackupFault(ANOTHER.format(place="the database"))
        yield


def load(engine: Engine, url: str, folder: str, path: Path) -> None:
    """Fill the database, which holds no rows, from a dump; all or nothing. Raises BackupFault.

    The table of migrations stays empty: who finds it so waits, and nothing is sent before the
    caller has gone through what was waiting.
    """
    listed = _run(folder, "pg_restore", ["--list", str(path)], url).splitlines()
    wanted = [line for line in listed if f"TABLE DATA public {VERSION_TABLE} " not in line]
    with engine.begin() as connection:
        names = [
            connection.dialect.identifier_preparer.quote(one)
            for one in inspect(connection).get_table_names()
        ]
        if names:
            connection.exec_driver_sql(f"DROP TABLE {', '.join(names)} CASCADE")
    # Not beside the dump: that folder may be somebody else's, or only be read.
    with TemporaryDirectory() as place:
        chosen = Path(place) / "list"
        chosen.write_text("\n".join(wanted), encoding="utf-8")
        options = ["--single-transaction", "--no-owner", "--no-privileges", "--exit-on-error"]
        which = [f"--use-list={chosen}", f"--dbname={_target(url)}", str(path)]
        _run(folder, "pg_restore", [*options, *which], url)
    with engine.begin() as connection:
        # The counts a new table has none of; without them every plan is a guess.
        connection.exec_driver_sql("ANALYZE")


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    whole = engine.execution_options(isolation_level="REPEATABLE READ")
    with whole.connect() as connection, connection.begin():
        # What is dropped would be gone from the counts and not from the dump. Before all else: the
        # first question sees the database as it stays for this connection.
        connection.exec_driver_sql(f"LOCK TABLE {', '.join(PARTED)} IN ACCESS SHARE MODE")
        # It waits as long as the dump takes, which is no sign that we have gone away.
        for limit in ("idle_in_transaction_session_timeout", "statement_timeout"):
            connection.exec_driver_sql(f"SET LOCAL {limit} = 0")
        yield connection


def _target(url: str) -> str:
    return make_conninfo("", **{name: value for name, value in _parts(url) if name != "password"})


def _parts(url: str) -> Iterator[tuple[str, str]]:
    parsed = make_url(url)
    _, parts = parsed.get_dialect()().create_connect_args(parsed)
    return ((name, str(value)) for name, value in parts.items() if name != "context")


def _run(folder: str, name: str, arguments: Sequence[str], url: str) -> str:
    program = str(Path(folder) / name) if folder else shutil.which(name)
    if program is None or not Path(program).exists():
        hint = "Install PostgreSQL's client programs, or set POSTGRESQL_BIN to their folder."
        raise BackupFault(f"{name} is not there. {hint}")
    password = dict(_parts(url)).get("password", "")
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    done = subprocess.run([program, *arguments], capture_output=True, text=True, env=environment)
    if done.returncode:
        raise BackupFault(_complaint(name, done.stderr))
    return done.stdout


def _complaint(name: str, said: str) -> str:
    if "server version mismatch" in said:
        hint = "Install the client programs of the server's version, or name them: POSTGRESQL_BIN."
        return f"{name} is older than the server. {hint}"
    # The first line says what is wrong; later ones may quote rows.
    lines = said.strip().splitlines()
    return f"{name} failed: {lines[0] if lines else 'it said nothing'}"
