"""The words of an announcement: text and nothing else, of a length that can be read."""

import re
import unicodedata

from core.errors import InputError

LONGEST_TITLE, LONGEST_BODY = 40, 2000
# Whose pages a guardian may be sent to from here. Whoever got hold of an account of staff could
# otherwise lead a whole school to a page that asks for passwords.
TRUSTED = ("gov.taipei", "gov.tw", "edu.tw")
# Anybody's pages open from there, each app's below its id; only our own are trusted.
LIFF = "liff.line.me"
OWN_PAGE = r"(?:https?://)?liff\.line\.me/{liff_id}(?:/[\w/-]*)?(?:\?[\w=&%+~-]*)?[.,;:!?)]*"
# Whatever a page, or a phone, would take for an address.
ADDRESS = re.compile(
    r"(?:https?://|www\.)[\x21-\x7e]*"
    r"|(?:[\w-]+\.)+(?:com|net|org|info|int|edu|gov|mil|tw|cn|io|me|cc|ly|app|link|xyz|top)\b"
    r"[\x21-\x7e]*",
    re.ASCII | re.IGNORECASE,
)
PARTS = re.compile(r"(?:https?://)?(?P<host>[a-z0-9.-]+)(?::\d+)?(?:[/?#].*)?", re.IGNORECASE)


def clean_title(title: str, liff_id: str) -> str:
    """Return the title on one line. Raises InputError, as for a body."""
    return _measured(" ".join(_visible(title).split()), LONGEST_TITLE, "title", liff_id)


def clean_body(body: str, liff_id: str) -> str:
    """Return the body with its lines, no more than one empty line between paragraphs.

    `liff_id` names our own pages. Raises InputError when empty or too long, or with an address of
    others.
    """
    lines = [line.rstrip() for line in _visible(body).split("\n")]
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return _measured("\n".join(kept).strip(), LONGEST_BODY, "body", liff_id)


def foreign_hosts(text: str, liff_id: str) -> list[str]:
    """Return the hosts of addresses in a text that are not the city's, a school's or our own."""
    own = re.compile(OWN_PAGE.format(liff_id=re.escape(liff_id)), re.ASCII | re.IGNORECASE)
    found = (one[0] for one in ADDRESS.finditer(text))
    hosts = [_host(address) for address in found if not own.fullmatch(address)]
    return [host for host in dict.fromkeys(hosts) if not _is_trusted(host)]


def _host(address: str) -> str:
    # What hides its host, behind an @ or a backslash, is shown whole and trusted by nobody; so are
    # pages of others where the host says nothing.
    parts = PARTS.fullmatch(address)
    host = parts["host"].strip(".").lower() if parts else LIFF
    return address if host == LIFF else host


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


def _measured(text: str, longest: int, field: str, liff_id: str) -> str:
    if not text:
        raise InputError("empty", field)
    if len(text) > longest:
        raise InputError("too_long", field)
    if foreign_hosts(text, liff_id):
        raise InputError("foreign_link", field)
    return text
