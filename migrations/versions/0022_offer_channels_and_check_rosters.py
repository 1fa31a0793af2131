"""Say which channels a term offers; hold checked roster files until they are confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "channel_offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("school_year", sa.Integer(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_channel_offer"),
        sa.CheckConstraint("term IN (1, 2)", name=op.f("ck_channel_offer_term")),
    )
    op.create_index(
        "uq_channel_offer_open",
        "channel_offer",
        ["scope", "school_year", "term", "channel"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "roster_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_code", sa.String(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=60), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("found", sa.String(), nullable=False),
        sa.Column("rows_sealed", sa.String()),
        sa.Column("taken_at", MOMENT),
        sa.Column("added", sa.Integer()),
        sa.Column("changed", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_roster_check"),
        sa.ForeignKeyConstraint(
            ["school_code"], ["school.code"], name="fk_roster_check_school_code_school"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_roster_check_staff_id_staff"),
    )
    op.create_index("ix_roster_check_expires", "roster_check", ["expires_at"])


def downgrade() -> None:
    op.drop_table("roster_check")
    op.drop_table("channel_offer")
