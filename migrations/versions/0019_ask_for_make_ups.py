"""Keep what guardians ask to be entered for a tap that was not made."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    op.create_table(
        "make_up_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("school_day", sa.Date(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("words_sealed", sa.String()),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.Column("closed_by", sa.String()),
        sa.Column("refusal", sa.String()),
        sa.Column("tap_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name="pk_make_up_request"),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name="fk_make_up_request_student_id_student"
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name="fk_make_up_request_guardian_id_guardian"
        ),
        sa.CheckConstraint(
            "(state = 'open') = (closed_at IS NULL)", name="ck_make_up_request_closed"
        ),
        sa.CheckConstraint(
            "(state = 'refused') = (refusal IS NOT NULL)", name="ck_make_up_request_refusal"
        ),
    )
    op.create_index(
        "uq_make_up_request_open",
        "make_up_request",
        ["student_id", "school_day", "direction"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index("ix_make_up_request_student", "make_up_request", ["student_id", "school_day"])
    op.create_index("ix_make_up_request_guardian_id", "make_up_request", ["guardian_id"])


def downgrade() -> None:
    op.drop_table("make_up_request")
