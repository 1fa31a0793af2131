"""Let an ID token make one session only, and keep when a person was last proved."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("web_session", sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(sa.text("UPDATE web_session SET proved_at = created_at"))
    with op.batch_alter_table("web_session") as table:
        table.alter_column("proved_at", nullable=False)
    op.create_table(
        "used_id_token",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("line_user_id", sa.String(length=33), nullable=False),
        sa.Column("browser_hash", sa.String(), nullable=False),
        sa.Column("session_hash", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_hash"],
            ["web_session.token_hash"],
            name=op.f("fk_used_id_token_session_hash_web_session"),
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_used_id_token")),
    )
    op.create_index("ix_used_id_token_line_user", "used_id_token", ["line_user_id"])


def downgrade() -> None:
    op.drop_table("used_id_token")
    op.drop_column("web_session", "proved_at")
