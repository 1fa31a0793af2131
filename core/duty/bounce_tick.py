"""The bounce tick: reads the mailbox that letters come back to."""

import logging

from core.db import transaction
from core.house import House
from core.mailing.bounces import take_mail
from core.post.mailbox import MailboxAway, mailbox_route, read_mailbox

logger = logging.getLogger(__name__)


def run_bounce_tick(house: House) -> None:
    """Read what came back, each mail in a transaction of its own, and delete it afterwards."""
    route = mailbox_route(house.settings)
    if route is None:
        return
    try:
        read_mailbox(route, lambda mail: _take(house, mail))
    except MailboxAway as away:
        logger.warning("no mailbox", extra={"action": "bounces", "reason": str(away)})


def _take(house: House, mail: bytes) -> None:
    with transaction(house.engine) as session:
        came_back = take_mail(session, house, mail, house.clock.now())
    if came_back:
        logger.info("a letter came back", extra={"action": "bounces"})
        house.notices_due.set()
