"""Add sign-ins under way, further identities, and who looks by them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_tickets()
    op.create_table(
        "guardian_identity",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("name_sealed", sa.String(), nullable=False),
        sa.Column("verify_level", sa.String(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name=op.f("fk_guardian_identity_guardian_id_guardian")
        ),
        sa.PrimaryKeyConstraint("provider", "subject", name=op.f("pk_guardian_identity")),
        sa.UniqueConstraint(
            "guardian_id", "provider", name=op.f("uq_guardian_identity_guardian_id_provider")
        ),
    )
    op.create_table(
        "viewing",
        sa.Column("browser_hash", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider", "subject"],
            ["guardian_identity.provider", "guardian_identity.subject"],
            name=op.f("fk_viewing_provider_subject_guardian_identity"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("browser_hash", name=op.f("pk_viewing")),
    )
    op.create_index(op.f("ix_viewing_began_at"), "viewing", ["began_at"])
    # A member who waits for the guardian's yes lives ten minutes; it waits on its ticket now.
    op.drop_column("web_session", "pending_link_sealed")


def _add_tickets() -> None:
    op.create_table(
        "link_ticket",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state_hash", sa.String(), nullable=False),
        sa.Column("browser_hash", sa.String(), nullable=False),
        sa.Column("line_user_id", sa.String(length=33), nullable=True),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("member_sealed", sa.String(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("link_token_sealed", sa.String(), nullable=True),
        sa.Column("consent_version", sa.String(), nullable=True),
        sa.Column("nonce_hash", sa.String(), nullable=True),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_ticket")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_link_ticket_state_hash")),
        sa.UniqueConstraint("nonce_hash", name=op.f("uq_link_ticket_nonce_hash")),
    )
    op.create_index(op.f("ix_link_ticket_browser_hash"), "link_ticket", ["browser_hash"])
    op.create_index(op.f("ix_link_ticket_expires_at"), "link_ticket", ["expires_at"])


def downgrade() -> None:
    op.add_column("web_session", sa.Column("pending_link_sealed", sa.String(), nullable=True))
    for table in ("viewing", "guardian_identity", "link_ticket"):
        op.drop_table(table)
