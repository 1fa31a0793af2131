"""Faults on demand: what the next calls to an endpoint shall suffer."""

import math
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.people import Json
from sandbox.wire.answer import QUOTA_TEXT, RATE_TEXT, UNAUTHORISED

_TEXTS = {
    400: "The request body has 1 error(s)",
    401: UNAUTHORISED,
    403: "Access to this API is not available for your account",
    404: "Not found",
    429: RATE_TEXT,
    500: "Internal server error",
}
ANY = "*"
_NUMBER = (int, float)
_KEYS: dict[str, type | tuple[type, ...]] = {
    "endpoint": str,
    "status": int,
    "count": int,
    "nth": int,
    "every": int,
    "probability": _NUMBER,
    "seed": int,
    "after_accept": bool,
    "delay_seconds": _NUMBER,
    "slow_bytes_seconds": _NUMBER,
    "hang": bool,
    "reset": bool,
    "reason": str,
    "to": str,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One call's fate. Without a status the call only suffers delays."""

    status: int | None
    after_accept: bool
    delay_seconds: float
    slow_bytes_seconds: float
    hang: bool
    reset: bool
    body: object

    @property
    def cuts(self) -> bool:
        """Tell whether the caller gets no answer at all."""
        return self.hang or self.reset

    @property
    def lets_run(self) -> bool:
        """Tell whether the call does its work."""
        return self.after_accept or not (self.status or self.cuts)


@dataclass(slots=True)
class _Plan:
    """A row of the list; `left` counts down, None lasts until cleared."""

    row: Json
    left: int | None
    calls: int = 0
    dice: random.Random = field(default_factory=random.Random)

    def strikes(self) -> bool:
        """Count a call and tell whether it is hit."""
        self.calls += 1
        if self.calls < self.row.get("nth", 1) or self.calls % self.row.get("every", 1):
            return False
        return self.dice.random() < float(self.row.get("probability", 1))


class Faults:
    """The list given to POST /faults; the first row that hits a call decides its fate."""

    def __init__(self, on_change: Callable[[list[Json]], None]) -> None:
        self._plans: list[_Plan] = []
        self._lock = threading.Lock()
        self._on_change = on_change

    def replace(self, rows: list[Json]) -> None:
        """Take over a new list. Raises ValueError naming the row and key at fault."""
        for number, row in enumerate(rows):
            _check_row(number, row)
        with self._lock:
            self._plans = [_plan(row) for row in rows]
        self._on_change(self.rows())

    def rows(self) -> list[Json]:
        """Return what is still to come."""
        with self._lock:
            return [_picture(plan) for plan in self._plans]

    def take(self, endpoint: str, body: bytes = b"") -> Fault | None:
        """Count one call of this endpoint and return its fault; None when it shall go well.

        A row with `to` is for calls whose body names that person.
        """
        if not self._plans:
            return None
        with self._lock:
            plan = next((one for one in self._plans if _concerns(one, endpoint, body)), None)
            if plan is None:
                return None
            if plan.left is not None:
                plan.left -= 1
            self._plans = [one for one in self._plans if one.left != 0]
        self._on_change(self.rows())
        return _fault(plan.row)


def _concerns(plan: _Plan, endpoint: str, body: bytes) -> bool:
    is_meant = plan.row["endpoint"] in (endpoint, ANY) and plan.row.get("to", "").encode() in body
    return is_meant and plan.strikes()


def _plan(row: Json) -> _Plan:
    lasting = "probability" in row or "every" in row
    left = row.get("count", None if lasting else 1)
    # One seed, one series of faults; without one they are different each time.
    return _Plan(dict(row), left, dice=random.Random(row.get("seed")))


def _picture(plan: _Plan) -> Json:
    return plan.row if plan.left is None else plan.row | {"count": plan.left}


def _fault(row: Json) -> Fault:
    return Fault(
        status=row.get("status"),
        after_accept=bool(row.get("after_accept")),
        delay_seconds=float(row.get("delay_seconds", 0)),
        slow_bytes_seconds=float(row.get("slow_bytes_seconds", 0)),
        hang=bool(row.get("hang")),
        reset=bool(row.get("reset")),
        body=row["body"] if "body" in row else _default_body(row),
    )


def _default_body(row: Json) -> Json:
    if row.get("status") == 429 and row.get("reason") == "quota":
        return {"message": QUOTA_TEXT}
    return {"message": _TEXTS.get(row.get("status", 0), "Fault on demand")}


def _check_row(number: int, row: object) -> None:
    if not isinstance(row, dict) or not isinstance(row.get("endpoint"), str):
        raise ValueError(f"[{number}].endpoint is missing")
    for key, value in row.items():
        if key == "body":
            continue
        if key not in _KEYS:
            raise ValueError(f"[{number}].{key} is unknown")
        is_flag = isinstance(value, bool) and _KEYS[key] is not bool
        if is_flag or not isinstance(value, _KEYS[key]):
            raise ValueError(f"[{number}].{key} has the wrong type")
    _check_ranges(number, row)


def _check_ranges(number: int, row: Json) -> None:
    for key in ("count", "nth", "every"):
        if row.get(key, 1) < 1:
            raise ValueError(f"[{number}].{key} must be at least 1")
    for key in ("delay_seconds", "slow_bytes_seconds"):
        if not (math.isfinite(row.get(key, 0)) and row.get(key, 0) >= 0):
            raise ValueError(f"[{number}].{key} must not be negative")
    if not 0 < row.get("probability", 1) <= 1:
        raise ValueError(f"[{number}].probability must be above 0 and at most 1")
    if not 100 <= row.get("status", 200) <= 599:
        raise ValueError(f"[{number}].status must be from 100 to 599")
