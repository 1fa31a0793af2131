"""The link to a sheet: who asked for what, signed, good for ten minutes by our own clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from core.errors import AccessError
from core.settings import Settings

SALT = "liff.sheet"
GOOD_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class SheetOrder:
    """A sheet somebody may fetch: a school's days, of one class or of all (empty)."""

    staff_id: UUID
    school_code: str
    first: date
    last: date
    homeroom: str
    extension: str


def seal_order(settings: Settings, order: SheetOrder, now: datetime) -> str:
    """Return the token of the link."""
    whole = [
        str(order.staff_id),
        order.school_code,
        order.first.isoformat(),
        order.last.isoformat(),
        order.homeroom,
        order.extension,
        int(now.timestamp()),
    ]
    return str(_serializer(settings).dumps(whole))


def open_order(settings: Settings, token: str, now: datetime) -> SheetOrder:
    """Return what a link is for. Raises AccessError 404 for a forged one, 410 for one too old."""
    try:
        whole: Any = _serializer(settings).loads(token)
        staff_id, school_code, first, last, homeroom, extension, made_at = whole
        order = SheetOrder(
            UUID(staff_id),
            school_code,
            date.fromisoformat(first),
            date.fromisoformat(last),
            homeroom,
            extension,
        )
    except (BadData, TypeError, ValueError):
        raise AccessError("no_such_sheet") from None
    # The library's own expiry would follow the machine's clock; ours may be shifted.
    if not timedelta() <= now - datetime.fromtimestamp(made_at, UTC) <= GOOD_FOR:
        raise AccessError("sheet_over", 410)
    return order


def _serializer(settings: Settings) -> URLSafeSerializer:
    # The last key signs, all of them verify.
    keys = [*reversed(settings.old_secret_keys), settings.secret_key.get_secret_value()]
    return URLSafeSerializer(keys, salt=SALT)
