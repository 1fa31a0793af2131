"""Make a backup: copy one state, check the copy, write its manifest, let old ones go."""

import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from core.backup import postgresql, sqlite
from core.backup.manifest import (
    ENDINGS,
    BackupFault,
    Manifest,
    file_name,
    fingerprint,
    manifest_path,
    moment_of,
    sync,
    write_manifest,
)
from core.backup.rotation import superfluous
from core.db import insert_for, table_of, transaction
from core.duty.migrate import applied_revision
from core.duty.tables import JobRun
from core.house import House
from core.watch.metrics import BACKUP

PART = ".part"


def make_backup(house: House, folder: Path) -> tuple[Path, Manifest]:
    """Write a backup into the folder and return it with its manifest. Raises BackupFault.

    Whatever is committed when this is called is in it. Notes itself in the database at the end.
    """
    engine, taken_at = house.engine.dialect.name, house.clock.now()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _require_room(house, folder)
    path = folder / file_name(engine, taken_at)
    if path.exists():
        raise BackupFault(f"{path} is there already. Wait a second.")
    part = path.with_name(path.name + PART)
    _claim(part)
    try:
        counts = _copy(house, part)
        revision = applied_revision(house.engine)
        if revision is None:
            raise BackupFault("The database lacks migrations. Run: python app.py migrate")
        sync(part)
        keys = house.vault.data_key_ids[0], house.vault.index_key_ids[0]
        manifest = Manifest(engine, revision, taken_at, counts, fingerprint(part), *keys)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    # Last, so that what has a manifest is whole.
    write_manifest(path, manifest)
    _note(house)
    return path, manifest


def forget_old(folder: Path, now: datetime, kept: timedelta) -> list[Path]:
    """Delete the backups of the folder that need not stay, and return them."""
    found = {moment: path for path in folder.iterdir() if (moment := moment_of(path))}
    gone = [found[moment] for moment in sorted(superfluous(found, now, kept))]
    for path in gone:
        # Without a manifest it is no backup any more, whatever happens in between.
        manifest_path(path).unlink(missing_ok=True)
        path.unlink()
    for ending in ENDINGS.values():
        for part in folder.glob(f"*{ending}{PART}"):
            if now.timestamp() - part.stat().st_mtime > timedelta(days=1).total_seconds():
                part.unlink()
    return gone


def _claim(part: Path) -> None:
    """Make the file a backup is written into. Raises BackupFault where another one writes it."""
    try:
        part.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise BackupFault(f"Another backup writes {part}. Wait until it is done.") from None


def _copy(house: House, part: Path) -> dict[str, int]:
    settings = house.settings
    if house.engine.dialect.name == "sqlite":
        return sqlite.copy_to(house.engine, part)
    return postgresql.dump_to(house.engine, settings.database_url, settings.postgresql_bin, part)


def _require_room(house: House, folder: Path) -> None:
    free, needed = shutil.disk_usage(folder).free, _size(house)
    if free < needed:
        raise BackupFault(f"{folder} has {free >> 20} MB left and needs {needed >> 20}. Make room.")


def _size(house: House) -> int:
    """Return the size of the database in bytes; a dump is smaller."""
    if house.engine.dialect.name == "sqlite":
        return sqlite.place_of(house.settings.database_url).stat().st_size
    with house.engine.connect() as connection:
        size = text("SELECT pg_database_size(current_database())")
        found: int = connection.execute(size).scalar_one()
    return found


def _note(house: House) -> None:
    job, slot = BACKUP
    row = {"job": job, "slot": slot, "outcome": "ok", "ran_at": house.clock.now(), "count": 0}
    with transaction(house.engine) as session:
        statement = insert_for(session, table_of(JobRun)).values(row)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["job", "slot"], set_={"ran_at": statement.excluded.ran_at}
            )
        )
