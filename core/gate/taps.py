"""Taps: one transaction from the raw facts to day records and outbox rows."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlmodel import Session, col

from core.attendance.day_record import DayKey, LockedDay, doubt_days, lock_days, record_days
from core.clock import school_day_of
from core.db import insert_for, table_of
from core.gate.batch import TapIn
from core.gate.continuity import follow_numbers
from core.gate.day_facts import read_day_facts
from core.gate.holders import Holder, former_holder, holder_at, holders_of
from core.gate.readers import mark_cloned
from core.gate.tables import Reader, Tap, TapSource, Verdict
from core.gate.tap_time import tap_moments
from core.notices.staff_notices import tell_old_card, tell_quarantine

logger = logging.getLogger(__name__)


class TapStatus(StrEnum):
    """What the reader is told about a tap."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    UNKNOWN_CARD = "unknown_card"
    QUARANTINED = "quarantined"


STATUS_OF = {
    Verdict.UNKNOWN_CARD: TapStatus.UNKNOWN_CARD,
    # Kept for a person to look at, as far as a reader need know.
    Verdict.FORMER_CARD: TapStatus.QUARANTINED,
    Verdict.QUARANTINED: TapStatus.QUARANTINED,
}


def record_taps(
    session: Session,
    liff_id: str,
    reader: Reader,
    boot_id: str,
    taps: Sequence[TapIn],
    now: datetime,
) -> list[TapStatus]:
    """Store the taps, decide the days they touch, enqueue what is to be told.

    Return a status for each tap in the order given. Joins the caller's transaction, in which tap,
    day row and outbox row stand or fall together. A tap stored before is a duplicate and changes
    nothing.
    """
    holders = holders_of(session, {tap.card_uid for tap in taps})
    moments = tap_moments(session, reader, boot_id, taps, now)
    rows = [
        _row(reader, boot_id, tap, moment, holders.get(tap.card_uid, ()), now)
        for tap, moment in zip(taps, moments, strict=True)
    ]
    stored = _store(session, rows)
    numbers = [row["seq"] for row in rows if row["id"] in stored]
    follow_numbers(session, reader, boot_id, numbers, now)
    stored |= _store_clashes(session, [row for row in rows if row["id"] not in stored], now)
    new = [row for row in rows if row["id"] in stored]
    doubtful = _doubtful_days(new, now)
    # All day rows in one pass: two rounds could meet another batch's in the wrong order.
    held = lock_days(session, doubtful | _accepted_days(new))
    if doubtful:
        doubt_days(session, doubtful)
    _tell_staff(session, reader, new, now)
    grades = {one.student_id: one.grade for found in holders.values() for one in found}
    changed_sides = _decide(session, liff_id, reader, new, held, grades, now)
    return [_status(row, stored, changed_sides) for row in rows]


def _row(
    reader: Reader,
    boot_id: str,
    tap: TapIn,
    effective_at: datetime | None,
    holders: Collection[Holder],
    now: datetime,
) -> dict[str, Any]:
    # Where the time is doubtful, who it was is still worth knowing.
    moment = effective_at or now
    holder = holder_at(holders, moment)
    verdict = Verdict.ACCEPTED
    if holder is None:
        holder = former_holder(holders, moment)
        verdict = Verdict.FORMER_CARD if holder else Verdict.UNKNOWN_CARD
    elif effective_at is None or holder.school_code != reader.school_code:
        # A mad clock, or a child of another school: kept for a person to look at.
        verdict = Verdict.QUARANTINED
    if effective_at is None and verdict is Verdict.UNKNOWN_CARD:
        verdict = Verdict.QUARANTINED
    return {
        "id": uuid4(),
        "reader_id": reader.id,
        "boot_id": boot_id,
        "seq": tap.seq,
        "card_uid": tap.card_uid,
        "student_id": holder.student_id if holder else None,
        "direction": reader.direction,
        "tap_at": tap.tapped_at,
        "received_at": now,
        "effective_at": effective_at,
        "school_day": school_day_of(effective_at) if effective_at else None,
        "source": TapSource.CARD,
        "verdict": verdict,
    }


def _store(session: Session, rows: list[dict[str, Any]]) -> set[UUID]:
    tap = table_of(Tap)
    statement = insert_for(session, tap).on_conflict_do_nothing().returning(tap.c.id)
    return set(session.connection().execute(statement, rows).scalars())


def _store_clashes(session: Session, rows: list[dict[str, Any]], now: datetime) -> set[UUID]:
    """Keep taps whose number another tap of the same boot has: two readers share an identity.

    A tap sent again is no clash. What clashes is kept for a person to look at, under a boot of its
    own, and stands for nothing.
    """
    if not rows:
        return set()
    held = _numbers_held(session, rows)
    clashes = [row for row in rows if held.get(_number(row)) != (row["card_uid"], row["tap_at"])]
    for row in clashes:
        row["boot_id"] = f"{row['boot_id']}~{row['card_uid']}"
        row["verdict"] = Verdict.QUARANTINED
    if not clashes:
        return set()
    mark_cloned(session, rows[0]["reader_id"], now)
    logger.error(
        "number used twice in one boot",
        extra={
            "action": "gate",
            "reader_id": str(rows[0]["reader_id"]),
            "count": len(clashes),
            "hint": "Two readers may share an id and secret",
        },
    )
    return _store(session, clashes)


def _numbers_held(
    session: Session, rows: list[dict[str, Any]]
) -> dict[tuple[str, int], tuple[str, datetime]]:
    found = session.scalars(
        select(Tap).where(
            col(Tap.reader_id) == rows[0]["reader_id"],
            col(Tap.boot_id) == rows[0]["boot_id"],
            col(Tap.seq).in_([row["seq"] for row in rows]),
        )
    )
    return {_number_of(tap): (tap.card_uid or "", tap.tap_at) for tap in found}


def _number_of(tap: Tap) -> tuple[str, int]:
    return tap.boot_id or "", tap.seq or 0


def _number(row: dict[str, Any]) -> tuple[str, int]:
    return row["boot_id"], row["seq"]


def _accepted_days(rows: list[dict[str, Any]]) -> set[DayKey]:
    return {
        (row["student_id"], row["school_day"]) for row in rows if row["verdict"] is Verdict.ACCEPTED
    }


def _doubtful_days(rows: list[dict[str, Any]], now: datetime) -> set[DayKey]:
    """Return the days of quarantined taps: something of these children was seen."""
    return {
        (row["student_id"], row["school_day"] or school_day_of(now))
        for row in rows
        if row["verdict"] is Verdict.QUARANTINED and row["student_id"]
    }


def _tell_staff(
    session: Session, reader: Reader, rows: list[dict[str, Any]], now: datetime
) -> None:
    old = [
        (row["student_id"], row["effective_at"] or now)
        for row in rows
        if row["verdict"] is Verdict.FORMER_CARD
    ]
    if old:
        tell_old_card(session, old, now)
    count = sum(row["verdict"] is Verdict.QUARANTINED for row in rows)
    if count:
        tell_quarantine(session, reader.school_code, count, school_day_of(now), now)


def _decide(
    session: Session,
    liff_id: str,
    reader: Reader,
    rows: list[dict[str, Any]],
    held: Mapping[DayKey, LockedDay],
    grades: Mapping[UUID, int],
    now: datetime,
) -> set[UUID]:
    keys = _accepted_days(rows)
    if not keys:
        return set()
    facts = read_day_facts(session, reader.school_code, grades, keys)
    new_taps = {row["id"] for row in rows}
    return record_days(session, liff_id, held, facts, new_taps=new_taps, now=now)


def _status(row: dict[str, Any], stored: set[UUID], changed_sides: set[UUID]) -> TapStatus:
    if row["id"] not in stored:
        return TapStatus.DUPLICATE
    if row["verdict"] is not Verdict.ACCEPTED:
        return STATUS_OF[row["verdict"]]
    return TapStatus.RECORDED if row["id"] in changed_sides else TapStatus.DUPLICATE
