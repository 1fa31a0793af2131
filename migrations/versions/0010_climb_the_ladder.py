"""Remember which no-shows go to no further channel, and find those of the last hours."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

CLIMBING = sa.text("kind IN ('no_show', 'correction')")


def upgrade() -> None:
    op.add_column("notice", sa.Column("moot_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_notice_climbing",
        "notice",
        ["created_at"],
        sqlite_where=CLIMBING,
        postgresql_where=CLIMBING,
    )


def downgrade() -> None:
    op.drop_index("ix_notice_climbing", "notice")
    op.drop_column("notice", "moot_at")
