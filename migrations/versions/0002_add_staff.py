"""Add staff, their one-time codes, and notices addressed to them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("line_user_id", sa.String(length=33), nullable=False),
        sa.Column("name_sealed", sa.String(), nullable=False),
        sa.Column("school_code", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("homeroom", sa.String(), nullable=True),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_code"], ["school.code"], name=op.f("fk_staff_school_code_school")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
    )
    op.create_index("ix_staff_line_user", "staff", ["line_user_id"])
    op.create_index("ix_staff_school", "staff", ["school_code"])
    op.create_table(
        "staff_invite",
        sa.Column("code_index", sa.String(), nullable=False),
        sa.Column("name_sealed", sa.String(), nullable=False),
        sa.Column("school_code", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("homeroom", sa.String(), nullable=True),
        sa.Column("invited_by", sa.String(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_code"], ["school.code"], name=op.f("fk_staff_invite_school_code_school")
        ),
        sa.PrimaryKeyConstraint("code_index", name=op.f("pk_staff_invite")),
    )
    with op.batch_alter_table("notice") as notice:
        notice.add_column(sa.Column("staff_id", sa.Uuid(), nullable=True))
        notice.alter_column("guardian_id", existing_type=sa.Uuid(), nullable=True)
        notice.create_foreign_key(op.f("fk_notice_staff_id_staff"), "staff", ["staff_id"], ["id"])
        notice.create_check_constraint(
            op.f("ck_notice_recipient"), "(guardian_id IS NULL) <> (staff_id IS NULL)"
        )


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE guardian_id IS NULL")
    with op.batch_alter_table("notice") as notice:
        notice.drop_constraint(op.f("ck_notice_recipient"), type_="check")
        notice.drop_constraint(op.f("fk_notice_staff_id_staff"), type_="foreignkey")
        notice.alter_column("guardian_id", existing_type=sa.Uuid(), nullable=False)
        notice.drop_column("staff_id")
    op.drop_table("staff_invite")
    op.drop_table("staff")
