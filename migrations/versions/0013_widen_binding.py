"""Let guardians come by code, wait for a school's yes, and lend their notices to others."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UNTOLD = sa.text("full_at IS NOT NULL AND told_at IS NULL")
NOT_LIFTED = sa.text("lifted_at IS NULL")
LIVE_CODE = sa.text("used_at IS NULL AND voided_at IS NULL")
UNDECIDED = sa.text("decided_at IS NULL")
LIVE_DELEGATE = sa.text("accepted_at IS NOT NULL AND ended_at IS NULL")
NEW_TABLES = (
    "carry_over",
    "delegate",
    "binding_code",
    "code_sheet",
    "binding_request",
    "binding_measure",
    "binding_bar",
    "binding_rule",
    "try_counter",
)


def upgrade() -> None:
    _add_limits()
    _add_school_side()
    _add_codes()
    _add_delegates()
    op.add_column("binding", sa.Column("quiet_until", sa.DateTime(timezone=True)))
    op.add_column(
        "binding_attempt",
        sa.Column("outcome", sa.String(), nullable=False, server_default="mismatch"),
    )
    op.create_index("ix_binding_attempt_tried", "binding_attempt", ["tried_at"])
    op.add_column("student", sa.Column("former_id_index", sa.String()))
    op.add_column("student", sa.Column("former_id_sealed", sa.String()))
    op.create_index("ix_student_identity", "student", ["national_id_index"])
    op.create_index("ix_student_identity_former", "student", ["former_id_index"])
    op.create_index("ix_student_match_former", "student", ["school_code", "former_id_index"])
    # In words, since Alembic would copy the whole table on SQLite to add a column with a key.
    kind = "UUID" if op.get_bind().dialect.name == "postgresql" else "CHAR(32)"
    op.execute(
        f"ALTER TABLE notice ADD COLUMN delegate_id {kind} "
        "CONSTRAINT fk_notice_delegate_id_delegate REFERENCES delegate (id)"
    )


def _add_limits() -> None:
    op.create_table(
        "try_counter",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("school_day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject_sealed", sa.String(), nullable=True),
        sa.Column("full_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", "school_day", name=op.f("pk_try_counter")),
    )
    op.create_index(
        "ix_try_counter_untold",
        "try_counter",
        ["full_at"],
        sqlite_where=UNTOLD,
        postgresql_where=UNTOLD,
    )
    op.create_table(
        "binding_rule",
        sa.Column("school_code", sa.String(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("code_vouches", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_code"], ["school.code"], name=op.f("fk_binding_rule_school_code_school")
        ),
        sa.PrimaryKeyConstraint("school_code", name=op.f("pk_binding_rule")),
    )


def _add_school_side() -> None:
    op.create_table(
        "binding_bar",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("member_index", sa.String(), nullable=False),
        sa.Column("member_sealed", sa.String(), nullable=False),
        sa.Column("barred_by", sa.String(), nullable=False),
        sa.Column("barred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name=op.f("fk_binding_bar_guardian_id_guardian")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_binding_bar_student_id_student")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_binding_bar")),
    )
    op.create_index("ix_binding_bar_student", "binding_bar", ["student_id"])
    op.create_index(
        "uq_binding_bar_open",
        "binding_bar",
        ["guardian_id", "student_id"],
        unique=True,
        sqlite_where=NOT_LIFTED,
        postgresql_where=NOT_LIFTED,
    )
    op.create_table(
        "binding_measure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason_sealed", sa.String(), nullable=False),
        sa.Column("taken_by", sa.String(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name=op.f("fk_binding_measure_guardian_id_guardian")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_binding_measure_student_id_student")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_binding_measure")),
    )
    op.create_index("ix_binding_measure_student_id", "binding_measure", ["student_id"])
    op.create_table(
        "binding_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("relationship", sa.String(), nullable=False),
        sa.Column("proven_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("is_approved", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name=op.f("fk_binding_request_guardian_id_guardian")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_binding_request_student_id_student")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_binding_request")),
    )
    op.create_index("ix_binding_request_student", "binding_request", ["student_id"])
    op.create_index(
        "uq_binding_request_open",
        "binding_request",
        ["guardian_id", "student_id"],
        unique=True,
        sqlite_where=UNDECIDED,
        postgresql_where=UNDECIDED,
    )


def _add_codes() -> None:
    op.create_table(
        "code_sheet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_code", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slips_sealed", sa.String(), nullable=True),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_code"], ["school.code"], name=op.f("fk_code_sheet_school_code_school")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_sheet")),
    )
    op.create_table(
        "binding_code",
        sa.Column("code_index", sa.String(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.Uuid(), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_binding_code_student_id_student")
        ),
        sa.ForeignKeyConstraint(
            ["used_by"], ["guardian.id"], name=op.f("fk_binding_code_used_by_guardian")
        ),
        sa.PrimaryKeyConstraint("code_index", name=op.f("pk_binding_code")),
    )
    op.create_index(
        "uq_binding_code_live",
        "binding_code",
        ["student_id"],
        unique=True,
        sqlite_where=LIVE_CODE,
        postgresql_where=LIVE_CODE,
    )


def _add_delegates() -> None:
    op.create_table(
        "carry_over",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_kept", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["binding_id"], ["binding.id"], name=op.f("fk_carry_over_binding_id_binding")
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name=op.f("fk_carry_over_guardian_id_guardian")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_carry_over_student_id_student")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carry_over")),
        sa.UniqueConstraint(
            "guardian_id", "student_id", name=op.f("uq_carry_over_guardian_id_student_id")
        ),
    )
    op.create_table(
        "delegate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_index", sa.String(), nullable=False),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_sealed", sa.String(), nullable=True),
        sa.Column("line_user_id", sa.String(length=33), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["binding_id"], ["binding.id"], name=op.f("fk_delegate_binding_id_binding")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegate")),
        sa.UniqueConstraint("code_index", name=op.f("uq_delegate_code_index")),
    )
    op.create_index("ix_delegate_binding_id", "delegate", ["binding_id"])
    op.create_index("ix_delegate_line_user", "delegate", ["line_user_id"])
    op.create_index(
        "ix_delegate_live",
        "delegate",
        ["binding_id"],
        sqlite_where=LIVE_DELEGATE,
        postgresql_where=LIVE_DELEGATE,
    )


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE delegate_id IS NOT NULL")
    with op.batch_alter_table("notice") as notice:
        notice.drop_column("delegate_id")
    op.drop_index("ix_student_match_former", "student")
    op.drop_index("ix_student_identity_former", "student")
    op.drop_index("ix_student_identity", "student")
    op.drop_column("student", "former_id_sealed")
    op.drop_column("student", "former_id_index")
    op.drop_index("ix_binding_attempt_tried", "binding_attempt")
    op.drop_column("binding_attempt", "outcome")
    op.drop_column("binding", "quiet_until")
    for table in NEW_TABLES:
        op.drop_table(table)
