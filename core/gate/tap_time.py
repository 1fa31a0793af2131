"""When a tap really was: the reader's time, corrected by its measured offset, or nothing."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

from sqlalchemy import select
from sqlmodel import Session, col

from core.clock import school_day_of
from core.gate.batch import TapIn
from core.gate.readers import HeldReader
from core.gate.tables import Tap, TapNumber

# A clock this far off is corrected by its measured offset; farther off it is mad.
SMALL_OFFSET = timedelta(minutes=5)
# A tap is live when its corrected time is this near to its arrival here.
LIVE_WITHIN = timedelta(seconds=60)
# What a clock may claim: no later than this from now …
FUTURE_LIMIT = timedelta(minutes=5)
# … and no earlier than a reader's buffer reasonably holds.
BUFFER_LIMIT = timedelta(days=7)
# Nobody taps at night: a day at a gate begins now, Taipei's time.
DAY_BEGINS = timedelta(hours=5)


def effective_time(
    tapped_at: datetime, received_at: datetime, offset_seconds: float | None
) -> datetime | None:
    """Return the moment the tap counts for, or None when nobody can know it.

    `offset_seconds` is server time minus reader time at the last heartbeat, None before the first:
    then only the day of receipt is believed. A tap never counts for a moment after it was received.
    """
    corrected = _corrected(tapped_at, offset_seconds)
    offset = timedelta(seconds=offset_seconds or 0)
    if abs(offset) > SMALL_OFFSET:
        return received_at if abs(received_at - corrected) <= LIVE_WITHIN else None
    if corrected - received_at > FUTURE_LIMIT or received_at - corrected > BUFFER_LIMIT:
        return None
    if offset_seconds is None and _gate_day(corrected) < _gate_day(received_at):
        return None
    return min(corrected, received_at)


def tap_moments(
    session: Session, reader: HeldReader, boot_id: str, taps: Sequence[TapIn], now: datetime
) -> list[datetime | None]:
    """Return the moment each tap counts for, in the order given; None when nobody can know it.

    A clock may be set back between two heartbeats. The numbers show it: a tap can't be of an
    earlier day than one with a lower number. Within a day late taps may come under any number.
    """
    moments: dict[int, datetime | None] = {}
    earlier = None
    for place, tap in sorted(enumerate(taps), key=lambda one: one[1].seq):
        moment = effective_time(tap.tapped_at, now, reader.clock_offset_seconds)
        if moment is not None and _gate_day(moment) < _gate_day(now):
            # Only a tap that claims to be that old is worth a look into the past.
            earlier = earlier or _moment_before(session, reader, boot_id, tap.seq)
            if earlier is not None and _gate_day(moment) < _gate_day(earlier):
                moment = None
        earlier = max(filter(None, (earlier, moment)), default=None)
        moments[place] = moment
    return [moments[place] for place in range(len(taps))]


def lived_at(
    tapped: Iterable[datetime], received_at: datetime, offset_seconds: float | None
) -> datetime | None:
    """Return the time of the latest tap that was made just now, None when all are older."""
    corrected = [_corrected(moment, offset_seconds) for moment in tapped]
    live = [moment for moment in corrected if abs(received_at - moment) <= LIVE_WITHIN]
    return max(live, default=None)


# Asked several times of each tap, and mostly of one moment: now.
@lru_cache(maxsize=1024)
def _gate_day(moment: datetime) -> date:
    return school_day_of(moment - DAY_BEGINS)


def _corrected(tapped_at: datetime, offset_seconds: float | None) -> datetime:
    return tapped_at + timedelta(seconds=offset_seconds or 0)


def _moment_before(session: Session, reader: HeldReader, boot_id: str, seq: int) -> datetime | None:
    statement = (
        select(col(Tap.effective_at))
        .join(TapNumber, col(TapNumber.tap_id) == col(Tap.id))
        .where(
            col(TapNumber.reader_id) == reader.id,
            col(TapNumber.boot_id) == boot_id,
            col(TapNumber.seq) < seq,
            col(Tap.effective_at).is_not(None),
        )
        .order_by(col(TapNumber.seq).desc())
        .limit(1)
    )
    return session.execute(statement).scalar_one_or_none()
