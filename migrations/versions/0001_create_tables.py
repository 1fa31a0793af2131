"""Create the first tables; downgrading drops them with their indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_actor"), "audit_entry", ["actor"], unique=False)
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"], unique=False)
    op.create_index(op.f("ix_audit_entry_subject"), "audit_entry", ["subject"], unique=False)

    op.create_table(
        "calendar_day",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_day")),
        sa.UniqueConstraint("scope", "day", name=op.f("uq_calendar_day_scope_day")),
    )
    op.create_table(
        "guardian",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("taipei_pass_id", sa.String(), nullable=False),
        sa.Column("name_sealed", sa.String(), nullable=False),
        sa.Column("verify_level", sa.String(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("email1_sealed", sa.String(), nullable=True),
        sa.Column("email1_is_verified", sa.Boolean(), nullable=False),
        sa.Column("phone_sealed", sa.String(), nullable=True),
        sa.Column("phone_is_verified", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("consent_version", sa.String(), nullable=False),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardian")),
        sa.UniqueConstraint("taipei_pass_id", name=op.f("uq_guardian_taipei_pass_id")),
    )
    op.create_table(
        "job_run",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("job", "slot", name=op.f("pk_job_run")),
    )
    op.create_table(
        "line_event",
        sa.Column("webhook_event_id", sa.String(length=64), nullable=False),
        sa.Column("line_user_id", sa.String(length=33), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("webhook_event_id", name=op.f("pk_line_event")),
    )
    op.create_index(
        op.f("ix_line_event_line_user_id"), "line_event", ["line_user_id"], unique=False
    )
    op.create_index(
        "ix_line_event_open",
        "line_event",
        ["occurred_at"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )

    op.create_table(
        "line_friend",
        sa.Column("line_user_id", sa.String(length=33), nullable=False),
        sa.Column("is_following", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("line_user_id", name=op.f("pk_line_friend")),
    )
    op.create_table(
        "school",
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("short_name", sa.String(), nullable=False),
        sa.Column("district", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("cutoff", sa.Time(), nullable=False),
        sa.Column("departure_from", sa.Time(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_school")),
    )
    op.create_index(op.f("ix_school_district"), "school", ["district"], unique=False)

    op.create_table(
        "web_session",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("line_user_id", sa.String(length=33), nullable=False),
        sa.Column("line_name_sealed", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pending_link_sealed", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_session")),
    )
    op.create_index(
        op.f("ix_web_session_line_user_id"), "web_session", ["line_user_id"], unique=False
    )

    op.create_table(
        "account_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("line_user_id", sa.String(length=33), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unlinked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name=op.f("fk_account_link_guardian_id_guardian")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_link")),
    )
    op.create_index(
        "uq_account_link_open_guardian",
        "account_link",
        ["guardian_id"],
        unique=True,
        sqlite_where=sa.text("unlinked_at IS NULL"),
        postgresql_where=sa.text("unlinked_at IS NULL"),
    )
    op.create_index(
        "uq_account_link_open_line_user",
        "account_link",
        ["line_user_id"],
        unique=True,
        sqlite_where=sa.text("unlinked_at IS NULL"),
        postgresql_where=sa.text("unlinked_at IS NULL"),
    )

    op.create_table(
        "binding_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("subject_index", sa.String(), nullable=False),
        sa.Column("identity_index", sa.String(), nullable=False),
        sa.Column("school_day", sa.Date(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name=op.f("fk_binding_attempt_guardian_id_guardian")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_binding_attempt")),
    )
    op.create_index(
        op.f("ix_binding_attempt_guardian_id"), "binding_attempt", ["guardian_id"], unique=False
    )
    op.create_index(
        op.f("ix_binding_attempt_identity_index"),
        "binding_attempt",
        ["identity_index"],
        unique=False,
    )
    op.create_index(
        op.f("ix_binding_attempt_subject_index"), "binding_attempt", ["subject_index"], unique=False
    )

    op.create_table(
        "reader",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_code", sa.String(), nullable=False),
        sa.Column("gate", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("secret_sealed", sa.String(), nullable=False),
        sa.Column("next_secret_sealed", sa.String(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clock_offset_seconds", sa.Float(), nullable=True),
        sa.Column("boot_id", sa.String(), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=True),
        sa.Column("buffered", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_code"], ["school.code"], name=op.f("fk_reader_school_code_school")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reader")),
    )
    op.create_index(op.f("ix_reader_school_code"), "reader", ["school_code"], unique=False)

    op.create_table(
        "student",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_code", sa.String(), nullable=False),
        sa.Column("entry_year", sa.Integer(), nullable=False),
        sa.Column("student_number", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("homeroom", sa.String(), nullable=False),
        sa.Column("seat_number", sa.Integer(), nullable=False),
        sa.Column("national_id_index", sa.String(), nullable=False),
        sa.Column("national_id_sealed", sa.String(), nullable=False),
        sa.Column("national_id_tail", sa.String(length=3), nullable=False),
        sa.Column("birth_date_sealed", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("is_sealed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_code"], ["school.code"], name=op.f("fk_student_school_code_school")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student")),
        sa.UniqueConstraint(
            "school_code",
            "entry_year",
            "student_number",
            name=op.f("uq_student_school_code_entry_year_student_number"),
        ),
    )
    op.create_index(
        "ix_student_match", "student", ["school_code", "national_id_index"], unique=False
    )

    op.create_table(
        "attendance_day",
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("school_day", sa.Date(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("departed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrival_received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrivals", sa.Integer(), nullable=False),
        sa.Column("departures", sa.Integer(), nullable=False),
        sa.Column("no_show", sa.String(), nullable=False),
        sa.Column("no_show_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_attendance_day_student_id_student")
        ),
        sa.PrimaryKeyConstraint("student_id", "school_day", name=op.f("pk_attendance_day")),
    )
    op.create_table(
        "binding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("relationship", sa.String(), nullable=False),
        sa.Column("proven_by", sa.String(), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name=op.f("fk_binding_guardian_id_guardian")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_binding_student_id_student")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_binding")),
    )
    op.create_index("ix_binding_student", "binding", ["student_id"], unique=False)
    op.create_index(
        "uq_binding_open_pair",
        "binding",
        ["guardian_id", "student_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )

    op.create_table(
        "card",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("uid", sa.String(length=14), nullable=False),
        sa.Column("printed_number", sa.String(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_card_student_id_student")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card")),
    )
    op.create_index(op.f("ix_card_student_id"), "card", ["student_id"], unique=False)
    op.create_index(op.f("ix_card_uid"), "card", ["uid"], unique=False)
    op.create_index(
        "uq_card_live_uid",
        "card",
        ["uid"],
        unique=True,
        sqlite_where=sa.text("valid_until IS NULL"),
        postgresql_where=sa.text("valid_until IS NULL"),
    )

    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("retry_key", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=True),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("line_user_id", sa.String(length=33), nullable=True),
        sa.Column("school_day", sa.Date(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("tap_id", sa.Uuid(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("is_silent", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("line_request_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name=op.f("fk_notice_guardian_id_guardian")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_notice_student_id_student")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_notice_dedupe_key")),
    )
    op.create_index(
        "ix_notice_due",
        "notice",
        ["priority", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('pending', 'leased')"),
        postgresql_where=sa.text("state IN ('pending', 'leased')"),
    )
    op.create_index(op.f("ix_notice_guardian_id"), "notice", ["guardian_id"], unique=False)
    op.create_index("ix_notice_student_day", "notice", ["student_id", "school_day"], unique=False)

    op.create_table(
        "reader_nonce",
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.String(length=128), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["reader_id"], ["reader.id"], name=op.f("fk_reader_nonce_reader_id_reader")
        ),
        sa.PrimaryKeyConstraint("reader_id", "webhook_id", name=op.f("pk_reader_nonce")),
    )
    op.create_index(op.f("ix_reader_nonce_seen_at"), "reader_nonce", ["seen_at"], unique=False)

    op.create_table(
        "tap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("boot_id", sa.String(length=96), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("card_uid", sa.String(length=14), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=True),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("tap_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("school_day", sa.Date(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["reader_id"], ["reader.id"], name=op.f("fk_tap_reader_id_reader")),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_tap_student_id_student")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tap")),
        sa.UniqueConstraint(
            "reader_id", "boot_id", "seq", name=op.f("uq_tap_reader_id_boot_id_seq")
        ),
    )
    op.create_index(op.f("ix_tap_card_uid"), "tap", ["card_uid"], unique=False)
    op.create_index("ix_tap_student_day", "tap", ["student_id", "school_day"], unique=False)

    op.create_table(
        "subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["binding_id"], ["binding.id"], name=op.f("fk_subscription_binding_id_binding")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint(
            "binding_id", "channel", "kind", name=op.f("uq_subscription_binding_id_channel_kind")
        ),
    )


def downgrade() -> None:
    op.drop_table("subscription")
    op.drop_table("tap")
    op.drop_table("reader_nonce")
    op.drop_table("notice")
    op.drop_table("card")
    op.drop_table("binding")
    op.drop_table("attendance_day")
    op.drop_table("student")
    op.drop_table("reader")
    op.drop_table("binding_attempt")
    op.drop_table("account_link")
    op.drop_table("web_session")
    op.drop_table("school")
    op.drop_table("line_friend")
    op.drop_table("line_event")
    op.drop_table("job_run")
    op.drop_table("guardian")
    op.drop_table("calendar_day")
    op.drop_table("audit_entry")
