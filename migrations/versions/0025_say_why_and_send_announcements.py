"""Keep why a child was looked up; say which announcements go out as messages too."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_entry", sa.Column("reason", sa.String()))
    op.add_column(
        "announcement_version",
        sa.Column("is_pushed", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.drop_column("announcement_version", "is_pushed")
    op.drop_column("audit_entry", "reason")
