"""Whether the silence of a school's gates says anything about a child."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session, col

from core.attendance.brake import GateReport
from core.clock import school_day_of
from core.gate.continuity import missing_numbers
from core.gate.tables import Reader
from core.kinds import HoldReason

# A gate that was silent for longer says nothing about any child.
CONTACT_LIMIT = timedelta(minutes=2)
# The most serious first.
SEVERITY = list(HoldReason)


@dataclass(frozen=True, slots=True)
class ReaderState:
    """One reader's most serious trouble, None when it is well, and its numbers missing today."""

    reader: Reader
    hold: HoldReason | None
    since: datetime | None
    missing: int


def gate_health(session: Session, school_code: str, now: datetime) -> GateReport:
    """Return the health of a school's gates, for every reason but FEW_TAPS."""
    states = reader_states(session, live_readers(session, school_code), now)
    if not states:
        return GateReport(None, HoldReason.NO_READER, None)
    held = [(SEVERITY.index(one.hold), _order(one.since), one) for one in states if one.hold]
    if held:
        worst = min(held, key=lambda found: found[:2])[2]
        return GateReport(None, worst.hold, worst.since)
    contacts = [one.reader.last_contact_at for one in states if one.reader.last_contact_at]
    return GateReport(min(contacts), None, None)


def live_readers(session: Session, school_code: str | None = None) -> list[Reader]:
    """Return the readers that are not revoked, of one school or of all."""
    return [one for one in all_readers(session, school_code) if one.revoked_at is None]


def all_readers(session: Session, school_code: str | None = None) -> list[Reader]:
    """Return every reader there is, of one school or of all, by school and gate."""
    statement = select(Reader).order_by(col(Reader.school_code), col(Reader.gate), col(Reader.id))
    if school_code is not None:
        statement = statement.where(col(Reader.school_code) == school_code)
    return list(session.scalars(statement))


def reader_states(
    session: Session, readers: Collection[Reader], now: datetime
) -> list[ReaderState]:
    """Return how each reader is, in the order given; a fixed number of queries."""
    missing = missing_numbers(session, readers, school_day_of(now))
    return [_state(reader, missing.get(reader.id, 0), now) for reader in readers]


def _state(reader: Reader, missing: int, now: datetime) -> ReaderState:
    contact, cloned_at = reader.last_contact_at, reader.cloned_at
    troubles: list[tuple[bool, HoldReason, datetime | None]] = [
        (contact is None or now - contact > CONTACT_LIMIT, HoldReason.SILENT, contact),
        (reader.buffered > 0, HoldReason.BUFFERED, None),
        (missing > 0, HoldReason.GAP, None),
        (
            cloned_at is not None and school_day_of(cloned_at) == school_day_of(now),
            HoldReason.CLONED,
            cloned_at,
        ),
    ]
    for is_so, hold, since in troubles:
        if is_so:
            return ReaderState(reader, hold, since, missing)
    return ReaderState(reader, None, None, missing)


def _order(since: datetime | None) -> float:
    # Never heard is silent for longest.
    return since.timestamp() if since else 0.0
