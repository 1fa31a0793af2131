"""The readers' JSON: parsed into values, every fault with its place."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard

import orjson

from core.errors import InputError
from core.values import value

MAX_TAPS = 500
MAX_SEQ = 2**53 - 1
MAX_BUFFERED = 2**31 - 1
CARD_UID = re.compile(r"(?:[0-9A-F]{8}|[0-9A-F]{14})", re.ASCII)
BOOT_ID = re.compile(r"[\x21-\x7e]{1,64}", re.ASCII)


@value()
class TapIn:
    """One tap as the reader tells it; `tapped_at` is aware."""

    seq: int
    card_uid: str
    tapped_at: datetime


@dataclass(frozen=True, slots=True)
class WrongTap:
    """A tap that can't be read: its seq if there is one, and where it is wrong."""

    seq: int | None
    field: str
    problem: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A request body: the reader's boot and its taps in the order they came."""

    boot_id: str
    taps: list[TapIn | WrongTap]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What a reader says of itself; `clock` is its own time, aware.

    `resent` names the request to send again that it has done, if any.
    """

    boot_id: str
    last_seq: int
    buffered: int
    clock: datetime
    resent: str | None = None


def parse_batch(body: bytes) -> Batch:
    """Read a tap request. Raises InputError with the place when the body as a whole is wrong."""
    fields = _object(body)
    boot_id = _boot_id(fields)
    taps = fields.get("taps")
    if not isinstance(taps, list):
        raise InputError("must be a list", "taps")
    if not 1 <= len(taps) <= MAX_TAPS:
        raise InputError(f"must hold 1 to {MAX_TAPS} taps", "taps")
    return Batch(boot_id, [_tap(item, f"taps[{place}]") for place, item in enumerate(taps)])


def parse_heartbeat(body: bytes) -> Heartbeat:
    """Read a heartbeat. Raises InputError with the place."""
    fields = _object(body)
    return Heartbeat(
        boot_id=_boot_id(fields),
        last_seq=_count(fields, "last_seq", MAX_SEQ),
        buffered=_count(fields, "buffered", MAX_BUFFERED),
        clock=parse_moment(fields.get("clock"), "clock"),
        resent=_resent(fields),
    )


def parse_moment(value: object, field: str) -> datetime:
    """Read an ISO 8601 time with its zone. Raises InputError."""
    if not isinstance(value, str):
        raise InputError("must be an ISO 8601 time", field)
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise InputError("must name its zone, such as +08:00", field)
        # Year 1 and 9999 overflow when they are turned into UTC.
        if not 1970 <= moment.year <= 2100:
            raise InputError("must lie between 1970 and 2100", field)
    except ValueError:
        raise InputError("must be an ISO 8601 time", field) from None
    return moment


def _object(body: bytes) -> dict[str, Any]:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InputError(f"not JSON: line {error.lineno}, column {error.colno}", "body") from None
    if not isinstance(fields, dict):
        raise InputError("must be an object", "body")
    return fields


def _boot_id(fields: dict[str, Any]) -> str:
    boot_id = fields.get("boot_id")
    if not isinstance(boot_id, str) or not BOOT_ID.fullmatch(boot_id):
        raise InputError("must be 1 to 64 visible ASCII characters", "boot_id")
    return boot_id


def _resent(fields: dict[str, Any]) -> str | None:
    if "resent" not in fields:
        return None
    resent = fields["resent"]
    if not isinstance(resent, str) or not BOOT_ID.fullmatch(resent):
        raise InputError("must be 1 to 64 visible ASCII characters", "resent")
    return resent


def _count(fields: dict[str, Any], name: str, limit: int) -> int:
    value = fields.get(name)
    if not _is_count(value, limit):
        raise InputError(f"must be a whole number from 0 to {limit}", name)
    return value


def _is_count(value: object, limit: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= limit


def _tap(item: object, place: str) -> TapIn | WrongTap:
    if not isinstance(item, dict):
        return WrongTap(None, place, "must be an object")
    seq = item.get("seq")
    if not _is_count(seq, MAX_SEQ):
        return WrongTap(None, f"{place}.seq", f"must be a whole number from 0 to {MAX_SEQ}")
    card_uid = item.get("card_uid")
    if not isinstance(card_uid, str) or not CARD_UID.fullmatch(card_uid.upper()):
        return WrongTap(seq, f"{place}.card_uid", "must be 8 or 14 hexadecimal digits")
    try:
        tapped_at = parse_moment(item.get("tapped_at"), f"{place}.tapped_at")
    except InputError as error:
        return WrongTap(seq, str(error.field), error.code)
    return TapIn(seq, card_uid.upper(), tapped_at)
