"""The numbers of a reader: which are missing, and whether two devices use one identity.

A boot numbers its taps one after the other, so a hole is a tap that never came. A device goes from
boot to boot and never back, so a boot that speaks again after a later one is another device.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from core.clock import school_day_of
from core.db import insert_for, table_of
from core.gate.readers import HeldReader, mark_cloned
from core.gate.tables import Reader, ReaderDay
from core.rows import insert_given, is_one_of, run, run_rows

# A reader and what it calls the time since it last started.
Boot = tuple[UUID, str]
# `last_seq` of a boot that was heard, but whose numbers are not known yet.
NOT_NUMBERED = -1


def follow_numbers(session: Session, stored: Mapping[Boot, Sequence[int]], now: datetime) -> None:
    """Count the numbers newly stored from each boot; joins the caller's transaction.

    The first number of a boot begins its count, whatever it is; on a later day the count goes on
    where the boot's last day ended.
    """
    left = {boot: seqs for boot, seqs in stored.items() if seqs}
    # Another turn is needed only where another batch began the same row at the same moment.
    while left:
        counted = _count(session, left, now)
        left = {boot: seqs for boot, seqs in left.items() if boot not in counted}


def follow_boot(session: Session, reader: Reader, boot_id: str, now: datetime) -> bool:
    """Take a heartbeat's boot for the reader's present one; joins the transaction, which holds it.

    Return whether it became the present one now. One that was heard before the present one began is
    a second device: the reader is marked.
    """
    if boot_id == reader.boot_id:
        return False
    watch_boot(session, reader, boot_id, now, lived_at=None)
    reader.boot_id = boot_id
    session.flush()
    return True


def watch_boot(
    session: Session,
    reader: Reader | HeldReader,
    boot_id: str,
    now: datetime,
    *,
    lived_at: datetime | None,
) -> None:
    """Mark the reader when a boot lives on after the present one began; joins the transaction.

    `lived_at` is a moment at which it was running for sure, None for this very one. Taps left over
    from before a restart are no second device, nor is a boot first heard after the present one.
    """
    if reader.boot_id in (None, boot_id):
        return
    heard = _first_heard(session, reader.id, [boot_id, reader.boot_id])
    began, first = heard.get(reader.boot_id or ""), heard.get(boot_id)
    if began is None or first is None:
        return
    if first < began and (lived_at is None or began < lived_at):
        mark_cloned(session, reader.id, now)


def note_boot(
    session: Session, reader: Reader, boot_id: str, last_seq: int | None, now: datetime
) -> None:
    """Remember when a boot was first heard; joins the caller's transaction.

    `last_seq` is the last number it delivered, None when it still holds some: then its first tap
    begins the count.
    """
    is_known = select(ReaderDay).where(_of_boot(reader.id, boot_id)).exists()
    if session.execute(select(is_known)).scalar_one():
        return
    after = NOT_NUMBERED if last_seq is None else last_seq
    statement = insert_for(session, table_of(ReaderDay)).values(
        reader_id=reader.id,
        boot_id=boot_id,
        day=school_day_of(now),
        after_seq=after,
        last_seq=after,
        taps=0,
        first_heard_at=now,
    )
    session.execute(statement.on_conflict_do_nothing())


def missing_numbers(session: Session, readers: Collection[Reader], day: date) -> dict[UUID, int]:
    """Return how many of each reader's numbers are missing on the day; only readers with any."""
    missing = dict.fromkeys((reader.id for reader in readers), 0)
    wanted = func.sum(col(ReaderDay.last_seq) - col(ReaderDay.after_seq) - col(ReaderDay.taps))
    holes = session.execute(
        select(col(ReaderDay.reader_id), wanted.label("missing"))
        .where(col(ReaderDay.reader_id).in_(missing), col(ReaderDay.day) == day)
        .group_by(col(ReaderDay.reader_id))
    )
    for row in holes:
        missing[row.reader_id] += int(row.missing)
    for reader_id, count in _untold(session, readers):
        missing[reader_id] += count
    return {reader_id: count for reader_id, count in missing.items() if count > 0}


def _count(session: Session, stored: Mapping[Boot, Sequence[int]], now: datetime) -> set[Boot]:
    """Return the boots that were counted; where another batch came first nothing is changed."""
    readers, boots = (list({boot[place] for boot in stored}) for place in (0, 1))
    latest = run(session, _latest_days, {"readers": readers, "boots": boots})
    known = {(row.reader_id, row.boot_id): row for row in latest}
    rows = [_counted(boot, seqs, known.get(boot), now) for boot, seqs in sorted(stored.items())]
    columns = list(table_of(ReaderDay).c)
    counted = run_rows(session, _count_numbers, columns, rows)
    return {(row.reader_id, row.boot_id) for row in counted}


def _counted(boot: Boot, seqs: Sequence[int], latest: Any, now: datetime) -> dict[str, Any]:
    day, after = _count_from(latest, min(seqs), school_day_of(now))
    return {
        "reader_id": boot[0],
        "boot_id": boot[1],
        "day": day,
        "after_seq": after,
        "last_seq": max(after, *seqs),
        "taps": sum(1 for seq in seqs if seq > after),
        "first_heard_at": now,
    }


def _count_from(latest: Any, first: int, today: date) -> tuple[date, int]:
    if latest is None:
        return today, first - 1
    # A batch that began before midnight and comes second counts for the day that is there.
    day = max(today, latest.day)
    if latest.last_seq == NOT_NUMBERED:
        return day, first - 1
    return day, latest.last_seq if latest.day < today else latest.after_seq


@cache
def _latest_days(engine: str) -> Any:
    row, other = table_of(ReaderDay), table_of(ReaderDay).alias()
    of_boot = (other.c.reader_id == row.c.reader_id) & (other.c.boot_id == row.c.boot_id)
    latest = select(func.max(other.c.day)).where(of_boot).scalar_subquery()
    return select(row).where(
        # Not a list of pairs: SQLite finds no index for one.
        is_one_of(engine, row.c.reader_id, "readers"),
        is_one_of(engine, row.c.boot_id, "boots"),
        row.c.day == latest,
    )


@cache
def _count_numbers(engine: str) -> Any:
    table = table_of(ReaderDay)
    row = table.c
    statement = insert_given(engine, table, row.keys(), ["reader_id", "boot_id"])
    given = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["reader_id", "boot_id", "day"],
        set_={
            "after_seq": given.after_seq,
            "last_seq": case((row.last_seq < given.last_seq, given.last_seq), else_=row.last_seq),
            "taps": row.taps + given.taps,
        },
        where=(row.after_seq == given.after_seq) | (row.last_seq == NOT_NUMBERED),
    )
    return statement.returning(row.reader_id, row.boot_id)


def _of_boot(reader_id: UUID, boot_id: str) -> Any:
    return (col(ReaderDay.reader_id) == reader_id) & (col(ReaderDay.boot_id) == boot_id)


def _first_heard(
    session: Session, reader_id: UUID, boots: Iterable[str | None]
) -> dict[str, datetime]:
    rows = session.execute(
        select(col(ReaderDay.boot_id), func.min(col(ReaderDay.first_heard_at)))
        .where(col(ReaderDay.reader_id) == reader_id, col(ReaderDay.boot_id).in_(boots))
        .group_by(col(ReaderDay.boot_id))
    )
    return dict(rows.all())


def _untold(session: Session, readers: Collection[Reader]) -> list[tuple[UUID, int]]:
    """Return how far each reader's own count is ahead, where it says that it holds nothing."""
    told = {
        (reader.id, reader.boot_id): reader.last_seq
        for reader in readers
        if reader.boot_id is not None and reader.last_seq is not None and not reader.buffered
    }
    boot = (col(ReaderDay.reader_id), col(ReaderDay.boot_id))
    rows = session.execute(
        select(*boot, func.max(col(ReaderDay.last_seq)).label("received"))
        .where(
            # Not a list of pairs: SQLite finds no index for one.
            col(ReaderDay.reader_id).in_({reader_id for reader_id, _ in told}),
            col(ReaderDay.boot_id).in_({boot_id for _, boot_id in told}),
        )
        .group_by(*boot)
    )
    return [
        (row.reader_id, max(0, told[row.reader_id, row.boot_id] - row.received))
        for row in rows
        if (row.reader_id, row.boot_id) in told and row.received != NOT_NUMBERED
    ]
