"""After a backup was put back: readers are asked to send again what came since it was made."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from core.clock import school_day_of
from core.gate.batch import Heartbeat
from core.gate.continuity import NOT_NUMBERED
from core.gate.tables import Reader, ReaderDay

# What a reader keeps after it was answered. Source: docs/readers.md.
KEPT_DAYS = 2


def ask_all_again(session: Session, now: datetime) -> int:
    """Ask every reader to send again, and take all for silent; return how many there are.

    Joins the caller's transaction. Until a reader is heard anew its silence says nothing of a
    child, and until it has sent again it counts as one that still holds taps.
    """
    statement = update(Reader).where(col(Reader.revoked_at).is_(None))
    asked = session.execute(
        statement.values(asked_again_at=now, last_contact_at=None, last_seq=None)
    )
    count: int = asked.rowcount  # type: ignore[attr-defined]  # of an UPDATE
    return count


def ask_again(
    session: Session, reader: Reader, heartbeat: Heartbeat, now: datetime
) -> dict[str, Any] | None:
    """Return what to ask this reader for, None for nothing; joins the transaction, which holds it.

    `id` is what the reader says once it is done, `boot_id` and `after_seq` name the last tap of its
    that is here: everything it stored after that one is wanted. A reader that never says so is
    asked until the day is over.
    """
    asked_at = reader.asked_again_at
    if asked_at is None:
        return None
    is_done = heartbeat.resent == asked_at.isoformat()
    if is_done or school_day_of(asked_at) < school_day_of(now):
        reader.asked_again_at = None
        session.flush()
        return None
    reader.buffered = max(1, reader.buffered)
    session.flush()
    boot_id, after_seq = _last_known(session, reader, now)
    return {"id": asked_at.isoformat(), "boot_id": boot_id, "after_seq": after_seq}


def _last_known(session: Session, reader: Reader, now: datetime) -> tuple[str | None, int]:
    """Return the boot and number up to which nothing is missing; (None, 0) for nothing here."""
    own = (col(ReaderDay.reader_id) == reader.id) & (col(ReaderDay.last_seq) != NOT_NUMBERED)
    asked_at = reader.asked_again_at
    own &= col(ReaderDay.first_heard_at) < asked_at
    missing = col(ReaderDay.last_seq) - col(ReaderDay.after_seq) - col(ReaderDay.taps)
    hole = session.execute(
        select(col(ReaderDay.boot_id), col(ReaderDay.after_seq))
        .where(own, missing > 0, col(ReaderDay.day) >= school_day_of(now) - timedelta(KEPT_DAYS))
        .order_by(col(ReaderDay.first_heard_at), col(ReaderDay.day))
        .limit(1)
    ).first()
    if hole is not None:
        return hole.boot_id, max(0, hole.after_seq)
    last = session.execute(
        select(col(ReaderDay.boot_id), func.max(col(ReaderDay.last_seq)).label("seq"))
        .where(own)
        .group_by(col(ReaderDay.boot_id))
        .order_by(func.max(col(ReaderDay.first_heard_at)).desc())
        .limit(1)
    ).first()
    return (last.boot_id, last.seq) if last else (None, 0)
