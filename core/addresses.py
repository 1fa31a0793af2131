"""Addresses as people write them into settings: what is none is told from what is one."""

from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

WEB = ("http", "https")
NONE = SplitResult("", "", "", "", "")


def parts_of(url: str) -> SplitResult:
    """Return the parts of an address; all are empty where it can't be taken apart."""
    try:
        parts = urlsplit(url)
        # Reading the port is what raises for one that is no number.
        _ = parts.port
    except ValueError:
        return NONE
    return parts


def is_address(url: str, schemes: Collection[str] = WEB) -> bool:
    """Tell whether this names a host, to be spoken to in one of these ways."""
    parts = parts_of(url)
    return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0


def is_origin(url: str) -> bool:
    """Tell whether this is scheme and host of a web address, and nothing behind them."""
    parts = parts_of(url)
    return is_address(url) and parts.path in ("", "/") and not (parts.query or parts.fragment)


def is_database(url: str) -> bool:
    """Tell whether this is a database we speak to; one in memory is another in each thread."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return False
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return parsed.database not in (None, "", ":memory:")
    known = parsed.drivername in ("postgresql", "postgresql+psycopg")
    # Of a password with an @ the rest would be looked for as part of the host, and be told.
    return known and "@" not in (parsed.host or "")
