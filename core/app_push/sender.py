"""The sender of app pushes: claims, sends with no transaction open, settles each by itself.

A few hands a process. Crash at any point: the lease runs out, and what may have left is asked after
before it goes again under the same client id.
"""

import logging
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from core.app_push.claims import PushOut, claim_pushes, has_pushes
from core.app_push.settle import let_go, settle_push
from core.db import snapshot, transaction
from core.house import House
from core.post.answer import About, Answer, Outcome
from core.post.app_push import AppGateway, Known, app_gateway
from core.post.doubt import Doubt
from core.post.rounds import HANDS, Rounds, log_sent

logger = logging.getLogger(__name__)

BATCH = 10 * HANDS
# What a gateway that does not answer, or does not let us in, is given.
PAUSES = {
    Outcome.LATER: timedelta(seconds=5),
    Outcome.UNKNOWN: timedelta(seconds=5),
    Outcome.STOPPED: timedelta(seconds=60),
}
TAKEN_BEFORE = Answer(Outcome.ACCEPTED, "taken_before")
UNTOLD = Answer(Outcome.UNKNOWN, "untold")


class AppMessenger:
    """Send app pushes that are due until told to stop. Any number of processes may run one."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._gateway = app_gateway(house.settings)
        self._rounds = Rounds(
            "app_push", self._turn, self._let_go, clock=house.clock, pauses=PAUSES
        )
        self._doubt = Doubt()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        self._rounds.run(stop)

    def drain(self) -> int:
        """Send what is due now and settle it; return how many pushes were claimed."""
        return self._rounds.drain()

    def _turn(self) -> int:
        """Send one batch of what is due; return how many pushes were claimed."""
        now = self._house.clock.now()
        if self._gateway is None:
            return 0
        with snapshot(self._house.engine) as session:
            if not has_pushes(session, now):
                return 0
        with transaction(self._house.engine) as session:
            pushes = claim_pushes(session, self._house.vault, limit=BATCH, now=now)
        self._rounds.send_all(pushes, partial(self._send, self._gateway))
        return len(pushes)

    def _let_go(self, pushes: Sequence[PushOut]) -> None:
        with transaction(self._house.engine) as session:
            let_go(session, pushes, self._house.clock.now())

    def _send(self, gateway: AppGateway, out: PushOut) -> Answer:
        started = time.monotonic()
        try:
            answer = self._doubt.weigh(_told_once(gateway, out))
        except Exception as error:
            # Our own fault, after something may have left.
            logger.exception("sending an app push broke", extra={"action": "app_push"})
            answer = Answer(Outcome.UNKNOWN, type(error).__name__, about=About.CONTENT)
        now = self._house.clock.now()
        with transaction(self._house.engine) as session:
            settle_push(session, self._house, out, answer, now)
        seconds = time.monotonic() - started
        attempt = out.attempts
        log_sent("app_push", out.held.id, out.kind, attempt=attempt, answer=answer, seconds=seconds)
        return answer


def _told_once(gateway: AppGateway, out: PushOut) -> Answer:
    """Send what never left; ask first after what may have."""
    if out.held.was_tried:
        match gateway.ask(out.push.key):
            case Known.TAKEN:
                return TAKEN_BEFORE
            case Known.UNTOLD:
                return UNTOLD
    return gateway.send(out.push)
