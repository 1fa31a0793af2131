"""Whether the machine is fit: room, files that can be written, its zone data, its limits."""

import os
import resource
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.backup.sqlite import place_of
from core.errors import Fault
from core.settings import Settings

# A morning of one large school takes some megabytes; a full disk stops everything.
LEAST_ROOM = 1 << 30
# Connections of a busy web process, a sender's pushes under way and the pool, twice over.
LEAST_FILES = 1024


def machine_faults(settings: Settings, now: datetime) -> Iterator[Fault]:
    """Return what is wrong with this machine."""
    yield from _zone(now)
    for name, folder in _folders(settings).items():
        yield from _folder(name, folder)
    yield from _tombstones(Path(settings.tombstones_file))
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files != resource.RLIM_INFINITY and files < LEAST_FILES:
        hint = f"Allow {LEAST_FILES} at least: LimitNOFILE= in the unit, or ulimit -n"
        yield Fault("open files", f"only {files} are allowed", hint)


def _zone(now: datetime) -> Iterator[Fault]:
    try:
        offset = now.astimezone(ZoneInfo("Asia/Taipei")).utcoffset()
    except ZoneInfoNotFoundError:
        offset = None
    if offset != timedelta(hours=8):
        yield Fault("time zone", "Asia/Taipei is not known here", "Install tzdata")


def _folders(settings: Settings) -> dict[str, Path]:
    folders = {
        "TOMBSTONES_FILE": Path(settings.tombstones_file).parent,
        "BACKUP_FOLDER": Path(settings.backup_folder),
    }
    if settings.heartbeat_file:
        folders["HEARTBEAT_FILE"] = Path(settings.heartbeat_file).parent
    if settings.database_url.startswith("sqlite"):
        folders["DATABASE_URL"] = place_of(settings.database_url).parent
    return folders


def _tombstones(path: Path) -> Iterator[Fault]:
    """Look at the file itself: no program starts before it has read it."""
    if os.path.exists(path) and (path.is_dir() or not os.access(path, os.R_OK | os.W_OK)):
        hint = "Let it be a file that the program's user may read and write: chown"
        yield Fault("TOMBSTONES_FILE", f"{path} can't be read or written", hint)


def _folder(name: str, folder: Path) -> Iterator[Fault]:
    """Look at a folder, or at the nearest one above it that is there: it is made when needed."""
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield Fault(name, f"{there} can't be written", "Let the program's user write there")
        return
    room = shutil.disk_usage(there).free
    if room < LEAST_ROOM:
        yield Fault(name, f"only {room >> 20} MB are left at {there}", "Make room, or move it")
