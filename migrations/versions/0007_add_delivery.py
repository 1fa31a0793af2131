"""Let notices take turns and ride together; share out the pushes, the token and the quota."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UNFINISHED = sa.text("state IN ('pending', 'leased')")
RIDING = sa.text("rides_with IS NOT NULL")


def upgrade() -> None:
    _add_turns()
    op.create_table(
        "push_slot",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_push_slot")),
    )
    op.create_table(
        "sender_seat",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender_seat")),
    )
    op.create_table(
        "channel_token",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("token_sealed", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renewing_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_token")),
    )
    op.create_table(
        "quota_month",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "month", name=op.f("pk_quota_month")),
    )
    op.create_table(
        "delivery_day",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ours", sa.Integer(), nullable=False),
        sa.Column("theirs", sa.Integer(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "day", name=op.f("pk_delivery_day")),
    )


def _add_turns() -> None:
    op.drop_index("ix_notice_due", "notice")
    moment = sa.DateTime(timezone=True)
    op.add_column("notice", sa.Column("turn_at", moment, nullable=True))
    op.execute("UPDATE notice SET turn_at = due_at")
    with op.batch_alter_table("notice") as notice:
        notice.alter_column("turn_at", existing_type=moment, nullable=False)
        notice.add_column(
            sa.Column("may_ride", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        notice.add_column(sa.Column("rides_with", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_notice_due",
        "notice",
        ["priority", "turn_at", "id"],
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    )
    op.create_index(
        "ix_notice_rides_with",
        "notice",
        ["rides_with"],
        sqlite_where=RIDING,
        postgresql_where=RIDING,
    )


def downgrade() -> None:
    for table in ("delivery_day", "quota_month", "channel_token", "sender_seat", "push_slot"):
        op.drop_table(table)
    op.drop_index("ix_notice_rides_with", "notice")
    op.drop_index("ix_notice_due", "notice")
    with op.batch_alter_table("notice") as notice:
        for name in ("rides_with", "may_ride", "turn_at"):
            notice.drop_column(name)
    op.create_index(
        "ix_notice_due",
        "notice",
        ["priority", "due_at", "id"],
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    )
