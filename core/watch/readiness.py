"""Whether the product as a whole can do its work: database, migrations, a sender at work."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from core.db import snapshot
from core.delivery.slots import HOLD, SKEW
from core.delivery.tables import SenderSeat
from core.duty.migrate import is_fit
from core.house import House
from core.watch.writing import WriteProbe

# A sender shows itself every second or two; one whose seat is as old as this is given up.
SEAT_AGE = HOLD + SKEW + timedelta(seconds=4)


def readiness(house: House, probe: WriteProbe | None = None) -> dict[str, str]:
    """Return a word for each part: "ok", or what is wrong with it.

    `probe` remembers for a while whether the database takes what is written.

    The intake stores taps without a sender: whether it may take traffic is /healthz.
    """
    try:
        if not is_fit(house.engine):
            return {"database": "ok", "migrations": "missing", "worker": "unknown"}
        is_sending = _is_sending(house)
        problem = (probe or WriteProbe()).problem(house)
    except SQLAlchemyError:
        return {"database": "away", "migrations": "unknown", "worker": "unknown"}
    return {
        "database": problem or "ok",
        "migrations": "ok",
        "worker": "ok" if is_sending else "silent",
    }


def _is_sending(house: House) -> bool:
    with snapshot(house.engine) as session:
        seen_at = session.scalar(select(func.max(col(SenderSeat.seen_at))))
    return seen_at is not None and house.clock.now() - seen_at < SEAT_AGE
