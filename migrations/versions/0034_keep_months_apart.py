"""Keep each month of taps, day rows and notices apart on PostgreSQL; know a tap by its number.

Not for a rollout in traffic: the program before names the unique keys that go. Stop it, migrate,
start; readers keep their taps meanwhile. What is there stays where it is, as the part of all days
that no month of its own was made for.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

PARTED = ("tap", "attendance_day", "notice")
REST = "{}_rest"
UNDOING = sa.text("undoes_id IS NOT NULL")


def upgrade() -> None:
    _add_numbers()
    with op.batch_alter_table("sms_text") as batch:
        batch.drop_constraint(op.f("fk_sms_text_notice_id_notice"), type_="foreignkey")
    with op.batch_alter_table("tap") as batch:
        batch.drop_constraint(op.f("fk_tap_undoes_id_tap"), type_="foreignkey")
        batch.drop_constraint(op.f("uq_tap_undoes_id"), type_="unique")
        batch.drop_constraint(op.f("uq_tap_reader_id_boot_id_seq"), type_="unique")
    with op.batch_alter_table("notice") as batch:
        batch.drop_constraint(op.f("uq_notice_dedupe_key"), type_="unique")
        batch.create_unique_constraint(
            op.f("uq_notice_retry_key_school_day"), ["retry_key", "school_day"]
        )
    _index_undoing(["undoes_id", "school_day"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE notice DROP CONSTRAINT pk_notice")
        op.execute("ALTER TABLE notice ADD CONSTRAINT pk_notice PRIMARY KEY (id, school_day)")
        # A doubtful tap has no school day, which a primary key would have to name. Ids are drawn by
        # chance, and what must be there once is told from its number.
        op.execute("ALTER TABLE tap DROP CONSTRAINT pk_tap")
        op.execute("CREATE INDEX ix_tap_id ON tap (id)")
        for table in PARTED:
            _part(table)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in PARTED:
            _join(table)
        op.execute("DROP INDEX ix_tap_id")
        op.execute("ALTER TABLE tap ADD CONSTRAINT pk_tap PRIMARY KEY (id)")
        op.execute("ALTER TABLE notice DROP CONSTRAINT pk_notice")
        op.execute("ALTER TABLE notice ADD CONSTRAINT pk_notice PRIMARY KEY (id)")
    op.drop_index("ix_tap_undoes", table_name="tap")
    with op.batch_alter_table("notice") as batch:
        batch.drop_constraint(op.f("uq_notice_retry_key_school_day"), type_="unique")
        batch.create_unique_constraint(op.f("uq_notice_dedupe_key"), ["dedupe_key"])
    # SQLite would look for what they take back in the table it is about to remove.
    op.execute("CREATE TEMPORARY TABLE undoing AS SELECT * FROM tap WHERE undoes_id IS NOT NULL")
    op.execute("DELETE FROM tap WHERE undoes_id IS NOT NULL")
    with op.batch_alter_table("tap") as batch:
        batch.create_unique_constraint(
            op.f("uq_tap_reader_id_boot_id_seq"), ["reader_id", "boot_id", "seq"]
        )
        batch.create_unique_constraint(op.f("uq_tap_undoes_id"), ["undoes_id"])
        batch.create_foreign_key(op.f("fk_tap_undoes_id_tap"), "tap", ["undoes_id"], ["id"])
    op.execute("INSERT INTO tap SELECT * FROM undoing")
    op.execute("DROP TABLE undoing")
    op.execute(
        "UPDATE sms_text SET notice_id = NULL WHERE notice_id NOT IN (SELECT id FROM notice)"
    )
    with op.batch_alter_table("sms_text") as batch:
        batch.create_foreign_key(
            op.f("fk_sms_text_notice_id_notice"),
            "notice",
            ["notice_id"],
            ["id"],
            ondelete="SET NULL",
        )
    op.drop_table("tap_number")


def _add_numbers() -> None:
    op.create_table(
        "tap_number",
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("boot_id", sa.String(length=96), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tap_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("reader_id", "boot_id", "seq", name=op.f("pk_tap_number")),
    )
    # In Taiwan the date of receipt began eight hours before UTC's.
    received = {
        "sqlite": "date(received_at, '+8 hours')",
        "postgresql": "(received_at AT TIME ZONE 'Asia/Taipei')::date",
    }[op.get_bind().dialect.name]
    op.execute(
        "INSERT INTO tap_number (reader_id, boot_id, seq, tap_id, day) "  # noqa: S608  # no input
        f"SELECT reader_id, boot_id, seq, id, {received} FROM tap "
        "WHERE reader_id IS NOT NULL AND boot_id IS NOT NULL AND seq IS NOT NULL"
    )
    op.create_index(op.f("ix_tap_number_day"), "tap_number", ["day"])


def _index_undoing(columns: list[str]) -> None:
    op.create_index(
        "ix_tap_undoes",
        "tap",
        columns,
        unique=True,
        sqlite_where=UNDOING,
        postgresql_where=UNDOING,
    )


def _part(table: str) -> None:
    """Make the table one of parts, and what it was the part of all days without one of their own.

    Indexes and keys of the whole are made first, so that those of the part are found and taken
    over instead of built again. Source: PostgreSQL manual, "ALTER TABLE", ATTACH PARTITION.
    """
    rest, connection = REST.format(table), op.get_bind()
    op.execute(f"ALTER TABLE {table} RENAME TO {rest}")
    keys, indexes, foreign = _keys(rest), _indexes(rest), _foreign_keys(rest)
    for name, _ in keys:
        op.execute(f"ALTER TABLE {rest} RENAME CONSTRAINT {name} TO {REST.format(name)}")
    for name, _ in indexes:
        op.execute(f"ALTER INDEX {name} RENAME TO {REST.format(name)}")
    op.execute(
        f"CREATE TABLE {table} (LIKE {rest} INCLUDING DEFAULTS INCLUDING CONSTRAINTS) "
        "PARTITION BY RANGE (school_day)"
    )
    for name, words in [*keys, *foreign]:
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {words}")
    for _, words in indexes:
        connection.exec_driver_sql(words.replace(f" ON public.{rest} ", f" ON {table} "))
    op.execute(f"ALTER TABLE {table} ATTACH PARTITION {rest} DEFAULT")


def _join(table: str) -> None:
    """Make one table of the parts again."""
    rest, connection = REST.format(table), op.get_bind()
    parts = connection.exec_driver_sql(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", (table,)
    )
    parts = list(parts.scalars())
    names = connection.exec_driver_sql(
        "SELECT part.relname, whole.relname FROM pg_inherits "
        "JOIN pg_class part ON part.oid = inhrelid JOIN pg_class whole ON whole.oid = inhparent "
        "JOIN pg_index ON indexrelid = part.oid WHERE indrelid = %s::regclass",
        (rest,),
    ).all()
    op.execute(f"ALTER TABLE {table} DETACH PARTITION {rest}")
    for part in [one for one in parts if one != rest]:
        op.execute(f"INSERT INTO {rest} SELECT * FROM {part}")  # noqa: S608  # our own names
    op.execute(f"DROP TABLE {table}")
    op.execute(f"ALTER TABLE {rest} RENAME TO {table}")
    for name, whole in names:
        op.execute(f"ALTER INDEX {name} RENAME TO {whole}")


def _keys(table: str) -> list[tuple[str, str]]:
    """Return names and words of the table's own and unique keys."""
    return _constraints(table, "contype IN ('p', 'u')")


def _foreign_keys(table: str) -> list[tuple[str, str]]:
    return _constraints(table, "contype = 'f'")


def _constraints(table: str, which: str) -> list[tuple[str, str]]:
    found = op.get_bind().exec_driver_sql(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "  # noqa: S608  # no input
        f"WHERE conrelid = %s::regclass AND {which} ORDER BY conname",
        (table,),
    )
    return [(row[0], row[1]) for row in found]


def _indexes(table: str) -> list[tuple[str, str]]:
    """Return names and words of the indexes that belong to no key."""
    found = op.get_bind().exec_driver_sql(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN "
        "(SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass) ORDER BY indexname",
        (table, table),
    )
    return [(row[0], row[1]) for row in found]
