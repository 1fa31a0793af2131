"""Run migrations on a given connection (the product) or on DATABASE_URL (developers)."""

from alembic import context
from sqlalchemy import text
from sqlalchemy.engine import Connection

import bot.tables  # noqa: F401
import core.announcements.tables  # noqa: F401
import core.answers.tables
import core.attendance.tables
import core.audit
import core.binding.tables
import core.calendar.tables
import core.contact.tables
import core.delivery.tables
import core.duty.tables
import core.gate.tables
import core.identity.tables
import core.notices.tables
import core.orders.tables
import core.people.tables
import core.privacy.tables
import core.receipts.tables
import core.restored
import core.roster.tables
import core.sealed
import core.survey.tables
import core.topics.tables
import core.watch.tables  # noqa: F401
from core.db import metadata
from core.house import build_house
from core.settings import load_settings

# Any fixed number: two starters at once must not migrate side by side.
MIGRATION_LOCK = 353607
# Whoever waits for a table lock makes everybody behind it wait as well.
LIMITS = {"lock_timeout": "2s", "statement_timeout": "10min"}


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
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": MIGRATION_LOCK})
            # Only now: to wait for another starter is right, to let taps queue up behind us is not.
            for limit, value in LIMITS.items():
                connection.execute(text(f"SET LOCAL {limit} = '{value}'"))
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    with build_house(load_settings()).engine.connect() as opened:
        migrate(opened)
        opened.commit()
