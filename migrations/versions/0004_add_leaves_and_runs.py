"""Add leaves, cut-off runs, and what the day record says of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leave",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("filed_by", sa.String(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_leave_days")),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_leave_student_id_student")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave")),
    )
    op.create_index("ix_leave_student", "leave", ["student_id", "last_day"])
    op.create_table(
        "no_show_run",
        sa.Column("school_code", sa.String(), nullable=False),
        sa.Column("school_day", sa.Date(), nullable=False),
        sa.Column("cutoff", sa.Time(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("arrived", sa.Integer(), nullable=True),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold_reason", sa.String(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_code"], ["school.code"], name=op.f("fk_no_show_run_school_code_school")
        ),
        sa.PrimaryKeyConstraint("school_code", "school_day", "cutoff", name=op.f("pk_no_show_run")),
    )
    for name in ("arrival_is_make_up", "departure_is_make_up"):
        op.add_column(
            "attendance_day",
            sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()),
        )
    op.add_column("attendance_day", sa.Column("leave", sa.String(), nullable=True))
    op.add_column(
        "attendance_day", sa.Column("no_show_due_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index("ix_attendance_day_school_day", "attendance_day", ["school_day", "no_show"])
    op.add_column("binding", sa.Column("tap_out_by", sa.Time(), nullable=True))


def downgrade() -> None:
    # Dropped in place: others refer to these tables, so that they can't be made anew.
    op.drop_column("binding", "tap_out_by")
    op.drop_index("ix_attendance_day_school_day", "attendance_day")
    for name in ("arrival_is_make_up", "departure_is_make_up", "leave", "no_show_due_at"):
        op.drop_column("attendance_day", name)
    op.drop_table("no_show_run")
    op.drop_table("leave")
