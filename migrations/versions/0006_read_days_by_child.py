"""Read a school's day by its children: an index by day and state is one of the whole city."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_attendance_day_school_day", "attendance_day")


def downgrade() -> None:
    op.create_index("ix_attendance_day_school_day", "attendance_day", ["school_day", "no_show"])
