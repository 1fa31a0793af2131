"""Count notices by what became of them, and find those that ended without walking through all."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None

SETTLED = sa.text("settled_at IS NOT NULL")
LOOK_AT = sa.text("state IN ('dead', 'unknown')")


def upgrade() -> None:
    op.create_table(
        "notice_count",
        sa.Column("day", sa.Date(), nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("channel", "kind", "state", "outcome")
        ),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("number", "retried", "tries")),
        sa.PrimaryKeyConstraint(
            "day", "channel", "kind", "state", "outcome", name=op.f("pk_notice_count")
        ),
    )
    op.create_table(
        "dwell_count",
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("until", "bucket", name=op.f("pk_dwell_count")),
    )
    for name, rows in (("ix_notice_settled", SETTLED), ("ix_notice_look_at", LOOK_AT)):
        op.create_index(name, "notice", ["settled_at"], sqlite_where=rows, postgresql_where=rows)


def downgrade() -> None:
    for name in ("ix_notice_look_at", "ix_notice_settled"):
        op.drop_index(name, "notice")
    for name in ("dwell_count", "notice_count"):
        op.drop_table(name)
