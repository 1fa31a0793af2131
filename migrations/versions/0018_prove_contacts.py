"""Prove e-mail addresses and numbers by a code; a second address; how large pages are written."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WAITING = sa.text("state = 'waiting'")
UNSENT = sa.text("letter IN ('pending', 'leased')")
SIZES = "text_size IN ('standard', 'large', 'largest')"


def upgrade() -> None:
    proved = sa.Column(
        "email2_is_verified", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("guardian", sa.Column("email2_sealed", sa.String()))
    op.add_column("guardian", proved)
    # As a column's own constraint SQLite adds and drops it without rebuilding the table.
    op.execute(
        "ALTER TABLE guardian ADD COLUMN text_size VARCHAR NOT NULL DEFAULT 'standard' "
        f"CONSTRAINT ck_guardian_text_size CHECK ({SIZES})"
    )
    _create_proofs()


def _create_proofs() -> None:
    op.create_table(
        "contact_proof",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("address_sealed", sa.String(), nullable=False),
        sa.Column("code_sealed", sa.String()),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("letter", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("give_up_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT),
        sa.Column("lease_token", sa.Uuid()),
        sa.Column("settled_at", MOMENT),
        sa.Column("outcome", sa.String()),
        sa.Column("reference", sa.String()),
        sa.PrimaryKeyConstraint("id", name="pk_contact_proof"),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name="fk_contact_proof_guardian_id_guardian"
        ),
        sa.CheckConstraint("tries_left BETWEEN 0 AND 5", name="ck_contact_proof_tries_left"),
        sa.CheckConstraint(
            "(state = 'waiting') = (ended_at IS NULL)", name="ck_contact_proof_ended"
        ),
        sa.CheckConstraint(
            "(letter IN ('pending', 'leased')) = (settled_at IS NULL)",
            name="ck_contact_proof_settled",
        ),
    )
    op.create_index("ix_contact_proof_guardian", "contact_proof", ["guardian_id", "asked_at"])
    op.create_index(
        "uq_contact_proof_waiting",
        "contact_proof",
        ["guardian_id", "slot"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(
        "ix_contact_proof_expiring",
        "contact_proof",
        ["expires_at"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(
        "ix_contact_proof_due",
        "contact_proof",
        ["due_at"],
        sqlite_where=UNSENT,
        postgresql_where=UNSENT,
    )


def downgrade() -> None:
    op.drop_table("contact_proof")
    for column in ("text_size", "email2_is_verified", "email2_sealed"):
        op.drop_column("guardian", column)
