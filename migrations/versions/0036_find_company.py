"""Find a reader's waiting news by index: a claim walked through all that waits to find siblings."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_notice_company",
        "notice",
        ["line_user_id"],
        # Built by hand before, part by part, where notices are many and taps must not wait.
        if_not_exists=True,
        sqlite_where=sa.text("settled_at IS NULL AND may_ride = 1"),
        postgresql_where=sa.text("settled_at IS NULL AND may_ride"),
    )


def downgrade() -> None:
    op.drop_index("ix_notice_company", table_name="notice")
