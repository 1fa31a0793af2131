"""Taps: one transaction from the raw facts to day records and outbox rows."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, tuple_
from sqlmodel import Session, col

from core.attendance.days import DayKey, doubt_days, lock_days, record_days
from core.attendance.decision import TapFact
from core.clock import school_day_of
from core.db import insert_for, table_of
from core.gate.batch import TapIn
from core.gate.tables import Reader, Tap, Verdict
from core.gate.tap_time import effective_time
from core.kinds import Direction
from core.people.tables import Card, School, Student

logger = logging.getLogger(__name__)


class TapStatus(StrEnum):
    """What the reader is told about a tap."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    UNKNOWN_CARD = "unknown_card"
    QUARANTINED = "quarantined"


STATUS_OF = {
    Verdict.UNKNOWN_CARD: TapStatus.UNKNOWN_CARD,
    Verdict.QUARANTINED: TapStatus.QUARANTINED,
}


@dataclass(frozen=True, slots=True)
class _Holder:
    student_id: UUID
    school_code: str
    valid_from: datetime
    valid_until: datetime | None


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
    holders = _holders(session, {tap.card_uid for tap in taps})
    rows = [_row(reader, boot_id, tap, holders[tap.card_uid], now) for tap in taps]
    stored = _store(session, rows)
    stored |= _store_clashes(session, [row for row in rows if row["id"] not in stored])
    new = [row for row in rows if row["id"] in stored]
    doubtful = _doubtful_days(new, now)
    # All day rows in one pass: two rounds could meet another batch's in the wrong order.
    lock_days(session, doubtful | _accepted_days(new))
    if doubtful:
        doubt_days(session, doubtful)
    changed_sides = _decide(session, liff_id, reader, new, now)
    return [_status(row, stored, changed_sides) for row in rows]


def _holders(session: Session, uids: set[str]) -> dict[str, list[_Holder]]:
    rows = session.execute(
        select(
            col(Card.uid),
            col(Card.student_id),
            col(Student.school_code),
            col(Card.valid_from),
            col(Card.valid_until),
        )
        .join(Student, col(Student.id) == col(Card.student_id))
        .where(col(Card.uid).in_(uids))
    )
    found: dict[str, list[_Holder]] = defaultdict(list)
    for row in rows:
        found[row.uid].append(
            _Holder(row.student_id, row.school_code, row.valid_from, row.valid_until)
        )
    return found


def _row(
    reader: Reader, boot_id: str, tap: TapIn, holders: list[_Holder], now: datetime
) -> dict[str, Any]:
    effective_at = effective_time(tap.tapped_at, now, reader.clock_offset_seconds)
    # Where the time is doubtful, who it was is still worth knowing.
    holder = _holder_at(holders, effective_at or now)
    verdict = Verdict.ACCEPTED
    if effective_at is None or (holder and holder.school_code != reader.school_code):
        # A mad clock, or a child of another school: kept for a person to look at.
        verdict = Verdict.QUARANTINED
    elif holder is None:
        verdict = Verdict.UNKNOWN_CARD
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
        "source": "card",
        "verdict": verdict,
    }


def _holder_at(holders: list[_Holder], moment: datetime) -> _Holder | None:
    return next(
        (
            one
            for one in holders
            if one.valid_from <= moment and (one.valid_until is None or moment < one.valid_until)
        ),
        None,
    )


def _store(session: Session, rows: list[dict[str, Any]]) -> set[UUID]:
    tap = table_of(Tap)
    statement = insert_for(session, tap).on_conflict_do_nothing().returning(tap.c.id)
    return set(session.connection().execute(statement, rows).scalars())


def _store_clashes(session: Session, rows: list[dict[str, Any]]) -> set[UUID]:
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
            tuple_(col(Tap.boot_id), col(Tap.seq)).in_([_number(row) for row in rows]),
        )
    )
    return {(tap.boot_id, tap.seq): (tap.card_uid, tap.tap_at) for tap in found}


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


def _decide(
    session: Session,
    liff_id: str,
    reader: Reader,
    rows: list[dict[str, Any]],
    now: datetime,
) -> set[UUID]:
    keys = _accepted_days(rows)
    if not keys:
        return set()
    school = session.get_one(School, reader.school_code)
    return record_days(
        session,
        liff_id,
        _facts(session, keys),
        new_taps={row["id"] for row in rows},
        departure_from=school.departure_from,
        now=now,
    )


def _facts(session: Session, keys: Iterable[DayKey]) -> dict[DayKey, list[TapFact]]:
    rows = session.execute(
        select(Tap, col(Reader.gate))
        .join(Reader, col(Reader.id) == col(Tap.reader_id))
        .where(
            tuple_(col(Tap.student_id), col(Tap.school_day)).in_(list(keys)),
            col(Tap.verdict) == Verdict.ACCEPTED,
        )
    )
    facts: dict[DayKey, list[TapFact]] = defaultdict(list)
    for row in rows:
        tap = row.Tap
        facts[(tap.student_id, tap.school_day)].append(
            TapFact(
                tap_id=tap.id,
                reader_id=tap.reader_id,
                at=tap.effective_at,
                received_at=tap.received_at,
                direction=Direction(tap.direction),
                gate=row.gate,
            )
        )
    return facts


def _status(row: dict[str, Any], stored: set[UUID], changed_sides: set[UUID]) -> TapStatus:
    if row["id"] not in stored:
        return TapStatus.DUPLICATE
    if row["verdict"] is not Verdict.ACCEPTED:
        return STATUS_OF[row["verdict"]]
    return TapStatus.RECORDED if row["id"] in changed_sides else TapStatus.DUPLICATE
