"""Add announcements, their versions, and who has read them."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

OPEN = sa.text("published_at IS NULL AND declined_at IS NULL")


def upgrade() -> None:
    _add_announcement()
    _add_version()
    op.create_table(
        "announcement_read",
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("announcement_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcement.id"],
            name=op.f("fk_announcement_read_announcement_id_announcement"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name=op.f("fk_announcement_read_guardian_id_guardian")
        ),
        sa.PrimaryKeyConstraint(
            "guardian_id", "announcement_id", name=op.f("pk_announcement_read")
        ),
    )
    op.create_index("ix_announcement_read_announcement", "announcement_read", ["announcement_id"])


def _add_announcement() -> None:
    op.create_table(
        "announcement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.String(), nullable=True),
        sa.Column("level", sa.String(), nullable=True),
        sa.Column("school_code", sa.String(), nullable=True),
        sa.Column("grade", sa.Integer(), nullable=True),
        sa.Column("homeroom", sa.String(), nullable=True),
        sa.Column("published_number", sa.Integer(), nullable=True),
        sa.Column("shown_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "school_code IS NOT NULL OR (grade IS NULL AND homeroom IS NULL)",
            name=op.f("ck_announcement_place"),
        ),
        sa.CheckConstraint(
            "school_code IS NULL OR (district IS NULL AND level IS NULL)",
            name=op.f("ck_announcement_school"),
        ),
        sa.CheckConstraint("grade IS NULL OR homeroom IS NULL", name=op.f("ck_announcement_class")),
        sa.ForeignKeyConstraint(
            ["school_code"], ["school.code"], name=op.f("fk_announcement_school_code_school")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
    )
    op.create_index("ix_announcement_shown", "announcement", ["shown_from"])


def _add_version() -> None:
    op.create_table(
        "announcement_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("announcement_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("importance", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("publish_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("needs_second", sa.Boolean(), nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_by", sa.String(), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "NOT needs_second OR published_by <> written_by",
            name=op.f("ck_announcement_version_second_person"),
        ),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcement.id"],
            name=op.f("fk_announcement_version_announcement_id_announcement"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement_version")),
        sa.UniqueConstraint(
            "announcement_id",
            "number",
            name=op.f("uq_announcement_version_announcement_id_number"),
        ),
    )
    op.create_index(
        "uq_announcement_version_open",
        "announcement_version",
        ["announcement_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    for table in ("announcement_read", "announcement_version", "announcement"):
        op.drop_table(table)
