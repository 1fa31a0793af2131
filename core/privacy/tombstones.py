"""Tombstones: who was erased, as keyed hashes, in the database and in a file beside its backups.

A restored backup brings erased people back. On start the file is compared with the table; what
the table lacks was erased after the backup was made, and is erased again.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import Session, col, select

from core.crypto import Vault
from core.db import insert_for
from core.endings import append_lines
from core.privacy.tables import Tombstone

OF_MEMBER = "tombstone.member"
OF_LINE = "tombstone.line"


@dataclass(frozen=True, slots=True)
class Stone:
    """One erased id: its keyed hash, when, and the 完成編號."""

    person_index: str
    erased_at: datetime
    code: str

    def to_line(self) -> str:
        """Return the line that from_line reads."""
        return f"{self.erased_at.isoformat()} {self.code} {self.person_index}\n"

    @staticmethod
    def from_line(line: str) -> "Stone":
        """Return what to_line wrote. Raises ValueError for anything else."""
        at, code, person_index = line.split()
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError(at)
        return Stone(person_index, moment, code)


def stones_of(
    vault: Vault, pass_id: str, line_user_ids: Collection[str], erased_at: datetime, code: str
) -> list[Stone]:
    """Return the stones of somebody about to be erased."""
    hashes = [
        vault.index(pass_id, OF_MEMBER),
        *(vault.index(one, OF_LINE) for one in line_user_ids),
    ]
    return [Stone(one, erased_at, code) for one in hashes]


def names_of_pass(vault: Vault, pass_id: str) -> list[str]:
    """Return the hashes a member may have been buried under: one for each index key."""
    return vault.index_candidates(pass_id, OF_MEMBER)


def store_stones(session: Session, stones: Collection[Stone]) -> None:
    """Write stones into the table, each once; joins the caller's transaction."""
    if stones:
        rows = [
            {"person_index": one.person_index, "erased_at": one.erased_at, "code": one.code}
            for one in stones
        ]
        session.execute(insert_for(session, Tombstone).values(rows).on_conflict_do_nothing())


def stored_stones(session: Session) -> set[Stone]:
    """Return the table's stones; only reads."""
    rows = session.exec(select(Tombstone).order_by(col(Tombstone.erased_at)))
    return {Stone(row.person_index, row.erased_at, row.code) for row in rows}


def append_stones(path: Path, stones: Collection[Stone]) -> None:
    """Add stones to the file and wait until they are on disk. Raises OSError."""
    if stones:
        in_turn = sorted(stones, key=lambda one: one.erased_at)
        append_lines(path, (one.to_line() for one in in_turn))


def unreadable(path: Path) -> str | None:
    """Return why the file can't be read; None where it can, and where there is none."""
    try:
        path.open("rb").close()
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"{path} can't be read ({error.strerror})"
    return None


def filed_stones(path: Path, now: datetime, kept: timedelta) -> set[Stone]:
    """Return the file's stones that are not older than `kept`: no backup is older than that.

    A line cut short by a crash is passed over; the table has it and writes it again. So are the
    endings that stand beside them.
    """
    return {one for one in _lines(path) if now - one.erased_at <= kept}


def _lines(path: Path) -> Iterator[Stone]:
    if not path.exists():
        return
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        try:
            yield Stone.from_line(line)
        except ValueError:
            continue
