"""Let letters be ended by one press; keep each channel's due notices apart."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

UNFINISHED = sa.text("state IN ('pending', 'leased')")


def upgrade() -> None:
    op.add_column("binding", sa.Column("emails_stopped_at", sa.DateTime(timezone=True)))
    _replace_due(["channel", "priority", "turn_at", "id"])


def downgrade() -> None:
    _replace_due(["priority", "turn_at", "id"])
    op.drop_column("binding", "emails_stopped_at")


def _replace_due(columns: list[str]) -> None:
    op.drop_index("ix_notice_due", "notice")
    op.create_index(
        "ix_notice_due",
        "notice",
        columns,
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    )
