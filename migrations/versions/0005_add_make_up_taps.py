"""Let staff enter taps, and follow the numbers of each reader's boot."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reader_day",
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("boot_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("after_seq", BIG_NUMBER, nullable=False),
        sa.Column("last_seq", BIG_NUMBER, nullable=False),
        sa.Column("taps", sa.Integer(), nullable=False),
        sa.Column("first_heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["reader_id"], ["reader.id"], name=op.f("fk_reader_day_reader_id_reader")
        ),
        sa.PrimaryKeyConstraint("reader_id", "boot_id", "day", name=op.f("pk_reader_day")),
    )
    op.create_index("ix_reader_day_day", "reader_day", ["day"])
    op.add_column("reader", sa.Column("cloned_at", sa.DateTime(timezone=True), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        # SQLite's INTEGER holds 64 bits as it is.
        op.alter_column("reader", "last_seq", type_=sa.BigInteger())
        op.alter_column("tap", "seq", type_=sa.BigInteger())
    with op.batch_alter_table("tap") as tap:
        for name, kind in (
            ("reader_id", sa.Uuid()),
            ("boot_id", sa.String(length=96)),
            ("seq", sa.Integer()),
            ("card_uid", sa.String(length=14)),
        ):
            tap.alter_column(name, existing_type=kind, nullable=True)
        tap.add_column(sa.Column("matched_at", sa.DateTime(timezone=True), nullable=True))
        tap.add_column(sa.Column("recorded_by", sa.String(), nullable=True))
        tap.add_column(sa.Column("reason", sa.String(), nullable=True))
        tap.add_column(sa.Column("undoes_id", sa.Uuid(), nullable=True))
        tap.create_unique_constraint(op.f("uq_tap_undoes_id"), ["undoes_id"])
        tap.create_foreign_key(op.f("fk_tap_undoes_id_tap"), "tap", ["undoes_id"], ["id"])
        tap.create_check_constraint(
            op.f("ck_tap_source"),
            "(source = 'card') = (reader_id IS NOT NULL) AND "
            "(source = 'card') = (recorded_by IS NULL) AND (source = 'card') = (reason IS NULL)",
        )
        tap.create_check_constraint(
            op.f("ck_tap_undo"), "(source = 'undo') = (undoes_id IS NOT NULL)"
        )


def downgrade() -> None:
    # What staff entered has no place in the older shape.
    op.execute("DELETE FROM tap WHERE source = 'undo'")
    op.execute("DELETE FROM tap WHERE source <> 'card'")
    with op.batch_alter_table("tap") as tap:
        tap.drop_constraint(op.f("ck_tap_undo"), type_="check")
        tap.drop_constraint(op.f("ck_tap_source"), type_="check")
        tap.drop_constraint(op.f("fk_tap_undoes_id_tap"), type_="foreignkey")
        tap.drop_constraint(op.f("uq_tap_undoes_id"), type_="unique")
        for name in ("undoes_id", "reason", "recorded_by", "matched_at"):
            tap.drop_column(name)
        for name, kind in (
            ("reader_id", sa.Uuid()),
            ("boot_id", sa.String(length=96)),
            ("seq", sa.Integer()),
            ("card_uid", sa.String(length=14)),
        ):
            tap.alter_column(name, existing_type=kind, nullable=False)
    op.drop_index("ix_reader_day_day", "reader_day")
    op.drop_table("reader_day")
    # The wider numbers stay: narrowing them could lose one.
    op.drop_column("reader", "cloned_at")
