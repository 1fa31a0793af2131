"""A mailbox that only we read, by IMAP: each mail is handed on and then deleted.

Source: RFC 3501. Several may read at once; whoever takes the mails must bear one twice.
"""

import imaplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from core.settings import Settings

# Seconds for each step.
STEP_SECONDS = 8
IMAP_PORT, IMAPS_PORT = 143, 993
# In one visit; the rest waits for the next.
MOST_MAILS = 100
# A report quotes a letter of ours, which is small.
MOST_BYTES = 256_000


class MailboxAway(Exception):
    """The mailbox can't be read now; the reason is a word of ours."""


@dataclass(frozen=True, slots=True)
class MailboxRoute:
    """Where a mailbox is. Without TLS from the first byte only on this machine."""

    host: str
    port: int
    user: str
    password: str
    is_tls: bool


def mailbox_route(settings: Settings) -> MailboxRoute | None:
    """Return the mailbox that letters come back to, None where nobody reads one."""
    url = settings.bounce_mailbox_url.get_secret_value()
    if not url:
        return None
    parts = urlsplit(url)
    is_tls = parts.scheme == "imaps"
    return MailboxRoute(
        parts.hostname or "",
        parts.port or (IMAPS_PORT if is_tls else IMAP_PORT),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        is_tls,
    )


def read_mailbox(route: MailboxRoute, take: Callable[[bytes], None]) -> int:
    """Hand every mail to `take`, then delete it; return how many.

    A mail that `take` raises for stays and holds up none behind it; the first such error goes on to
    the caller when all are read. Raises MailboxAway.
    """
    failures: list[Exception] = []
    try:
        box = _open(route)
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxAway(type(error).__name__) from None
    try:
        numbers = _numbers(box)
        for number in numbers:
            mail = _mail(box, number)
            failure = _handed(mail, take) if mail is not None else None
            if failure is not None:
                failures.append(failure)
                continue
            box.uid("STORE", number, "+FLAGS.SILENT", r"(\Deleted)")
        box.expunge()
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxAway(type(error).__name__) from None
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            box.logout()
    if failures:
        raise failures[0]
    return len(numbers)


def _handed(mail: bytes, take: Callable[[bytes], None]) -> Exception | None:
    try:
        take(mail)
    except Exception as error:
        return error
    return None


def _open(route: MailboxRoute) -> imaplib.IMAP4:
    if route.is_tls:
        secure = ssl.create_default_context()
        box: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            route.host, route.port, ssl_context=secure, timeout=STEP_SECONDS
        )
    else:
        box = imaplib.IMAP4(route.host, route.port, timeout=STEP_SECONDS)
    try:
        box.login(route.user, route.password)
        answer, _ = box.select("INBOX")
        if answer != "OK":
            raise imaplib.IMAP4.error("no inbox")
    except BaseException:
        box.shutdown()
        raise
    return box


def _numbers(box: imaplib.IMAP4) -> list[str]:
    answer, found = box.uid("SEARCH", "UNDELETED")
    if answer != "OK" or not found or not found[0]:
        return []
    return [number.decode() for number in found[0].split()[:MOST_MAILS]]


def _mail(box: imaplib.IMAP4, number: str) -> bytes | None:
    """Return a mail as far as a report may be long, None where there is none any more."""
    answer, parts = box.uid("FETCH", number, f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
    if answer != "OK":
        raise imaplib.IMAP4.error("no mail")
    return next((part[1] for part in parts if isinstance(part, tuple)), None)
