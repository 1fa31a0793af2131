"""The sender of letters: claims, sends with no transaction open, settles each letter by itself.

One letter at a time, in one conversation a process. Crash at any point: the lease runs out, and
what was in hand goes again under the same Message-ID.
"""

import logging
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from core.db import snapshot, transaction
from core.house import House
from core.mailing.claims import LetterOut, claim_letters, has_letters
from core.mailing.settle import let_go, settle_letter
from core.mailing.wording import letter_of
from core.post.answer import About, Answer, Outcome
from core.post.doubt import Doubt
from core.post.pool import PooledMailer
from core.post.rounds import Rounds, log_sent
from core.post.smtp import smtp_route

logger = logging.getLogger(__name__)

BATCH = 20
# What a server that does not answer, or does not let us in, is given.
PAUSES = {Outcome.LATER: timedelta(seconds=10), Outcome.STOPPED: timedelta(seconds=60)}


class LetterSender:
    """Send letters that are due until told to stop. Any number of processes may run one."""

    def __init__(self, house: House) -> None:
        self._house = house
        route = smtp_route(house.settings)
        self._mailer = PooledMailer(route, house.settings.mail_from) if route else None
        self._rounds = Rounds(
            "letter", self._turn, self._let_go, clock=house.clock, pauses=PAUSES, hands=1
        )
        self._doubt = Doubt()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then end the conversation."""
        self._rounds.run(stop)
        if self._mailer is not None:
            self._mailer.close()

    def drain(self) -> int:
        """Send what is due now and settle it; return how many letters were claimed."""
        count = self._rounds.drain()
        if self._mailer is not None:
            self._mailer.close()
        return count

    def _turn(self) -> int:
        """Send one batch of what is due; return how many letters were claimed."""
        now = self._house.clock.now()
        if self._mailer is None:
            return 0
        with snapshot(self._house.engine) as session:
            is_due = has_letters(session, now)
        if not is_due:
            self._mailer.rest()
            return 0
        with transaction(self._house.engine) as session:
            letters = claim_letters(session, self._house.vault, limit=BATCH, now=now)
        self._rounds.send_all(letters, partial(self._send, self._mailer))
        return len(letters)

    def _let_go(self, letters: Sequence[LetterOut]) -> None:
        with transaction(self._house.engine) as session:
            let_go(session, letters, self._house.clock.now())

    def _send(self, mailer: PooledMailer, out: LetterOut) -> Answer:
        started = time.monotonic()
        try:
            answer = mailer.send(letter_of(out, self._house.settings))
        except Exception as error:
            # Our own fault, after something may have left.
            logger.exception("sending a letter broke", extra={"action": "letter"})
            answer = Answer(Outcome.UNKNOWN, type(error).__name__, about=About.CONTENT)
        answer = self._doubt.weigh(answer)
        now = self._house.clock.now()
        with transaction(self._house.engine) as session:
            settle_letter(session, self._house, out, answer, now)
        seconds = time.monotonic() - started
        log_sent("letter", out.id, out.kind, attempt=out.attempts, answer=answer, seconds=seconds)
        return answer
