"""Let settings begin on a later day, keep who changed them, and show a secret once."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("day_policy", sa.Column("from_day", sa.Date()))
    op.create_table(
        "setting_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("scope", "kind", "subject")),
        sa.Column("number", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String()) for name in ("before", "after")),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("undone_by", sa.String()),
        sa.Column("undone_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_setting_change"),
        sa.UniqueConstraint(
            "scope",
            "kind",
            "subject",
            "number",
            name="uq_setting_change_scope_kind_subject_number",
        ),
    )
    op.create_index("ix_setting_change_scope", "setting_change", ["scope", "recorded_at"])
    op.create_table(
        "one_time_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("text_sealed", sa.String()),
        sa.Column("shown_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_text"),
    )
    op.create_index("ix_one_time_text_expires_at", "one_time_text", ["expires_at"])


def downgrade() -> None:
    for name in ("one_time_text", "setting_change"):
        op.drop_table(name)
    op.drop_column("day_policy", "from_day")
