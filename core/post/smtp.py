"""Sending one letter by SMTP, with an honest answer.

Connect, TLS, name and password, envelope, letter. Until the letter's final dot has left nothing was
sent; after it, only the server's answer says what became of it. Source: RFC 5321, sections 4.2.1
and 4.5.3.2 (classes of replies, waiting).
"""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote, urlsplit

from core.loopback import is_loopback
from core.post.answer import About, Answer, Outcome
from core.post.letters import Letter, message_of, wire_address
from core.settings import Settings

# Seconds for each step; a lease must outlast the whole conversation.
STEP_SECONDS = 8
SMTP_PORT, SMTPS_PORT = 587, 465
# The server closes the conversation. Source: RFC 5321, section 3.8.
CLOSING = 421
# Refusals of a mailbox, where the server says no more. Source: RFC 5321, section 4.2.3.
NO_MAILBOX = frozenset({550, 551, 552, 553})
# Source: RFC 3463, section 3: x.1 is about the address, x.2 about the mailbox; the others are about
# the network, the letter, or what we may do.
ENHANCED = re.compile(rb"5\.(\d{1,3})\.\d{1,3}\b")
OF_MAILBOX = frozenset({b"1", b"2"})


NOT_AN_ADDRESS = Answer(Outcome.REFUSED, "not_an_address", about=About.CONTENT)


class Mailer(Protocol):
    """A way to send e-mail."""

    def send(self, letter: Letter) -> Answer:
        """Send one letter; never raises for what the network or the server does."""


@dataclass(frozen=True, slots=True)
class SmtpRoute:
    """Where letters are handed over. `is_tls` from the first byte, `is_upgraded` by STARTTLS."""

    host: str
    port: int
    user: str
    password: str
    is_tls: bool
    is_upgraded: bool


def smtp_route(settings: Settings) -> SmtpRoute | None:
    """Return the mail server, None where e-mail is not offered.

    Without TLS a letter and the server's password only travel on this machine.
    """
    url = settings.smtp_url.get_secret_value() or _sandbox(settings)
    if not url:
        return None
    parts = urlsplit(url)
    host, is_tls = parts.hostname or "", parts.scheme == "smtps"
    return SmtpRoute(
        host,
        parts.port or (SMTPS_PORT if is_tls else SMTP_PORT),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        is_tls,
        is_upgraded=not is_tls and not is_loopback(host),
    )


def _sandbox(settings: Settings) -> str:
    if settings.is_production:
        return ""
    sandbox = urlsplit(settings.sandbox_origin)
    # The mailbox listens one port above the sandbox.
    return f"smtp://{sandbox.hostname}:{(sandbox.port or 0) + 1}"


class SmtpMailer:
    """One conversation a letter."""

    def __init__(self, route: SmtpRoute, mail_from: str) -> None:
        self._route = route
        self._from = mail_from

    def send(self, letter: Letter) -> Answer:
        """Send one letter; never raises for what the network or the server does."""
        packed = pack(letter, self._from)
        if packed is None:
            return NOT_AN_ADDRESS
        try:
            with self._conversation() as server:
                return hand_over(server, packed)
        except (smtplib.SMTPException, OSError) as error:
            return answer_of(error)

    @contextmanager
    def _conversation(self) -> Iterator[smtplib.SMTP]:
        server = greet(self._route)
        try:
            yield server
        finally:
            take_leave(server)


@dataclass(frozen=True, slots=True)
class Packed:
    """A letter as it goes over the wire."""

    sender: str
    receiver: str
    content: bytes


def pack(letter: Letter, mail_from: str) -> Packed | None:
    """Return the letter with its envelope, None where an address is none."""
    try:
        content = message_of(letter, mail_from).as_bytes()
        sender = wire_address(letter.return_path or mail_from)
        return Packed(sender, wire_address(letter.to), content)
    except ValueError:
        return None


def greet(route: SmtpRoute) -> smtplib.SMTP:
    """Return a conversation that is ready for letters. Raises SMTPException or OSError."""
    server = _connect(route)
    try:
        if route.is_upgraded:
            server.starttls(context=ssl.create_default_context())
        if route.user:
            server.login(route.user, route.password)
        server.ehlo_or_helo_if_needed()
    except BaseException:
        take_leave(server)
        raise
    return server


def take_leave(server: smtplib.SMTP) -> None:
    """End a conversation. What its letters became is known; how this goes changes nothing."""
    with suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()


def hand_over(server: smtplib.SMTP, packed: Packed) -> Answer:
    """Say one letter in a conversation.

    Raises SMTPException or OSError for what ends it before anything was handed over.
    """
    refusal = _address(server, packed.sender, packed.receiver)
    return refusal or _hand_over(server, packed.content)


def answer_of(error: Exception) -> Answer:
    """Return what an error means that came before the letter itself."""
    match error:
        case smtplib.SMTPResponseException():
            # Said before anything was addressed: about us, not about the reader.
            return _answer(error.smtp_code, Outcome.STOPPED)
        case smtplib.SMTPNotSupportedError():
            return Answer(Outcome.STOPPED, "not_supported")
        case ssl.SSLError():
            return Answer(Outcome.STOPPED, "tls")
    return Answer(Outcome.LATER, _word(error))


def _connect(route: SmtpRoute) -> smtplib.SMTP:
    if not route.is_tls:
        return smtplib.SMTP(route.host, route.port, timeout=STEP_SECONDS)
    secure = ssl.create_default_context()
    return smtplib.SMTP_SSL(route.host, route.port, timeout=STEP_SECONDS, context=secure)


def _address(server: smtplib.SMTP, sender: str, receiver: str) -> Answer | None:
    """Name sender and reader; return why it ends here, None to go on."""
    is_plain = receiver.isascii()
    if not is_plain and not server.has_extn("smtputf8"):
        return Answer(Outcome.REFUSED, "not_supported", about=About.CONTENT)
    code, _ = server.mail(sender, () if is_plain else ("SMTPUTF8", "BODY=8BITMIME"))
    if code != 250:
        return _answer(code, Outcome.STOPPED)
    code, said = server.rcpt(receiver)
    if code in (250, 251):
        return None
    return _answer(code, Outcome.REFUSED, whose_fault(code, said))


def whose_fault(code: int, said: bytes) -> About:
    """Tell whether a refused receiver is a mailbox that is not there, or something of ours.

    `said` begins with the enhanced code where the server gave one.
    """
    told = ENHANCED.match(said)
    if told is not None:
        return About.ADDRESS if told[1] in OF_MAILBOX else About.CONTENT
    return About.ADDRESS if code in NO_MAILBOX or 400 <= code < 500 else About.CONTENT


def _hand_over(server: smtplib.SMTP, content: bytes) -> Answer:
    try:
        code, _ = server.data(content)
    except smtplib.SMTPDataError as error:
        # The server did not even want to see it.
        return _answer(error.smtp_code, Outcome.REFUSED, About.CONTENT)
    except (smtplib.SMTPException, OSError) as error:
        # Cut somewhere between the first byte and the answer to the final dot.
        return Answer(Outcome.UNKNOWN, _word(error))
    if code == 250:
        return Answer(Outcome.ACCEPTED, "smtp_250")
    return _answer(code, Outcome.REFUSED, About.CONTENT)


def _answer(code: int, for_good: Outcome, about: About = About.CARRIER) -> Answer:
    """Read a reply: 4xx passes, 5xx is `for_good`."""
    is_passing = 400 <= code < 500
    # 421 closes the conversation, and -1 is one that was closed without a word.
    outcome = Outcome.LATER if is_passing or code < 200 else for_good
    if code < 200 or code == CLOSING:
        about = About.CARRIER
    return Answer(outcome, f"smtp_{code}" if code > 0 else "cut", about=about)


def _word(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "cut"
    return "timeout" if isinstance(error, TimeoutError) else type(error).__name__
