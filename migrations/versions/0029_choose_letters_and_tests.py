"""Let guardians choose when letters come, and whether a test does."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

GATHERED = sa.text("outcome = 'in_digest'")


def upgrade() -> None:
    op.add_column("guardian", sa.Column("emails_at", sa.Time()))
    op.add_column(
        "guardian",
        sa.Column("wants_tests", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    op.create_index(
        "ix_notice_gathered",
        "notice",
        ["guardian_id"],
        sqlite_where=GATHERED,
        postgresql_where=GATHERED,
    )


def downgrade() -> None:
    op.drop_index("ix_notice_gathered", "notice")
    op.drop_column("guardian", "wants_tests")
    op.drop_column("guardian", "emails_at")
