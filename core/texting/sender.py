"""The sender of texts: claims, sends with no transaction open, settles each by itself.

A few hands a process, as the firm takes its time. Crash at any point: what was in hand may have
gone out, so it is asked after and never sent again.
"""

import logging
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from core.db import snapshot, transaction
from core.house import House
from core.post.answer import Answer, Outcome
from core.post.mitake import text_sender
from core.post.rounds import HANDS, Rounds, log_sent
from core.post.texts import TextSender
from core.texting.claims import TextOut, claim_texts, has_texts
from core.texting.settle import let_go, settle_text

logger = logging.getLogger(__name__)

# No more than begin at once: of what a dead sender had in hand nobody can tell whether it left.
BATCH = HANDS
# What a firm that does not answer, or does not let us in, is given.
PAUSES = {Outcome.LATER: timedelta(seconds=5), Outcome.STOPPED: timedelta(seconds=60)}


class TextMessenger:
    """Send texts that are due until told to stop. Any number of processes may run one."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._sender = text_sender(house.settings)
        self._rounds = Rounds("text", self._turn, self._let_go, clock=house.clock, pauses=PAUSES)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        self._rounds.run(stop)

    def drain(self) -> int:
        """Send what is due now and settle it; return how many texts were claimed."""
        return self._rounds.drain()

    def _turn(self) -> int:
        """Send one batch of what is due; return how many texts were claimed."""
        now = self._house.clock.now()
        if self._sender is None:
            return 0
        with snapshot(self._house.engine) as session:
            if not has_texts(session, now):
                return 0
        with transaction(self._house.engine) as session:
            texts = claim_texts(session, self._house, self._sender.name, limit=BATCH, now=now)
        self._rounds.send_all(texts, partial(self._send, self._sender))
        return len(texts)

    def _let_go(self, texts: Sequence[TextOut]) -> None:
        with transaction(self._house.engine) as session:
            let_go(session, texts, self._house.clock.now())

    def _send(self, sender: TextSender, out: TextOut) -> Answer:
        started = time.monotonic()
        try:
            answer = sender.send(out.text)
        except Exception as error:
            # Our own fault, after something may have left.
            logger.exception("sending a text broke", extra={"action": "text"})
            answer = Answer(Outcome.UNKNOWN, type(error).__name__)
        now = self._house.clock.now()
        with transaction(self._house.engine) as session:
            settle_text(session, out, answer, sender.name, now)
        seconds = time.monotonic() - started
        attempt = out.attempts
        log_sent("text", out.held.id, out.kind, attempt=attempt, answer=answer, seconds=seconds)
        return answer
