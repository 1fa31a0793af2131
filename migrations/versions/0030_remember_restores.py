"""Remember when a backup was put back, and which readers were asked to send again."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restore_run",
        sa.Column("restored_at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.add_column("reader", sa.Column("asked_again_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("reader", "asked_again_at")
    op.drop_table("restore_run")
