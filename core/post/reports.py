"""Delivery reports: what a mail server says later of a letter it had taken.

Source: RFC 3464 (the fields of a report), RFC 3463 (status codes), RFC 6522 (multipart/report).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from typing import Any

from core.post.answer import About
from core.post.smtp import whose_fault

# Where servers write down the envelope's receiver, which for a report is the return path.
RECEIVER = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
FAILED = "failed"
# "5.1.1 (unknown user)", "5.1.1": for good. What begins with 4 was given up, which proves nothing.
STATUS = re.compile(r"5\.\d{1,3}\.\d{1,3}")
# Exim and others put the other server's words there: "smtp; 550 5.1.1 <a@b>: no such user".
SAID = re.compile(r"smtp\s*;\s*(?P<code>5\d\d)[\s-]*(?P<text>.*)", re.IGNORECASE | re.DOTALL)
# No host of that name. Source: RFC 3463, section 3.5; Postfix says it of a domain that is none.
NO_SUCH_HOST = "5.4.4"
# An address that names no mailbox, said without a further word.
UNSAID = "5.0.0"


@dataclass(frozen=True, slots=True)
class Failure:
    """One reader a letter surely did not reach. `recipients` is the address in each form given."""

    recipients: tuple[str, ...]
    about: About


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report: where it was sent to, and whom it says a letter never reached."""

    sent_to: tuple[str, ...]
    failures: tuple[Failure, ...]


def read_report(raw: bytes) -> Report | None:
    """Return what a delivery report says, None for any other mail; never raises."""
    try:
        mail = message_from_bytes(raw, policy=compat32)
        if mail.get_content_type() != "multipart/report":
            return None
        # A delay, or the word that something arrived, is no failure.
        failures = tuple(one for part in _fields(mail) if (one := _failure(part)))
        sent_to = tuple(str(value) for name in RECEIVER for value in mail.get_all(name, ()))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # What strangers send can be broken in every way, and parts nested by the thousand.
        return None
    return Report(sent_to, failures)


def _fields(mail: "Message[Any, Any]") -> Iterator["Message[Any, Any]"]:
    """Yield the groups of fields, one a reader; the first of each report is about the server."""
    for part in mail.walk():
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            groups = part.get_payload()
            if isinstance(groups, list):
                yield from (group for group in groups if isinstance(group, Message))


def _failure(fields: "Message[Any, Any]") -> Failure | None:
    status, said = str(fields.get("Status", "")), str(fields.get("Diagnostic-Code", ""))
    named = [_address(fields.get(name)) for name in ("Original-Recipient", "Final-Recipient")]
    recipients = tuple(one for one in named if one)
    code = STATUS.match(status.strip())
    if str(fields.get("Action", "")).strip().lower() != FAILED or not recipients or code is None:
        return None
    return Failure(recipients, _about(code[0], said))


def _address(value: object) -> str:
    """Return the address of "rfc822; mei@example.org"."""
    kind, _, address = str(value or "").partition(";")
    return address.strip().strip("<>") if kind.strip().lower() in ("rfc822", "utf-8") else ""


def _about(status: str, said: str) -> About:
    if status == NO_SUCH_HOST:
        return About.ADDRESS
    spoken = SAID.match(said.strip())
    if status == UNSAID and spoken is not None:
        return whose_fault(int(spoken["code"]), spoken["text"].encode())
    return whose_fault(0, status.encode())
