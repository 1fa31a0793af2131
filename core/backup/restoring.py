"""Put a backup back: check it, fill an empty database, settle what was on its way, migrate.

Nothing serves or sends before the last step: on SQLite the file gets its name at the end, on
PostgreSQL the table of migrations stays empty until then.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, inspect
from sqlalchemy.engine import make_url
from sqlmodel import Session

from core.backup import postgresql, sqlite
from core.backup.manifest import BackupFault, Manifest, fingerprint, read_manifest, sync_folder
from core.backup.settling import Settled, settle_restored
from core.db import transaction
from core.duty.migrate import is_known, migrate, stamp, upgrade
from core.endings import Ending, filed_endings
from core.house import House, build_house
from core.privacy.erasure import heed_tombstones
from core.privacy.tombstones import unreadable
from core.sealed import KeptKey

# An ending's moment is of its request, which may have waited for a lock.
COMMITTED_WITHIN = timedelta(minutes=1)
# What migrations put into an empty database.
NOT_FILLED = ("alembic_version", KeptKey.__tablename__)


def restore(
    house: House, backup: Path, *, is_last: bool = False
) -> tuple[Manifest, Settled | None]:
    """Fill the house's database from a backup; nothing may run on it. Raises BackupFault.

    `is_last`: nothing ran after the backup was made, so nothing is in doubt and nothing is settled.
    """
    manifest = _checked(house, backup)
    _require_stones(house)
    now = house.clock.now()
    with _alone(house):
        _require_empty(house.engine)
        fill = _fill_sqlite if house.engine.dialect.name == "sqlite" else _fill_postgresql
        settled = fill(house, backup, manifest, now, is_last=is_last)
        heed_tombstones(house)
    return manifest, settled


def settle_here(house: House, taken_at: datetime) -> Settled:
    """Do what a restore does for a database that came back by other means.

    Nothing may run on it. `taken_at` is the moment it stands at.
    """
    _require_stones(house)
    migrate(house.engine)
    with transaction(house.engine) as session:
        endings = _endings(house, taken_at)
        settled = settle_restored(session, taken_at, endings, house.clock.now())
    heed_tombstones(house)
    return settled


def _checked(house: House, backup: Path) -> Manifest:
    manifest = read_manifest(backup)
    if manifest.engine != house.engine.dialect.name:
        raise BackupFault(f"This is a backup of {manifest.engine}. Set DATABASE_URL to one.")
    if fingerprint(backup) != manifest.sha256:
        raise BackupFault("The backup is not what its manifest says. Take another one.")
    if not is_known(manifest.revision):
        raise BackupFault("The backup is of a newer release. Install that one, then restore.")
    vault = house.vault
    for name, key, known in (
        ("DATA_KEYS", manifest.data_key, vault.data_key_ids),
        ("INDEX_KEYS", manifest.index_key, vault.index_key_ids),
    ):
        if key not in known:
            raise BackupFault(f"The key {key} of that time is missing. Put it into {name}.")
    return manifest


def _alone(house: House) -> AbstractContextManager[None]:
    """Keep a second restore out: both would find the database empty and fill it."""
    if house.engine.dialect.name == "sqlite":
        return sqlite.alone_at(sqlite.place_of(house.settings.database_url))
    return postgresql.alone_in(house.engine)


def _require_stones(house: House) -> None:
    """Raise BackupFault if the file of the deleted is there and can't be read."""
    if problem := unreadable(Path(house.settings.tombstones_file)):
        hint = "Mend TOMBSTONES_FILE first: by it whoever deleted their data is deleted again."
        raise BackupFault(f"{problem}. {hint}")


def _require_empty(engine: Engine) -> None:
    """Raise BackupFault if any table holds rows that people or machines put there."""
    with engine.execution_options(reading=True).connect() as connection:
        for name in inspect(connection).get_table_names():
            if name in NOT_FILLED:
                continue
            quoted = connection.dialect.identifier_preparer.quote(name)
            found = connection.exec_driver_sql(f"SELECT 1 FROM {quoted} LIMIT 1")  # noqa: S608
            if found.first() is not None:
                raise BackupFault(
                    f"The database is in use: {name} holds rows. Restore into an empty one."
                )
    engine.dispose()


def _fill_sqlite(
    house: House, backup: Path, manifest: Manifest, now: datetime, *, is_last: bool
) -> Settled | None:
    target = sqlite.place_of(house.settings.database_url)
    copy = sqlite.place_beside(target)
    try:
        sqlite.lay_beside(backup, copy, manifest.counts)
        settled = _finish_copy(house, copy, manifest, now, is_last=is_last)
        sqlite.put_in_place(copy, target)
    finally:
        # On a disk that was full for it nothing else would find room.
        copy.unlink(missing_ok=True)
    sync_folder(target.parent)
    return settled


def _finish_copy(
    house: House, copy: Path, manifest: Manifest, now: datetime, *, is_last: bool
) -> Settled | None:
    url = make_url(house.settings.database_url).set(database=str(copy))
    beside = build_house(house.settings.model_copy(update={"database_url": str(url)}))
    try:
        settled = _finish(beside, manifest, now, is_last=is_last)
        sqlite.close_log(beside.engine)
    finally:
        beside.engine.dispose()
    return settled


def _fill_postgresql(
    house: House, backup: Path, manifest: Manifest, now: datetime, *, is_last: bool
) -> Settled | None:
    engine, settings = house.engine, house.settings
    postgresql.load(engine, settings.database_url, settings.postgresql_bin, backup)
    with engine.connect() as connection:
        counts = postgresql.counts(connection)
    if counts != {**manifest.counts, postgresql.VERSION_TABLE: 0}:
        raise BackupFault("The database differs from the backup. Empty it and try again.")
    return _finish(house, manifest, now, is_last=is_last)


def _finish(house: House, manifest: Manifest, now: datetime, *, is_last: bool) -> Settled | None:
    """Migrate and settle at once: in between, what waits would look as if it was never sent."""
    with house.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            stamp(connection, manifest.revision)
        upgrade(connection)
        if is_last:
            return None
        with Session(connection) as session:
            endings = _endings(house, manifest.taken_at)
            settled = settle_restored(session, manifest.taken_at, endings, now)
            session.flush()
    return settled


def _endings(house: House, taken_at: datetime) -> Iterator[Ending]:
    """Yield what was filed since, and a little before: it is filed after its commit."""
    return filed_endings(Path(house.settings.tombstones_file), taken_at - COMMITTED_WITHIN)
