"""The ladder tick: what LINE did not carry of no-shows goes to the next channel."""

import logging
from collections.abc import Sequence

from core.db import transaction
from core.delivery.ladder import Rung, climb
from core.house import House

logger = logging.getLogger(__name__)


def run_ladder_tick(house: House) -> None:
    """Climb once, in a transaction of its own; safe beside other machines' ticks."""
    rungs = rungs_of(house)
    if not rungs:
        return
    with transaction(house.engine) as session:
        count = climb(session, rungs, house.clock.now())
    if count:
        logger.info("no-shows fell back", extra={"action": "climb", "count": count})
        house.notices_due.set()


def rungs_of(_house: House) -> Sequence[Rung]:
    """Return the channels beside LINE whose sender exists.

    A row of a channel without a sender would wait for ever, so none is written.
    """
    return ()
