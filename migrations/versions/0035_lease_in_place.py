"""Let a lease be written where the notice lies: no index of notices looks at their state."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

DUE = ["channel", "priority", "turn_at", "id"]
SETTLED = "(settled_at IS NULL) = (state IN ('pending', 'leased'))"


def upgrade() -> None:
    op.drop_index("ix_notice_look_at", table_name="notice")
    op.drop_index("ix_notice_due", table_name="notice")
    # What ended without a moment of its own ended when it was last tried, or made.
    op.execute(
        "UPDATE notice SET settled_at = coalesce(first_tried_at, created_at) "
        "WHERE settled_at IS NULL AND state NOT IN ('pending', 'leased')"
    )
    with op.batch_alter_table("notice") as batch:
        batch.create_check_constraint(op.f("ck_notice_settled"), SETTLED)
    _index("ix_notice_due", DUE, "settled_at IS NULL")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE notice_rest SET (fillfactor = 50)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE notice_rest RESET (fillfactor)")
    op.drop_index("ix_notice_due", table_name="notice")
    with op.batch_alter_table("notice") as batch:
        batch.drop_constraint(op.f("ck_notice_settled"), type_="check")
    _index("ix_notice_due", DUE, "state IN ('pending', 'leased')")
    _index("ix_notice_look_at", ["settled_at"], "state IN ('dead', 'unknown')")


def _index(name: str, columns: list[str], where: str) -> None:
    words = sa.text(where)
    op.create_index(name, "notice", columns, sqlite_where=words, postgresql_where=words)
