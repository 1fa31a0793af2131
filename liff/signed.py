"""What goes out signed and comes back: links and files a form carries along."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from itsdangerous import BadData

from core.errors import AccessError
from core.settings import Settings
from core.signing import serializer_of

# How long a link to a file is good.
GOOD_FOR = timedelta(minutes=10)
T = TypeVar("T")


def sign(settings: Settings, salt: str, whole: object) -> str:
    """Return the token that holds something JSON can; `salt` says what kind of thing it is."""
    return str(serializer_of(settings, salt).dumps(whole))


def read_signed(
    settings: Settings, salt: str, token: str, read: Callable[[Any], T], *, missing: str
) -> T:
    """Return what `read` makes of a token. Raises AccessError 404 `missing` for a forged one."""
    try:
        return read(serializer_of(settings, salt).loads(token))
    except (BadData, TypeError, ValueError, AttributeError):
        raise AccessError(missing) from None


def require_fresh(made_at: int, now: datetime) -> None:
    """Refuse a link made longer ago than it is good for. Raises AccessError 410.

    The library's own expiry would follow the machine's clock; ours may be shifted.
    """
    if not timedelta() <= now - datetime.fromtimestamp(made_at, UTC) <= GOOD_FOR:
        raise AccessError("sheet_over", 410)
