"""Keep answers to no-shows, what the school is asked, and where a chat stands."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "no_show_answer",
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("school_day", sa.Date(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint(
            "student_id", "school_day", "guardian_id", "answer", name="pk_no_show_answer"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name="fk_no_show_answer_student_id_student"
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name="fk_no_show_answer_guardian_id_guardian"
        ),
    )
    op.create_index("ix_no_show_answer_guardian_id", "no_show_answer", ["guardian_id"])
    op.create_table(
        "help_request",
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("school_day", sa.Date(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("was_seen", sa.Boolean(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT),
        sa.Column("reply", sa.String()),
        sa.Column("answered_by", sa.String()),
        sa.Column("answered_at", MOMENT),
        sa.PrimaryKeyConstraint("student_id", "school_day", name="pk_help_request"),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name="fk_help_request_student_id_student"
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name="fk_help_request_guardian_id_guardian"
        ),
        sa.CheckConstraint(
            "(reply IS NULL) = (answered_at IS NULL)", name=op.f("ck_help_request_reply")
        ),
        sa.CheckConstraint(
            "reply IS NULL OR next_at IS NULL", name=op.f("ck_help_request_waiting")
        ),
    )
    op.create_index("ix_help_request_guardian_id", "help_request", ["guardian_id"])
    op.create_index(
        "ix_help_request_due",
        "help_request",
        ["next_at"],
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_table(
        "conversation",
        sa.Column("line_user_id", sa.String(), nullable=False),
        sa.Column("task", sa.String(length=20), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("line_user_id", name="pk_conversation"),
    )
    op.create_index("ix_conversation_expires_at", "conversation", ["expires_at"])


def downgrade() -> None:
    op.drop_table("conversation")
    op.drop_table("help_request")
    op.drop_table("no_show_answer")
