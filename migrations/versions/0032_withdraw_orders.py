"""Let a guardian withdraw an order the school has not looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

WITHDRAWN, RETURNED = "'已撤回'", "'退回'"
ENDS = f"'已註銷', {RETURNED}, '期滿'"
STATES = f"'申請審核中', '生效', '註銷審核中', {ENDS}"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rewrite(RETURNED, f"{RETURNED}, {WITHDRAWN}")
    else:
        _allow(f"{STATES}, {WITHDRAWN}", f"{ENDS}, {WITHDRAWN}")


def downgrade() -> None:
    # To the release before, both went back before they were in force.
    op.execute("UPDATE sms_order SET state = '退回' WHERE state = '已撤回'")
    op.execute("UPDATE sms_order_step SET step = 'return' WHERE step = 'withdraw'")
    if op.get_bind().dialect.name == "sqlite":
        _rewrite(f"{RETURNED}, {WITHDRAWN}", RETURNED)
    else:
        _allow(STATES, ENDS)


def _allow(states: str, ends: str) -> None:
    for name in ("state", "ended"):
        op.drop_constraint(op.f(f"ck_sms_order_{name}"), "sms_order", type_="check")
    op.create_check_constraint(op.f("ck_sms_order_state"), "sms_order", f"state IN ({states})")
    ended = f"(state IN ({ends})) = (ended_at IS NOT NULL)"
    op.create_check_constraint(op.f("ck_sms_order_ended"), "sms_order", ended)


def _rewrite(before: str, after: str) -> None:
    """Change the table's conditions where they stand written; its rows stay as they are.

    SQLite can't alter a condition, and to rebuild the table would delete the texts and steps of
    every order with the old one. Source: sqlite.org, "ALTER TABLE", 7, "Making Other Kinds Of Table
    Schema Changes", the second procedure.
    """
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, :before, :after) "
            "WHERE type = 'table' AND name = 'sms_order'"
        ).bindparams(before=before, after=after)
    )
    # Whoever has read the old conditions reads them again.
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
