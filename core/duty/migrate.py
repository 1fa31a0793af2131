"""Bring the database to the shape this program needs."""

import random
import time
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"
TRIES = 10
PAUSE_SECONDS = (1, 3)


def migrate(engine: Engine) -> None:
    """Apply every missing migration in one transaction; safe when two start at once.

    Raises OperationalError when others hold a table for longer than the migration waits; nothing
    is changed then.
    """
    with engine.begin() as connection:
        upgrade(connection)


def migrate_in_traffic(engine: Engine) -> None:
    """Apply every missing migration, giving way to traffic and trying again.

    Raises OperationalError when a table is never free, or for whatever else is wrong.
    """
    for left in reversed(range(TRIES)):
        try:
            migrate(engine)
            return
        except OperationalError as error:
            if not left or not isinstance(error.orig, LockNotAvailable | DeadlockDetected):
                raise
            time.sleep(random.uniform(*PAUSE_SECONDS))


def upgrade(connection: Connection) -> None:
    """Apply every missing migration; joins the caller's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def stamp(connection: Connection, revision: str) -> None:
    """Note in an empty table of migrations where the database stands; joins the transaction."""
    statement = text("INSERT INTO alembic_version (version_num) VALUES (:revision)")
    connection.execute(statement, {"revision": revision})


def is_current(engine: Engine) -> bool:
    """Tell whether every migration has been applied, and none that is not known here."""
    return applied_revision(engine) == _scripts().get_current_head()


def is_fit(engine: Engine) -> bool:
    """Tell whether this program can work on the database: current, or ahead.

    Ahead is what a newer release brought: while it is rolled out the one before goes on.
    """
    revision = applied_revision(engine)
    if revision is None:
        return False
    return revision == _scripts().get_current_head() or not is_known(revision)


def applied_revision(engine: Engine) -> str | None:
    """Return the newest migration that was applied, None for none."""
    with engine.execution_options(reading=True).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_known(revision: str) -> bool:
    """Tell whether this program brings that migration."""
    try:
        return _scripts().get_revision(revision) is not None
    except CommandError:
        return False


# Reading them all takes a tenth of a second, and each probe of health asks.
@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config
