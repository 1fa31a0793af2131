"""Let guardians connect the bureau's app: its token, sealed, and since when."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("guardian", sa.Column("app_token_sealed", sa.String()))
    op.add_column("guardian", sa.Column("app_connected_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("guardian", "app_connected_at")
    op.drop_column("guardian", "app_token_sealed")
