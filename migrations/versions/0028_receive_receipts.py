"""Keep what text message firms tell; let a number be used only for what it was given for."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
UNMATCHED = sa.text("matched_at IS NULL")
UNSETTLED = sa.text("state IN ('queued', 'sent', 'unknown')")
GATE = "kind IN ('arrival', 'departure')"
NO_SHOW = "kind IN ('no_show', 'correction')"
URGENT = "kind IN ('closure_on', 'closure_off', 'announcement')"
OF_NOTICE = (
    f"channel <> 'sms' OR ({GATE} AND order_id IS NOT NULL) "
    "OR (kind IN ('no_show', 'correction', 'closure_on', 'closure_off', 'announcement') "
    "AND order_id IS NULL)"
)
OF_TEXT = (
    f"(purpose = 'paid' AND {GATE}) OR (purpose = 'no_show' AND {NO_SHOW}) "
    f"OR (purpose = 'urgent' AND {URGENT}) OR (purpose = 'test' AND kind = 'test')"
)


def upgrade() -> None:
    _create_receipts()
    with op.batch_alter_table("sms_text") as text:
        text.add_column(sa.Column("asked_at", MOMENT))
        text.drop_constraint(op.f("ck_sms_text_paid_kind"), type_="check")
        text.create_check_constraint(op.f("ck_sms_text_purpose_kind"), OF_TEXT)
    op.create_index(
        "ix_sms_text_unsettled",
        "sms_text",
        ["created_at"],
        sqlite_where=UNSETTLED,
        postgresql_where=UNSETTLED,
    )
    with op.batch_alter_table("notice") as notice:
        notice.create_check_constraint(op.f("ck_notice_purpose"), OF_NOTICE)


def downgrade() -> None:
    with op.batch_alter_table("notice") as notice:
        notice.drop_constraint(op.f("ck_notice_purpose"), type_="check")
    op.drop_index("ix_sms_text_unsettled", "sms_text")
    with op.batch_alter_table("sms_text") as text:
        text.drop_constraint(op.f("ck_sms_text_purpose_kind"), type_="check")
        text.create_check_constraint(op.f("ck_sms_text_paid_kind"), f"purpose <> 'paid' OR {GATE}")
        text.drop_column("asked_at")
    op.drop_table("sms_receipt")


def _create_receipts() -> None:
    op.create_table(
        "sms_receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("fate", sa.String(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("matched_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_sms_receipt"),
        sa.UniqueConstraint(
            "provider", "provider_id", "fate", name="uq_sms_receipt_provider_provider_id_fate"
        ),
        sa.CheckConstraint(
            "fate IN ('arrived', 'failed', 'waiting')", name=op.f("ck_sms_receipt_fate")
        ),
    )
    op.create_index("ix_sms_receipt_received", "sms_receipt", ["received_at"])
    op.create_index(
        "ix_sms_receipt_unmatched",
        "sms_receipt",
        ["received_at"],
        sqlite_where=UNMATCHED,
        postgresql_where=UNMATCHED,
    )
