"""What a run of the product must not leave in clear: whose secrets, and where they are looked for.

Searched: what the programs logged, every error page met, the database row by row, a dump as an
operator would make one, the engine's own files with their write-ahead log, and /metrics.
"""

import base64
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import requests
from psycopg import sql
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import make_url

from core.house import build_house
from core.settings import load_settings
from sandbox.taipei_pass.members import sample_members

# Pages, lists and messages are about a child by name; only the rest is kept sealed.
NAMED_IN_CLEAR = ("database", "files", "dump")


SETTINGS = {
    "SECRET_KEY": "canary-session-signing-key-5f1c",
    "LINE_CHANNEL_SECRET": "canary-channel-secret-7d20",
    "LINE_CHANNEL_ACCESS_TOKEN": "canary-access-token-91be",
    "TAIPEI_PASS_CLIENT_SECRET": "canary-pass-secret-3c44",
    "METRICS_TOKEN": "canary-metrics-token-ab09",
}


def secrets_of(sample: Mapping[str, Any], phones: list[dict[str, Any]]) -> dict[str, str]:
    """Return what nobody may find of the invented schools and the people with phones, by name."""
    keys = load_settings(_env_file=None)
    known = SETTINGS | {
        "data key": keys.data_keys.get_secret_value().partition(":")[2],
        "index key": keys.index_keys.get_secret_value().partition(":")[2],
    }
    for number, student in enumerate(sample["students"]):
        known[f"child {number}'s id"] = student["national_id"]
        known[f"child {number}'s birth date"] = student["birth_date"]
    for number, reader in enumerate(sample["readers"]):
        known[f"reader {number}'s secret"] = reader["secret"].removeprefix("whsec_")
    for number, staff in enumerate(sample["staff"]):
        known[f"staff {number}'s name"] = staff["name"]
        known[f"staff {number}'s code"] = staff["code"].replace("-", "")
    known |= {f"{phone['name']}'s LINE id": phone["user_id"] for phone in phones}
    for account, member in sample_members().items():
        known |= {
            f"{account}'s name": member.real_name,
            f"{account}'s id": member.id_number,
            f"{account}'s e-mail": member.email,
            f"{account}'s phone": member.phone,
        }
    return {name: secret for name, secret in known.items() if secret}


def find_leaks(
    secrets: Mapping[str, str], searched: Mapping[str, bytes], *children: str
) -> set[tuple[str, str]]:
    """Return which secrets stand where; children's names are theirs to keep in the database."""
    empty = [where for where, content in searched.items() if not content and where != "error pages"]
    assert not empty, f"nothing to search in {empty}"
    names = {name: name for name in children}
    found = set()
    for where, content in searched.items():
        met = names_in(content, {**secrets, **names})
        if where in NAMED_IN_CLEAR:
            assert met & set(children), f"the search finds what is there: {where}"
            met -= set(children)
        found |= {(name, where) for name in met}
    return found


def names_in(content: bytes, secrets: Mapping[str, str]) -> set[str]:
    """Return the names of the secrets that stand in the content, in whichever form."""
    owners = {form: name for name, secret in secrets.items() for form in forms(secret)}
    with tempfile.NamedTemporaryFile() as patterns:
        patterns.write(b"\n".join(owners))
        patterns.flush()
        # Thousands of forms in megabytes: grep looks for all of them in one pass.
        lines = subprocess.run(
            ["grep", "--text", "--only-matching", "--fixed-strings", "--file", patterns.name],
            input=content,
            stdout=subprocess.PIPE,
            env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
        ).stdout.splitlines()
    return {owners[line] for line in lines}


def forms(secret: str) -> list[bytes]:
    """A secret as it could stand somewhere: plain, escaped in JSON, in hexadecimal, in base64."""
    plain = secret.encode()
    escaped = secret.encode("ascii", "backslashreplace")
    return [*{plain, escaped, plain.hex().encode(), base64.b64encode(plain).rstrip(b"=")}]


def metrics(app: str) -> bytes:
    """Return what a monitor reads."""
    token = {"Authorization": f"Bearer {SETTINGS['METRICS_TOKEN']}"}
    return requests.get(f"{app}/metrics", headers=token, timeout=30).content


def rows(url: str) -> bytes:
    """Every value of every table, as a dump would hold it; the engine compresses nothing here."""
    engine = build_house(load_settings(_env_file=None, database_url=url)).engine
    values = []
    with engine.connect() as connection:
        for name in inspect(engine).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{name}"')):  # noqa: S608
                values += [one if isinstance(one, bytes) else str(one).encode() for one in row]
    engine.dispose()
    return b"\n".join(values)


def dump(url: str) -> bytes:
    """What an operator's dump holds."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(parsed.database))) as connection:
            return "\n".join(connection.iterdump()).encode()
    # As pg_dump writes it; the one in the package is older than the server.
    address = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        # Of a table in parts the parts: it holds nothing itself.
        names = cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = 'public'::regnamespace"
        )
        copies = [sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name)) for (name,) in names]
        content = b""
        for copy in copies:
            with cursor.copy(copy) as lines:
                content += b"".join(bytes(line) for line in lines)
    return content


def log_position(url: str) -> str:
    """Return the file the engine's write-ahead log is at; SQLite's is searched whole."""
    if make_url(url).get_backend_name() == "sqlite":
        return ""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        # A new file, in which nothing stands of what was written before.
        connection.execute(text("SELECT pg_switch_wal()"))
        position = _wal_file(connection)
    engine.dispose()
    return position


def files(url: str, since: str) -> bytes:
    """The engine's files, free pages and all, with its write-ahead log from a position on."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = Path(str(parsed.database))
        return b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CHECKPOINT"))
        folder = Path(connection.execute(text("SHOW data_directory")).scalar_one())
        number = connection.execute(
            text("SELECT oid FROM pg_database WHERE datname = current_database()")
        ).scalar_one()
        now = _wal_file(connection)
    engine.dispose()
    written = [one for one in (folder / "pg_wal").iterdir() if since <= one.name <= now]
    paths = [*(folder / "base" / str(number)).iterdir(), *written]
    return b"".join(one.read_bytes() for one in paths if one.is_file())


def _wal_file(connection: Connection) -> str:
    return str(
        connection.execute(text("SELECT pg_walfile_name(pg_current_wal_lsn())")).scalar_one()
    )
