"""Let texts be ordered, paid, counted and settled; say which order a notice is sent by."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("ended_at IS NULL")
ORDERED = sa.text("order_id IS NOT NULL")
STATES = "'申請審核中', '生效', '註銷審核中', '已註銷', '退回', '期滿'"
ENDS = "'已註銷', '退回', '期滿'"
TO_ONE = "(guardian_id IS NULL) <> (staff_id IS NULL)"
TO_ORDER = "guardian_id IS NULL AND staff_id IS NULL AND order_id IS NOT NULL"


def upgrade() -> None:
    _create_plans()
    _create_orders()
    _create_steps()
    _widen_notices()
    _create_texts()
    _create_totals()


def _create_plans() -> None:
    op.create_table(
        "sms_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_year", sa.Integer(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("send_until", sa.Date(), nullable=False),
        sa.Column("billing_days", sa.Integer(), nullable=False),
        sa.Column("price_arrival", sa.Integer(), nullable=False),
        sa.Column("price_departure", sa.Integer(), nullable=False),
        sa.Column("price_both", sa.Integer(), nullable=False),
        sa.Column("rounding", sa.String(), nullable=False),
        sa.Column("shortfall_by", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.Column("closed_by", sa.String()),
        sa.PrimaryKeyConstraint("id", name="pk_sms_plan"),
        sa.UniqueConstraint("school_year", "term", name="uq_sms_plan_school_year_term"),
        sa.CheckConstraint("term IN (1, 2)", name=op.f("ck_sms_plan_term")),
        sa.CheckConstraint("first_day < last_day", name=op.f("ck_sms_plan_days")),
        sa.CheckConstraint(
            "send_until BETWEEN first_day AND last_day", name=op.f("ck_sms_plan_send_until")
        ),
        sa.CheckConstraint("billing_days >= 0", name=op.f("ck_sms_plan_billing_days")),
        sa.CheckConstraint(
            "price_arrival >= 0 AND price_departure >= 0 AND price_both >= 0",
            name=op.f("ck_sms_plan_prices"),
        ),
        sa.CheckConstraint(
            "rounding IN ('per_item', 'per_order')", name=op.f("ck_sms_plan_rounding")
        ),
        sa.CheckConstraint(
            "shortfall_by IN ('guardian', 'school')", name=op.f("ck_sms_plan_shortfall_by")
        ),
    )


def _create_orders() -> None:
    op.create_table(
        "sms_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("school_code", sa.String(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid()),
        sa.Column("phone_sealed", sa.String()),
        sa.Column("phone_index", sa.String()),
        sa.Column("items", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("consented_at", MOMENT),
        sa.Column("prepaid", sa.Integer(), nullable=False),
        sa.Column("receipt_number", sa.String()),
        sa.Column("paid_at", MOMENT),
        sa.Column("paid_by", sa.String()),
        sa.Column("approved_at", MOMENT),
        sa.Column("approved_by", sa.String()),
        sa.Column("effective_from", MOMENT),
        sa.Column("cancel_asked_at", MOMENT),
        sa.Column("cancel_effective_from", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("reason", sa.String()),
        sa.Column("arrivals", sa.Integer()),
        sa.Column("departures", sa.Integer()),
        sa.Column("failed", sa.Integer()),
        sa.Column("fee", sa.Integer()),
        sa.Column("settled_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_sms_order"),
        *(_key("sms_order", name) for name in ("plan_id", "school_code", "student_id")),
        _key("sms_order", "guardian_id"),
        sa.CheckConstraint(
            "items IN ('arrival', 'both', 'departure')", name=op.f("ck_sms_order_items")
        ),
        sa.CheckConstraint(
            "origin IN ('file', 'guardian', 'slip')", name=op.f("ck_sms_order_origin")
        ),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_sms_order_state")),
        sa.CheckConstraint(
            f"(state IN ({ENDS})) = (ended_at IS NOT NULL)", name=op.f("ck_sms_order_ended")
        ),
        sa.CheckConstraint(
            "ended_at IS NOT NULL OR phone_sealed IS NOT NULL", name=op.f("ck_sms_order_phone")
        ),
        sa.CheckConstraint(
            "(phone_sealed IS NULL) = (phone_index IS NULL)",
            name=op.f("ck_sms_order_phone_index"),
        ),
        sa.CheckConstraint(
            "(origin = 'guardian') = (guardian_id IS NOT NULL)",
            name=op.f("ck_sms_order_applicant"),
        ),
        sa.CheckConstraint(
            "(effective_from IS NULL) = (approved_at IS NULL)", name=op.f("ck_sms_order_effect")
        ),
        sa.CheckConstraint("prepaid >= 0", name=op.f("ck_sms_order_prepaid")),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (fee IS NULL)", name=op.f("ck_sms_order_settled")
        ),
    )
    for whom in ("guardian", "phone"):
        column = "guardian_id" if whom == "guardian" else "phone_index"
        op.create_index(
            f"uq_sms_order_open_{whom}",
            "sms_order",
            ["plan_id", "student_id", column],
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        )
    op.create_index("ix_sms_order_student", "sms_order", ["student_id"])
    op.create_index("ix_sms_order_guardian", "sms_order", ["guardian_id"])
    op.create_index("ix_sms_order_settled", "sms_order", ["settled_at"])
    op.create_index("ix_sms_order_school", "sms_order", ["school_code", "plan_id", "state"])


def _create_steps() -> None:
    op.create_table(
        "sms_order_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sms_order_step"),
        _key("sms_order_step", "order_id", ondelete="CASCADE"),
        sa.UniqueConstraint("order_id", "number", name="uq_sms_order_step_order_id_number"),
    )


def _widen_notices() -> None:
    with op.batch_alter_table("notice") as notice:
        notice.add_column(sa.Column("order_id", sa.Uuid()))
        notice.create_foreign_key(
            op.f("fk_notice_order_id_sms_order"),
            "sms_order",
            ["order_id"],
            ["id"],
            ondelete="CASCADE",
        )
        notice.drop_constraint(op.f("ck_notice_recipient"), type_="check")
        notice.create_check_constraint(op.f("ck_notice_recipient"), f"{TO_ONE} OR {TO_ORDER}")
    op.create_index(
        "ix_notice_order", "notice", ["order_id"], sqlite_where=ORDERED, postgresql_where=ORDERED
    )


def _create_texts() -> None:
    op.create_table(
        "sms_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid()),
        sa.Column("order_id", sa.Uuid()),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("school_code", sa.String(), nullable=False),
        sa.Column("school_day", sa.Date(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String()),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sms_text"),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name="fk_sms_text_notice_id_notice", ondelete="SET NULL"
        ),
        _key("sms_text", "order_id", ondelete="CASCADE"),
        _key("sms_text", "school_code"),
        sa.UniqueConstraint("notice_id", name="uq_sms_text_notice_id"),
        sa.UniqueConstraint("client_id", name="uq_sms_text_client_id"),
        sa.CheckConstraint(
            "purpose IN ('no_show', 'paid', 'test', 'urgent')", name=op.f("ck_sms_text_purpose")
        ),
        sa.CheckConstraint(
            "state IN ('cancelled', 'delivered', 'expired', 'failed', 'queued', 'sent', 'unknown')",
            name=op.f("ck_sms_text_state"),
        ),
        sa.CheckConstraint(
            "(purpose = 'paid') = (order_id IS NOT NULL)", name=op.f("ck_sms_text_paid")
        ),
        sa.CheckConstraint(
            "purpose <> 'paid' OR kind IN ('arrival', 'departure')",
            name=op.f("ck_sms_text_paid_kind"),
        ),
        sa.CheckConstraint("parts >= 1", name=op.f("ck_sms_text_parts")),
    )
    op.create_index(
        "ix_sms_text_order",
        "sms_text",
        ["order_id", "kind", "state"],
        sqlite_where=ORDERED,
        postgresql_where=ORDERED,
    )
    op.create_index("ix_sms_text_school_day", "sms_text", ["school_code", "school_day"])
    op.create_index("ix_sms_text_provider_id", "sms_text", ["provider_id"])
    op.create_index("ix_sms_text_changed", "sms_text", ["changed_at"])


def _create_totals() -> None:
    counts = ("orders", "arrivals", "departures", "failed", "fee", "prepaid", "refund", "shortfall")
    op.create_table(
        "sms_total",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("school_code", sa.String(), nullable=False),
        sa.Column("items", sa.String(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in counts),
        sa.PrimaryKeyConstraint("plan_id", "school_code", "items", name="pk_sms_total"),
        _key("sms_total", "plan_id"),
        _key("sms_total", "school_code"),
    )


def _key(table: str, column: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    """Refer to the row a column names by its table and key."""
    other, _, key = column.rpartition("_")
    other = {"plan": "sms_plan", "order": "sms_order"}.get(other, other)
    name = f"fk_{table}_{column}_{other}"
    return sa.ForeignKeyConstraint([column], [f"{other}.{key}"], name=name, ondelete=ondelete)


def downgrade() -> None:
    op.drop_table("sms_total")
    op.drop_table("sms_text")
    op.execute("DELETE FROM notice WHERE guardian_id IS NULL AND staff_id IS NULL")
    op.drop_index("ix_notice_order", "notice")
    with op.batch_alter_table("notice") as notice:
        notice.drop_constraint(op.f("ck_notice_recipient"), type_="check")
        notice.create_check_constraint(op.f("ck_notice_recipient"), TO_ONE)
        notice.drop_constraint(op.f("fk_notice_order_id_sms_order"), type_="foreignkey")
        notice.drop_column("order_id")
    op.drop_table("sms_order_step")
    op.drop_table("sms_order")
    op.drop_table("sms_plan")
