"""The letter digest tick: the day's e-mails as one, for guardians who chose that."""

import logging

from core.db import transaction
from core.house import House
from core.mailing.digests import write_digests

logger = logging.getLogger(__name__)


def run_letter_digest_tick(house: House) -> None:
    """Write the letters whose hour has come, some hundred guardians in each transaction."""
    count = 0
    while True:
        with transaction(house.engine) as session:
            written = write_digests(session, house.clock.now())
        if not written:
            break
        count += written
    if count:
        logger.info("letters of the day", extra={"action": "letter_digest", "count": count})
