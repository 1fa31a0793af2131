"""Count notices as they are written, and remember who was told that pushes are cut back."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "made_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "channel", "kind", name=op.f("pk_made_count")),
    )
    moment = sa.DateTime(timezone=True)
    op.add_column("quota_month", sa.Column("step_at", moment, nullable=True))
    op.add_column("guardian", sa.Column("quota_told_at", moment, nullable=True))


def downgrade() -> None:
    op.drop_column("guardian", "quota_told_at")
    op.drop_column("quota_month", "step_at")
    op.drop_table("made_count")
