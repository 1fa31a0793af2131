"""One conversation for many letters: opened when a letter needs it, ended when it rests."""

import smtplib
import time
from collections.abc import Callable
from contextlib import suppress

from core.post.answer import Answer
from core.post.letters import Letter
from core.post.smtp import NOT_AN_ADDRESS, SmtpRoute, answer_of, greet, hand_over, pack, take_leave

# Servers hang up on who says nothing for minutes. Source: RFC 5321, section 4.5.3.2.7.
REST_SECONDS = 30.0
# Many servers take so many letters in one conversation and no more.
MOST_LETTERS = 100


class PooledMailer:
    """A mailer that keeps its conversation; for one thread at a time."""

    def __init__(
        self, route: SmtpRoute, mail_from: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._route = route
        self._from = mail_from
        self._clock = clock
        self._server: smtplib.SMTP | None = None
        self._used_at = 0.0
        self._letters = 0

    def send(self, letter: Letter) -> Answer:
        """Send one letter; never raises for what the network or the server does."""
        packed = pack(letter, self._from)
        if packed is None:
            return NOT_AN_ADDRESS
        try:
            answer = hand_over(self._ready(), packed)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return answer_of(error)
        self._used_at, self._letters = self._clock(), self._letters + 1
        return answer

    def rest(self) -> None:
        """End a conversation that nobody needed for a while."""
        if self._server is not None and self._clock() - self._used_at > REST_SECONDS:
            self._drop()

    def close(self) -> None:
        """End the conversation."""
        self._drop()

    def _ready(self) -> smtplib.SMTP:
        if self._server is not None and self._is_fresh(self._server):
            return self._server
        self._drop()
        self._server = greet(self._route)
        return self._server

    def _is_fresh(self, server: smtplib.SMTP) -> bool:
        """Tell whether the conversation goes on; what a refused letter left in it is wiped."""
        if self._letters >= MOST_LETTERS or self._clock() - self._used_at > REST_SECONDS:
            return False
        # A server that hung up meanwhile shows it here, where no letter is under way.
        with suppress(smtplib.SMTPException, OSError):
            return server.rset()[0] == 250
        return False

    def _drop(self) -> None:
        if self._server is not None:
            take_leave(self._server)
        self._server, self._letters = None, 0
