"""The words of an announcement: text and nothing else, of a length that can be read."""

import re
import unicodedata

from core.errors import InputError

LONGEST_TITLE, LONGEST_BODY = 40, 2000
# Whose pages a guardian may be sent to from here. Whoever got hold of an account of staff could
# otherwise lead a whole school to a page that asks for passwords.
TRUSTED = ("gov.taipei", "gov.tw", "edu.tw", "liff.line.me")
# Whatever a page, or a phone, would take for an address.
ADDRESS = re.compile(
    r"(?:https?://|www\.)[\x21-\x7e]*"
    r"|(?:[\w-]+\.)+(?:com|net|org|info|int|edu|gov|mil|tw|cn|io|me|cc|ly|app|link|xyz|top)\b"
    r"[\x21-\x7e]*",
    re.ASCII | re.IGNORECASE,
)
PARTS = re.compile(r"(?:https?://)?(?P<host>[a-z0-9.-]+)(?::\d+)?(?:[/?#].*)?", re.IGNORECASE)


def clean_title(title: str) -> str:
    """Return the title on one line. Raises InputError, as for a body."""
    return _measured(" ".join(_visible(title).split()), LONGEST_TITLE, "title")


def clean_body(body: str) -> str:
    """Return the body with its lines, no more than one empty line between paragraphs.

    Raises InputError when empty or too long, or with an address of others.
    """
    lines = [line.rstrip() for line in _visible(body).split("\n")]
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return _measured("\n".join(kept).strip(), LONGEST_BODY, "body")


def foreign_hosts(text: str) -> list[str]:
    """Return the hosts of addresses in a text that are not the city's, a school's or our own."""
    hosts = [_host(found[0]) for found in ADDRESS.finditer(text)]
    return [host for host in dict.fromkeys(hosts) if not _is_trusted(host)]


def _host(address: str) -> str:
    # What hides its host, behind an @ or a backslash, is shown whole and trusted by nobody.
    parts = PARTS.fullmatch(address)
    return parts["host"].strip(".").lower() if parts else address


def _is_trusted(host: str) -> bool:
    is_plain = PARTS.fullmatch(host) is not None and "/" not in host
    return is_plain and any(host == one or host.endswith(f".{one}") for one in TRUSTED)


def _visible(text: str) -> str:
    """Drop controls and text-direction tricks, keep line ends."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(
        char
        for char in unicodedata.normalize("NFC", plain)
        if char == "\n" or unicodedata.category(char)[0] != "C"
    )


def _measured(text: str, longest: int, field: str) -> str:
    if not text:
        raise InputError("empty", field)
    if len(text) > longest:
        raise InputError("too_long", field)
    if foreign_hosts(text):
        raise InputError("foreign_link", field)
    return text
