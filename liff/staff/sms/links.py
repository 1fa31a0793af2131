"""Links that open outside LINE, where nobody is signed in: an order's slip, a settlement.

Signed, good for ten minutes, and only while whoever asked still may.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import url_for

from core.settings import Settings
from liff.signed import read_signed, require_fresh, sign
from liff.staff.sms.access import OrderDesk
from liff.visit import Visit

SLIP, SETTLEMENT = "liff.sms_slip", "liff.sms_settlement"


@dataclass(frozen=True, slots=True)
class SlipLink:
    """An order's slip, for a role."""

    staff_id: UUID
    order_id: UUID


@dataclass(frozen=True, slots=True)
class SettlementLink:
    """A school's settlement of a plan, for a role."""

    staff_id: UUID
    school_code: str
    plan_id: UUID
    extension: str


def slip_address(visit: Visit, desk: OrderDesk, order_id: UUID) -> str:
    """Return the address of an order's slip, which LINE opens in a browser that can print."""
    whole = [str(_asker(desk)), str(order_id), int(visit.now.timestamp())]
    token = sign(visit.house.settings, SLIP, whole)
    return _outside(visit, url_for("liff.print_sms_slip", token=token, openExternalBrowser=1))


def open_slip(settings: Settings, token: str, now: datetime) -> SlipLink:
    """Return what a link is for. Raises AccessError 404 for a forged one, 410 for one too old."""

    def read(whole: Any) -> tuple[SlipLink, int]:
        staff_id, order_id, made_at = whole
        return SlipLink(UUID(staff_id), UUID(order_id)), made_at

    link, made_at = read_signed(settings, SLIP, token, read, missing="no_such_sheet")
    require_fresh(made_at, now)
    return link


def settlement_address(visit: Visit, desk: OrderDesk, plan_id: UUID, extension: str) -> str:
    """Return the address of the school's settlement of a plan, which saves a file."""
    made_at = int(visit.now.timestamp())
    whole = [str(_asker(desk)), desk.school.code, str(plan_id), extension, made_at]
    token = sign(visit.house.settings, SETTLEMENT, whole)
    path = url_for("liff.download_sms_settlement", token=token, openExternalBrowser=1)
    return _outside(visit, path)


def open_settlement(settings: Settings, token: str, now: datetime) -> SettlementLink:
    """Return what a link is for. Raises AccessError as `open_slip`."""

    def read(whole: Any) -> tuple[SettlementLink, int]:
        staff_id, school_code, plan_id, extension, made_at = whole
        return SettlementLink(UUID(staff_id), school_code, UUID(plan_id), extension), made_at

    link, made_at = read_signed(settings, SETTLEMENT, token, read, missing="no_such_sheet")
    require_fresh(made_at, now)
    return link


def _asker(desk: OrderDesk) -> UUID:
    role = desk.reviewer or desk.cashier
    desk.require_all()
    assert role is not None  # noqa: S101  # required just above
    return role.id


def _outside(visit: Visit, path: str) -> str:
    # LINE opens this address in the phone's own browser.
    return f"{visit.house.settings.base_url.rstrip('/')}{path}"
