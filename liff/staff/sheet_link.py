"""The link to a sheet: who asked for what, signed, good for ten minutes by our own clock."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from core.settings import Settings
from liff.signed import read_signed, require_fresh, sign

SALT = "liff.sheet"


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
    return sign(settings, SALT, whole)


def open_order(settings: Settings, token: str, now: datetime) -> SheetOrder:
    """Return what a link is for. Raises AccessError 404 for a forged one, 410 for one too old."""
    order, made_at = read_signed(settings, SALT, token, _read, missing="no_such_sheet")
    require_fresh(made_at, now)
    return order


def _read(whole: Any) -> tuple[SheetOrder, int]:
    staff_id, school_code, first, last, homeroom, extension, made_at = whole
    days = date.fromisoformat(first), date.fromisoformat(last)
    return SheetOrder(UUID(staff_id), school_code, *days, homeroom, extension), made_at
