"""The ladder tick: what LINE did not carry of no-shows goes to the next channel.

Once LINE reaches the guardian again, it says so there.
"""

import logging
from collections.abc import Sequence

from core.db import transaction
from core.delivery.ladder import Rung, climb
from core.delivery.rung import ContactRung
from core.house import House
from core.kinds import Channel
from core.mailing.fallbacks import tell_fallbacks
from core.people.contacts import EMAILS, ContactSlot
from core.post.mitake import text_sender
from core.post.smtp import smtp_route

logger = logging.getLogger(__name__)


def run_ladder_tick(house: House) -> None:
    """Climb once, in a transaction of its own; safe beside other machines' ticks."""
    rungs = rungs_of(house)
    if not rungs:
        return
    with transaction(house.engine) as session:
        count = climb(session, rungs, house.clock.now())
        told = tell_fallbacks(session, house.settings.liff_id, house.clock.now())
    if count:
        logger.info("no-shows fell back", extra={"action": "climb", "count": count})
    if count or told:
        house.notices_due.set()


def rungs_of(house: House) -> Sequence[Rung]:
    """Return the channels beside LINE whose sender exists.

    A row of a channel without a sender would wait for ever, so none is written.
    """
    letters = ContactRung(Channel.EMAIL, EMAILS, needs_tick=False, vault=house.vault)
    texts = ContactRung(Channel.SMS, (ContactSlot.PHONE,), needs_tick=True, vault=house.vault)
    has_sender = {
        letters: smtp_route(house.settings) is not None,
        texts: text_sender(house.settings) is not None,
    }
    return [rung for rung, is_there in has_sender.items() if is_there]
