"""The release after this one, as far as its migration goes."""

import shutil
import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from core.duty.migrate import SCRIPTS

NEXT = '''
"""What the release after this one could bring."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None


def upgrade() -> None:
    op.create_table("later", sa.Column("id", sa.Integer, primary_key=True))
    for table in ("tap", "notice", "reader", "attendance_day"):
        op.add_column(table, sa.Column("later", sa.String))
    op.create_index("ix_tap_later", "tap", ["later"])


def downgrade() -> None:
    op.drop_index("ix_tap_later", "tap")
    for table in ("tap", "notice", "reader", "attendance_day"):
        op.drop_column(table, "later")
    op.drop_table("later")
'''


def write_release(folder: Path, head: str | None) -> Config:
    """Write its migrations: ours, and one more after `head`."""
    shutil.copytree(SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "9999_bring_later.py").write_text(NEXT.format(head=head))
    config = Config()
    config.set_main_option("script_location", str(folder))
    return config


def move(config: Config, engine: Engine, to: str) -> None:
    """Migrate up or down, giving way to traffic as the command does."""
    for _ in range(20):
        try:
            with engine.begin() as connection:
                config.attributes["connection"] = connection
                (command.downgrade if to != "9999" else command.upgrade)(config, to)
            return
        except OperationalError:
            time.sleep(0.2)
    raise AssertionError(f"never reached {to}")
