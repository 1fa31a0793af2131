"""One time for all machines: the database's, where several may work on it.

Leases, due moments and cut-offs are written by one machine and read by another; where their clocks
differ, or one jumps, a lease would run out too early and a cut-off come too soon. SQLite serves one
machine, and has no clock but that one's.
"""

import logging
import threading
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from core.clock import steady_time
from core.db import snapshot
from core.house import House

logger = logging.getLogger(__name__)

# Between two looks a machine counts the seconds itself, asleep too. Only one that was halted or
# moved, as a virtual machine may be, misses some: for so long its leases run out before they begin.
KEEP_SECONDS = 5.0
# Of an answer that was longer under way it is not known when it was true.
PROMPT_SECONDS = 1.0
# So often it is asked, and the quickest answer counts: the first one may have to open a connection,
# and on a busy machine any may wait its turn. A database that stays slow is asked no more.
LOOKS = 5
WORTH_A_WORD = timedelta(seconds=2)


def heed_database(house: House) -> bool:
    """Let this process go by the database's clock from now on; False when its answer took too long.

    Raises SQLAlchemyError when there was none.
    """
    if house.engine.dialect.name == "sqlite":
        return True
    with snapshot(house.engine) as session:
        looks = [_look(session)]
        while len(looks) < LOOKS and (len(looks) == 1 or looks[-1].took <= PROMPT_SECONDS):
            looks.append(_look(session))
    took, at, theirs = min(looks)
    if took > PROMPT_SECONDS:
        return False
    before = house.clock.now()
    house.clock.follow(theirs, at)
    off = house.clock.now() - before
    if abs(off) > WORTH_A_WORD:
        extra = {"action": "clock", "ms": round(off.total_seconds() * 1000)}
        logger.warning("clock was off the database's", extra=extra)
    return True


class Look(NamedTuple):
    """How many seconds the question took, and what was said in the middle of it, by steady time."""

    took: float
    at: float
    theirs: datetime


def _look(session: Session) -> Look:
    asked_at = steady_time()
    theirs: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    took = steady_time() - asked_at
    return Look(took, asked_at + took / 2, theirs)


def keep_time(house: House, stop: threading.Event) -> None:
    """Look at the database's clock now and then, until `stop` is set."""
    while not stop.is_set():
        try:
            heed_database(house)
        except SQLAlchemyError as error:
            extra = {"action": "clock", "error_type": type(error).__name__}
            logger.warning("database's time not known", extra=extra)
        stop.wait(KEEP_SECONDS)
