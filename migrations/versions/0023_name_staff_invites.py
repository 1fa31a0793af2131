"""Give each invitation of staff an id of its own, so that it can be named without its code."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INVITE = sa.table("staff_invite", sa.column("code_index", sa.String()), sa.column("id", sa.Uuid()))


def upgrade() -> None:
    op.add_column("staff_invite", sa.Column("id", sa.Uuid()))
    connection = op.get_bind()
    for code_index in connection.scalars(sa.select(INVITE.c.code_index)).all():
        connection.execute(
            sa.update(INVITE).where(INVITE.c.code_index == code_index).values(id=uuid4())
        )
    with op.batch_alter_table("staff_invite") as batch:
        batch.alter_column("id", existing_type=sa.Uuid(), nullable=False)
        batch.create_unique_constraint("uq_staff_invite_id", ["id"])


def downgrade() -> None:
    with op.batch_alter_table("staff_invite") as batch:
        batch.drop_constraint("uq_staff_invite_id", type_="unique")
        batch.drop_column("id")
