"""Run migrations on a given connection (the product) or on DATABASE_URL (developers)."""

from alembic import context
from sqlalchemy import text
from sqlalchemy.engine import Connection

import bot.tables  # noqa: F401
import core.attendance.tables  # noqa: F401
import core.audit
import core.calendar.tables
import core.delivery.tables
import core.duty.tables
import core.gate.tables
import core.notices.tables
import core.people.tables  # noqa: F401
import core.watch.tables  # noqa: F401
from core.db import make_engine, metadata
from core.settings import load_settings

# Any fixed number: two starters at once must not migrate side by side.
MIGRATION_LOCK = 353607


def migrate(connection: Connection) -> None:
    """Bring the connection's database up; SQLite rebuilds tables in batch mode."""
    context.configure(
        connection=connection,
        target_metadata=metadata(),
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": MIGRATION_LOCK})
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    with make_engine(load_settings().database_url).connect() as opened:
        migrate(opened)
        opened.commit()
