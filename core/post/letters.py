"""A letter from one wording: sentences become plain text and HTML of the same words."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from email.utils import format_datetime
from html import escape
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail. `key` is its identity: every try of it carries the same Message-ID.

    `sender_name` and `lang` are in the reader's language; `foot` is the small print. One that was
    subscribed to has the address where that is ended, by one press in the reader's mail program;
    where the foot names it, it can be pressed there too. What can't be delivered goes back to
    `return_path`, or to the sender where there is none.
    """

    key: UUID
    to: str
    subject: str
    paragraphs: tuple[str, ...]
    foot: str
    sender_name: str
    lang: str
    written_at: datetime
    unsubscribe: str = ""
    return_path: str = ""


def message_of(letter: Letter, mail_from: str) -> EmailMessage:
    """Return the letter as it goes over the wire, text and HTML side by side.

    Raises ValueError where an address or a header holds a line break or anything else that is no
    address: nothing typed by a person can add a header.
    """
    if not (letter.subject + letter.sender_name + letter.unsubscribe).isprintable():
        raise ValueError("control characters in a header")
    message = EmailMessage(policy=_policy())
    message["From"] = Address(letter.sender_name, addr_spec=wire_address(mail_from))
    message["To"] = Address(addr_spec=wire_address(letter.to))
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = f"<{letter.key}@{wire_address(mail_from).rpartition('@')[2]}>"
    # No holiday note of somebody's mailbox shall answer a machine. Source: RFC 3834, section 5.
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe:
        # Source: RFC 2369, section 3.2, and RFC 8058, section 3.1.
        message["List-Unsubscribe"] = f"<{_in_angles(letter.unsubscribe)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(_text(letter), cte="base64")
    message.add_alternative(_html(letter), subtype="html", cte="base64")
    # Set before, it would have gone into the first part.
    message["Content-Language"] = letter.lang
    return message


class _Unfolded(UnstructuredHeader, BaseHeader):
    """A header that goes out as it is: the library would hide a long address in encoded words."""

    def fold(self, *, policy: "Policy[Any]") -> str:
        """Return the header's one line."""
        return f"{self.name}: {self}{policy.linesep}"


def _policy() -> "EmailPolicy[EmailMessage]":
    headers = HeaderRegistry()
    headers.map_to_type("list-unsubscribe", _Unfolded)
    return SMTP.clone(header_factory=headers)


def wire_address(address: str) -> str:
    """Return the address with its host in ASCII. Raises ValueError for what is none."""
    name, _, host = address.rpartition("@")
    if not name or not host or not address.isprintable() or " " in address:
        raise ValueError("not an address")
    return f"{name}@{host.encode('idna').decode('ascii')}"


def _in_angles(url: str) -> str:
    if not url.isascii() or set(url) & set("<> ,"):
        raise ValueError("not an address of a page")
    return url


def _text(letter: Letter) -> str:
    return "\n\n".join((*letter.paragraphs, "-- \n" + letter.foot)) + "\n"


def _html(letter: Letter) -> str:
    body = "".join(f"<p>{escape(one)}</p>" for one in letter.paragraphs)
    # No pictures or styles from elsewhere: opening it tells nobody.
    return (
        f'<!doctype html><html lang="{escape(letter.lang)}"><head><meta charset="utf-8">'
        f"<title>{escape(letter.subject)}</title></head>"
        '<body style="font:17px/1.6 sans-serif;color:#28231c;max-width:36em">'
        f'{body}<p style="color:#6b6254;font-size:14px">{_foot(letter)}</p></body></html>'
    )


def _foot(letter: Letter) -> str:
    said, url = escape(letter.foot), escape(letter.unsubscribe)
    return said.replace(url, f'<a href="{url}" style="color:inherit">{url}</a>') if url else said
