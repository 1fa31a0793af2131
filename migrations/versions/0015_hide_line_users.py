"""Hide LINE user ids behind pseudonyms and seal the webhook bodies.

The pseudonyms' key is made here and kept in the database, sealed. Needs the data keys.
"""

import base64
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from core.crypto import Pseudonyms, Vault

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COLUMN = "line_user_id"
BODY = "line_event.body"
KEPT_KEY = "kept_key.key"
CHUNK = 1000

kept_key = sa.table("kept_key", sa.column("name"), sa.column("key_sealed"))
line_event = sa.table(
    "line_event",
    sa.column("webhook_event_id", sa.String()),
    sa.column("body", sa.LargeBinary()),
)
notice = sa.table("notice", sa.column("id"), sa.column("kind"), sa.column("dedupe_key"))
other_name = sa.Table(
    "other_name",
    sa.MetaData(),
    sa.Column("old", sa.String(), primary_key=True),
    sa.Column("new", sa.String(), nullable=False),
    prefixes=["TEMPORARY"],
)


def upgrade() -> None:
    op.create_table(
        "kept_key",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("key_sealed", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_kept_key")),
    )
    vault, secret = _vault(), Pseudonyms.new_secret()
    sealed = vault.seal(base64.b64encode(secret).decode(), KEPT_KEY)
    op.execute(kept_key.insert().values(name="line_user", key_sealed=sealed))
    _let_grow(sa.String())
    _rename(Pseudonyms(secret).hide)
    _forget_addresses()
    _rewrite_bodies(lambda body: vault.seal(body.decode(), BODY).encode())


def downgrade() -> None:
    vault, row = _vault(), op.get_bind().execute(sa.select(kept_key.c.key_sealed)).one()
    secret = base64.b64decode(vault.open(row.key_sealed, KEPT_KEY))
    _rename(Pseudonyms(secret).reveal)
    _rewrite_bodies(lambda body: vault.open(body.decode(), BODY).encode())
    _let_grow(sa.String(length=33))
    op.drop_table("kept_key")


def _vault() -> Vault:
    vault: Vault = op.get_bind().dialect.keyring.vault
    return vault


def _tables() -> list[str]:
    found = sa.inspect(op.get_bind())
    return [
        name
        for name in found.get_table_names()
        if COLUMN in {column["name"] for column in found.get_columns(name)}
    ]


def _let_grow(kind: sa.String) -> None:
    # SQLite does not look at the length, and could not rebuild a table others refer to.
    if op.get_bind().dialect.name == "postgresql":
        for name in _tables():
            op.alter_column(name, COLUMN, type_=kind)


def _rename(change: Callable[[str], str]) -> None:
    """Write each LINE user's new name over the old one, in every table, set by set."""
    connection, names = op.get_bind(), _tables()
    other_name.create(connection)
    for name in names:
        held = sa.table(name, sa.column(COLUMN)).c[COLUMN]
        known = sa.select(other_name.c.old)
        fresh = sa.select(held).where(held.is_not(None), held.not_in(known)).distinct()
        rows = [{"old": old, "new": change(old)} for old in connection.scalars(fresh).all()]
        for chunk in _chunks(rows):
            connection.execute(other_name.insert(), chunk)
    for name in names:
        table = sa.table(name, sa.column(COLUMN))
        mine = sa.select(other_name.c.new).where(other_name.c.old == table.c[COLUMN])
        has_one = table.c[COLUMN].is_not(None)
        values = {COLUMN: mine.scalar_subquery()}
        connection.execute(sa.update(table).where(has_one).values(values))
    other_name.drop(connection)


def _forget_addresses() -> None:
    """Take the LINE user out of the identity of news about links; none is any other's twin."""
    plain = sa.func.lower(sa.cast(notice.c.id, sa.String()))
    of_links = notice.c.kind.in_(["link_new", "link_old"])
    op.execute(notice.update().where(of_links).values(dedupe_key="link/" + plain))


def _rewrite_bodies(change: Callable[[bytes], bytes]) -> None:
    connection, event = op.get_bind(), line_event.c
    last = ""
    while rows := connection.execute(
        sa.select(event.webhook_event_id, event.body)
        .where(event.webhook_event_id > last)
        .order_by(event.webhook_event_id)
        .limit(CHUNK)
    ).all():
        connection.execute(
            sa.update(line_event)
            .where(event.webhook_event_id == sa.bindparam("id"))
            .values(body=sa.bindparam("changed")),
            [{"id": row.webhook_event_id, "changed": change(bytes(row.body))} for row in rows],
        )
        last = rows[-1].webhook_event_id


def _chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
