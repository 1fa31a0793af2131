"""What lies beside a backup and says what is in it: written last, so that it stands for the whole.

The file `gate-<moment>.db` (SQLite) or `.dump` (PostgreSQL) has its manifest in `….json`.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

ENDINGS = {"sqlite": ".db", "postgresql": ".dump"}
PREFIX = "gate-"
STAMP = "%Y%m%dT%H%M%SZ"
ANOTHER = "Another restore is at work in {place}. Wait until it has ended."


class BackupFault(Exception):
    """A backup that can't be made or put back; its text says what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: rows by table, the migration it stands at, and the keys it needs.

    `taken_at` is an aware moment before which everything is in it; keys are ids, never keys.
    """

    engine: str
    revision: str
    taken_at: datetime
    counts: dict[str, int]
    sha256: str
    data_key: str
    index_key: str


def file_name(engine: str, taken_at: datetime) -> str:
    """Return what a backup of that moment is called."""
    return f"{PREFIX}{taken_at.astimezone(UTC):{STAMP}}{ENDINGS[engine]}"


def moment_of(path: Path) -> datetime | None:
    """Return when a backup was made by its name, None for what is no backup."""
    if path.suffix not in ENDINGS.values() or not path.name.startswith(PREFIX):
        return None
    try:
        return datetime.strptime(path.stem.removeprefix(PREFIX), STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def write_manifest(backup: Path, manifest: Manifest) -> None:
    """Write the manifest of a backup, on disk when this returns."""
    told = asdict(manifest) | {"taken_at": manifest.taken_at.isoformat()}
    path = manifest_path(backup)
    path.touch(mode=0o600)
    path.write_text(json.dumps(told, indent=1), encoding="utf-8")
    sync(path)
    sync_folder(path.parent)


def read_manifest(backup: Path) -> Manifest:
    """Return the manifest beside a backup. Raises BackupFault."""
    path = manifest_path(backup)
    if not backup.is_file() or not path.is_file():
        raise BackupFault(f"{backup} or its manifest {path.name} is not there. Name the backup.")
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(**told | {"taken_at": datetime.fromisoformat(told["taken_at"])})
    except (ValueError, TypeError, KeyError):
        raise BackupFault(f"{path} can't be read. Take another backup.") from None


def manifest_path(backup: Path) -> Path:
    """Return where the manifest of a backup lies."""
    return backup.with_name(f"{backup.name}.json")


def fingerprint(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Wait until a file is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Wait until a folder knows its files by name, even after a power cut."""
    sync(folder)
