"""Taps: one transaction from the raw facts to day records and outbox rows."""

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache, partial
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from core.attendance.day_record import DayKey, doubt_days, lock_days, record_days
from core.clock import school_day_of
from core.db import INSERTS, table_of
from core.gate.batch import TapIn
from core.gate.begun_days import begun_days, first_arrivals
from core.gate.continuity import Boot, follow_numbers
from core.gate.day_facts import read_day_facts
from core.gate.holders import Holder, former_holder, holder_at, holders_of
from core.gate.readers import HeldReader, mark_cloned
from core.gate.tables import CLASH, Tap, TapNumber, TapSource, Verdict
from core.gate.tap_time import tap_moments
from core.notices.staff_notices import tell_old_card, tell_quarantine
from core.rows import SQLITE, given_rows, insert_given, run_rows

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


@dataclass(frozen=True, slots=True)
class Delivery:
    """The taps of one request, in the order given, and the reader that brought them."""

    reader: HeldReader
    boot_id: str
    taps: Sequence[TapIn]


def record_taps(
    session: Session, liff_id: str, deliveries: Sequence[Delivery], now: datetime
) -> list[list[TapStatus]]:
    """Store the taps, decide the days they touch, enqueue what is to be told.

    Return for each delivery a status for each tap in the order given. Joins the caller's
    transaction, in which tap, day row and outbox row stand or fall together. A tap stored before is
    a duplicate and changes nothing.
    """
    holders = holders_of(session, {tap.card_uid for one in deliveries for tap in one.taps})
    rows = [_rows(session, one, holders, now) for one in deliveries]
    every = [row for own in rows for row in own]
    stored = _store(session, every, now)
    _follow_numbers(session, [row for row in every if row["id"] in stored], now)
    for delivery, own in zip(deliveries, rows, strict=True):
        again = [row for row in own if row["id"] not in stored]
        stored |= _store_clashes(session, delivery.reader.id, again, now)
    new = [row for row in every if row["id"] in stored]
    doubtful = _doubtful_days(new, now)
    # All day rows in one pass: two rounds could meet another batch's in the wrong order.
    accepted = _accepted_days(new)
    held = lock_days(session, doubtful | accepted, first_arrivals(new))
    doubt_days(session, doubtful)
    for delivery, own in zip(deliveries, rows, strict=True):
        _tell_staff(session, delivery.reader, [row for row in own if row["id"] in stored], now)
    places = {
        one.student_id: (one.school_code, one.grade) for found in holders.values() for one in found
    }
    gates = {delivery.reader.id: delivery.reader.gate for delivery in deliveries}
    begun = begun_days(new, held, gates)
    facts = read_day_facts(session, places, accepted, begun) if accepted else {}
    new_taps = {row["id"] for row in new}
    changed_sides = record_days(session, liff_id, held, facts, new_taps=new_taps, now=now)
    return [[_status(row, stored, changed_sides) for row in own] for own in rows]


def _rows(
    session: Session, delivery: Delivery, holders: Mapping[str, Collection[Holder]], now: datetime
) -> list[dict[str, Any]]:
    reader, boot_id = delivery.reader, delivery.boot_id
    moments = tap_moments(session, reader, boot_id, delivery.taps, now)
    return [
        _row(reader, boot_id, tap, moment, holders.get(tap.card_uid, ()), now)
        for tap, moment in zip(delivery.taps, moments, strict=True)
    ]


def _follow_numbers(session: Session, rows: list[dict[str, Any]], now: datetime) -> None:
    numbers: dict[Boot, list[int]] = defaultdict(list)
    for row in rows:
        numbers[row["reader_id"], row["boot_id"]].append(row["seq"])
    follow_numbers(session, numbers, now)


def _row(
    reader: HeldReader,
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


def _store(session: Session, rows: Sequence[dict[str, Any]], now: datetime) -> set[UUID]:
    """Store the taps whose number is new, and return their ids."""
    if not rows:
        return set()
    names, today = tuple(rows[0]), school_day_of(now)
    columns = [table_of(Tap).c[name] for name in names]
    if session.get_bind().dialect.name != SQLITE:
        stored = run_rows(session, partial(_insert_new, names), columns, rows, today=today)
        return set(stored.scalars())
    new = _take_numbers(session, rows, today)
    fresh = [row for row in rows if row["id"] in new]
    if fresh:
        run_rows(session, lambda engine: _insert_taps(engine, names), columns, fresh)
    return new


@cache
def _insert_new(names: tuple[str, ...], engine: str) -> Any:
    """Take the numbers nobody had and store their taps, at one go: what SQLite can't."""
    tap, number = table_of(Tap), table_of(TapNumber)
    given = given_rows(engine, [tap.c[name] for name in names]).c
    of_taps = (given.reader_id, given.boot_id, given.seq, given.id)
    numbers = select(*of_taps, bindparam("today", type_=number.c.day.type))
    taken = _unless_held(INSERTS[engine](number).from_select(number.c.keys(), numbers)).cte("taken")
    new = select(*(given[name] for name in names)).where(given.id.in_(select(taken.c.tap_id)))
    return INSERTS[engine](tap).from_select(list(names), new).returning(tap.c.id)


def _take_numbers(session: Session, rows: Sequence[dict[str, Any]], today: date) -> set[UUID]:
    """Take the numbers nobody had, and return the ids of the taps they are of."""
    numbers = [row | {"tap_id": row["id"], "day": today} for row in rows]
    columns = list(table_of(TapNumber).c)
    return set(run_rows(session, _insert_numbers, columns, numbers).scalars())


@cache
def _insert_numbers(engine: str) -> Any:
    number = table_of(TapNumber)
    return _unless_held(insert_given(engine, number, number.c.keys()))


def _unless_held(inserting: Any) -> Any:
    number = table_of(TapNumber)
    # The one rule that may hold already is named; otherwise every unique index is looked at before.
    statement = inserting.on_conflict_do_nothing(index_elements=list(number.primary_key))
    return statement.returning(number.c.tap_id)


@cache
def _insert_taps(engine: str, names: tuple[str, ...]) -> Any:
    return insert_given(engine, table_of(Tap), names)


def _store_clashes(
    session: Session, reader_id: UUID, rows: list[dict[str, Any]], now: datetime
) -> set[UUID]:
    """Keep taps whose number another tap of the same boot has: two readers share an identity.

    A tap sent again is no clash. What clashes is kept for a person to look at, under a boot of its
    own, and stands for nothing.
    """
    if not rows:
        return set()
    held = _numbers_held(session, rows)
    # What came again of a tap that is over age is not stored again.
    clashes = [
        row
        for row in rows
        if (one := held.get(row["seq"])) and one != (row["card_uid"], row["tap_at"])
    ]
    for row in clashes:
        row["boot_id"] = f"{row['boot_id']}{CLASH}{row['card_uid']}"
        row["verdict"] = Verdict.QUARANTINED
    if not clashes:
        return set()
    mark_cloned(session, reader_id, now)
    logger.error(
        "number used twice in one boot",
        extra={
            "action": "gate",
            "reader_id": str(reader_id),
            "count": len(clashes),
            "hint": "Two readers may share an id and secret",
        },
    )
    return _store(session, clashes, now)


def _numbers_held(
    session: Session, rows: list[dict[str, Any]]
) -> dict[int | None, tuple[str | None, datetime]]:
    """Return chip and moment by number, of the boot all these rows are of."""
    found = session.execute(
        select(col(TapNumber.seq), col(Tap.card_uid), col(Tap.tap_at))
        .join(Tap, col(Tap.id) == col(TapNumber.tap_id))
        .where(
            col(TapNumber.reader_id) == rows[0]["reader_id"],
            col(TapNumber.boot_id) == rows[0]["boot_id"],
            col(TapNumber.seq).in_([row["seq"] for row in rows]),
        )
    )
    return {row.seq: (row.card_uid, row.tap_at) for row in found}


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
    session: Session, reader: HeldReader, rows: list[dict[str, Any]], now: datetime
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


def _status(row: dict[str, Any], stored: set[UUID], changed_sides: set[UUID]) -> TapStatus:
    if row["id"] not in stored:
        return TapStatus.DUPLICATE
    if row["verdict"] is not Verdict.ACCEPTED:
        return STATUS_OF[row["verdict"]]
    return TapStatus.RECORDED if row["id"] in changed_sides else TapStatus.DUPLICATE
