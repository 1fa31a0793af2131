"""What ended a right, noted outside the database too: a restored backup would give it back.

The lines stand in the file of the tombstones, whose reader passes them over: when, `ended` or
`opened` (taken back), the table and the id of the row.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session

logger = logging.getLogger(__name__)

NOTED = "endings"
ENDED, OPENED = "ended", "opened"


class Ending(NamedTuple):
    """The row of a table that ended, or whose end was taken back, at an aware moment."""

    at: datetime
    what: str
    table: str
    row_id: UUID

    def to_line(self) -> str:
        """Return the line that from_line reads."""
        return f"{self.at.isoformat()} {self.what} {self.table} {self.row_id}\n"

    @staticmethod
    def from_line(line: str) -> "Ending":
        """Return what to_line wrote. Raises ValueError for anything else."""
        at, what, table, row_id = line.split()
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or what not in (ENDED, OPENED):
            raise ValueError(line)
        return Ending(moment, what, table, UUID(row_id))


def keep_endings(engine: Engine, path: Path | None) -> None:
    """Let what ends in this engine's transactions be noted in the file, None for nowhere."""
    engine.dialect.endings_file = path  # type: ignore[attr-defined]  # ours


def note_ending(
    session: Session, table: str, row_id: UUID, now: datetime, what: str = ENDED
) -> None:
    """Have the row's end filed as soon as it is committed."""
    session.info.setdefault(NOTED, []).append(Ending(now, what, table, row_id))


def file_endings(engine: Engine, session: Session) -> None:
    """File what the committed session noted; a disk that refuses it is an error to look at."""
    noted: list[Ending] = session.info.pop(NOTED, [])
    path: Path | None = getattr(engine.dialect, "endings_file", None)
    if not noted or path is None:
        return
    try:
        append_lines(path, (one.to_line() for one in noted))
    except OSError as error:
        extra = {"action": "endings", "reason": type(error).__name__, "count": len(noted)}
        logger.error("endings not filed", extra=extra)


def filed_endings(path: Path, since: datetime) -> Iterator[Ending]:
    """Yield what ended since then, as it was filed; a line cut short by a crash is passed over."""
    if not path.exists():
        return
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        try:
            ending = Ending.from_line(line)
        except ValueError:
            continue
        if ending.at >= since:
            yield ending


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Add lines to the file and wait until they are on disk. Raises OSError.

    One write in append mode, so that lines of two processes never mix.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # A line that a crash cut short must not swallow the next one.
    whole = "\n" + "".join(lines)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, whole.encode())
        os.fsync(handle)
    finally:
        os.close(handle)
