"""Keep consents, copies, tombstones and purges; remember who stopped or was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("guardian", sa.Column("stopped_at", MOMENT))
    op.add_column("guardian", sa.Column("erased_at", MOMENT))
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name="fk_consent_guardian_id_guardian"
        ),
    )
    op.create_index("ix_consent_guardian", "consent", ["guardian_id", "at"])
    # Whoever agreed before has a history of one; the guardian's own id serves as its id.
    op.execute(
        "INSERT INTO consent (id, guardian_id, version, how, at) "
        "SELECT id, id, consent_version, 'link', consented_at FROM guardian"
    )
    _create_tables()


def _create_tables() -> None:
    op.create_table(
        "copy_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("fetched_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_copy_order"),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name="fk_copy_order_guardian_id_guardian"
        ),
    )
    op.create_index("ix_copy_order_guardian", "copy_order", ["guardian_id", "asked_at"])
    op.create_table(
        "tombstone",
        sa.Column("person_index", sa.String(), nullable=False),
        sa.Column("erased_at", MOMENT, nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("person_index", "erased_at", name="pk_tombstone"),
    )
    op.create_index("ix_tombstone_erased_at", "tombstone", ["erased_at"])
    op.create_table(
        "purge_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("limit_name", sa.String(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cutoff", MOMENT, nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("canary_gone", sa.Boolean()),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_purge_run"),
    )
    op.create_index("ix_purge_run_limit", "purge_run", ["limit_name", "started_at"])


def downgrade() -> None:
    for table in ("purge_run", "tombstone", "copy_order", "consent"):
        op.drop_table(table)
    op.drop_column("guardian", "erased_at")
    op.drop_column("guardian", "stopped_at")
