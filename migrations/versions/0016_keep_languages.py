"""Remember the language of a LINE user who is not a guardian yet, or receives for one."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("line_friend", sa.Column("language", sa.String()))


def downgrade() -> None:
    op.drop_column("line_friend", "language")
