"""The postman: sends codes to addresses within a second or two of the commit that asked for them.

claim (one short transaction) -> send with none open -> settle (another). Whoever dies between
leaves a lease that runs out: a letter goes again under the same Message-ID, a text message not.
"""

import logging
import threading
import time
from collections.abc import Callable

from core.contact.outbox import CodeLetter, claim_letters, end_overdue, has_work, settle_letter
from core.contact.wording import letter_with_code, text_with_code
from core.db import snapshot, transaction
from core.house import House
from core.post.answer import Answer, Outcome
from core.post.mitake import text_sender
from core.post.smtp import Mailer, SmtpMailer, smtp_route
from core.post.texts import TextSender
from core.settings import Settings

logger = logging.getLogger(__name__)

# The net under the bell: how long what another process wrote waits at most.
POLL_SECONDS = 1.0
# Conversations at once; one slow server must not hold up everybody's codes.
HANDS = 4
LEVELS = {
    Outcome.ACCEPTED: logging.INFO,
    Outcome.REFUSED: logging.INFO,
    Outcome.LATER: logging.WARNING,
    Outcome.STOPPED: logging.ERROR,
    Outcome.UNKNOWN: logging.ERROR,
}


def mailer_of(settings: Settings) -> Mailer | None:
    """Return the way letters go, None where e-mail is not offered."""
    route = smtp_route(settings)
    return SmtpMailer(route, settings.mail_from) if route else None


class Postman:
    """Send codes until told to stop. Any number of processes may run one."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._mailer: Mailer | None = mailer_of(house.settings)
        self._texts: TextSender | None = text_sender(house.settings)
        self._flights: list[threading.Thread] = []

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, whatever fails: it is logged and the work begins again."""
        while not stop.is_set():
            self._house.letters_due.wait(POLL_SECONDS)
            self._house.letters_due.clear()
            try:
                self._turn()
            except Exception:
                logger.exception("postman failed", extra={"action": "code"})
                stop.wait(POLL_SECONDS)

    def drain(self) -> int:
        """Send what is due now and settle it; return how many letters and messages that were."""
        count = 0
        while taken := self._turn():
            count += taken
            for flight in self._flights:
                flight.join()
        return count

    def _turn(self) -> int:
        """Start what is due and fits in our hands; return how many that were."""
        now = self._house.clock.now()
        with snapshot(self._house.engine) as session:
            if not has_work(session, now):
                return 0
        self._flights = [flight for flight in self._flights if flight.is_alive()]
        with transaction(self._house.engine) as session:
            end_overdue(session, now)
            free = HANDS - len(self._flights)
            letters = claim_letters(session, self._house.vault, limit=free, now=now)
        for letter in letters:
            self._start(lambda letter=letter: self._fly(letter))  # type: ignore[misc]
        return len(letters)

    def _start(self, work: Callable[[], None]) -> None:
        # A stop does not wait for a server that says nothing; the lease settles it.
        flight = threading.Thread(target=work, name="code", daemon=True)
        self._flights.append(flight)
        flight.start()

    def _fly(self, letter: CodeLetter) -> None:
        started = time.monotonic()
        try:
            answer = self._send(letter)
        except Exception as error:
            # Our own fault, after something may have left.
            logger.exception("sending a code broke", extra={"action": "code"})
            answer = Answer(Outcome.UNKNOWN, type(error).__name__)
        with transaction(self._house.engine) as session:
            settle_letter(session, letter, answer, self._house.clock.now())
        _log(letter, answer, time.monotonic() - started)
        self._house.letters_due.set()

    def _send(self, letter: CodeLetter) -> Answer:
        if letter.slot.is_email:
            if self._mailer is None:
                return Answer(Outcome.STOPPED, "not_set_up")
            return self._mailer.send(letter_with_code(letter, self._house.settings.hotline))
        if self._texts is None:
            return Answer(Outcome.STOPPED, "not_set_up")
        return self._texts.send(text_with_code(letter))


def _log(letter: CodeLetter, answer: Answer, seconds: float) -> None:
    extra = {
        "action": "code",
        "channel": "email" if letter.slot.is_email else "sms",
        "attempt": letter.attempts,
        "outcome": answer.reason,
        "ms": round(seconds * 1000),
    }
    logger.log(LEVELS[answer.outcome], "code sent to an address", extra=extra)
