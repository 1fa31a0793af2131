"""Faults on demand: what the next calls to an endpoint shall suffer."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.people import Json

_TEXTS = {
    400: "The request body has 1 error(s)",
    401: "Authentication failed. Confirm that the access token in the authorization header"
    " is valid.",
    403: "Access to this API is not available for your account",
    404: "Not found",
    429: "The API rate limit has been exceeded. Try again later.",
    500: "Internal server error",
}
QUOTA_TEXT = "You have reached your monthly limit."
_KEYS: dict[str, type | tuple[type, ...]] = {
    "endpoint": str,
    "status": int,
    "count": int,
    "after_accept": bool,
    "delay_seconds": (int, float),
    "hang": bool,
    "reset": bool,
    "reason": str,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One call's fate. Without a status the call only suffers the delay."""

    status: int | None
    after_accept: bool
    delay_seconds: float
    hang: bool
    reset: bool
    body: object

    @property
    def cuts(self) -> bool:
        """Tell whether the caller gets no answer at all."""
        return self.hang or self.reset


class Faults:
    """The list given to POST /faults, used up in order."""

    def __init__(self, on_change: Callable[[list[Json]], None]) -> None:
        self._rows: list[Json] = []
        self._lock = threading.Lock()
        self._on_change = on_change

    def replace(self, rows: list[Json]) -> None:
        """Take over a new list. Raises ValueError naming the row and key at fault."""
        for number, row in enumerate(rows):
            _check_row(number, row)
        with self._lock:
            self._rows = [dict(row) for row in rows]
        self._on_change(self.rows())

    def rows(self) -> list[Json]:
        """Return what is still to come."""
        with self._lock:
            return [dict(row) for row in self._rows]

    def take(self, endpoint: str) -> Fault | None:
        """Return and use up one fault for this endpoint; None when it shall go well."""
        with self._lock:
            row = next((row for row in self._rows if row["endpoint"] == endpoint), None)
            if row is None:
                return None
            row["count"] = int(str(row.get("count", 1))) - 1
            self._rows = [row for row in self._rows if row.get("count", 1) != 0]
        self._on_change(self.rows())
        return _fault(row)


def _fault(row: Json) -> Fault:
    status = row.get("status")
    return Fault(
        status=status if isinstance(status, int) else None,
        after_accept=bool(row.get("after_accept")),
        delay_seconds=float(str(row.get("delay_seconds", 0))),
        hang=bool(row.get("hang")),
        reset=bool(row.get("reset")),
        body=row["body"] if "body" in row else _default_body(row),
    )


def _default_body(row: Json) -> Json:
    if row.get("status") == 429 and row.get("reason") == "quota":
        return {"message": QUOTA_TEXT}
    return {"message": _TEXTS.get(int(str(row.get("status", 0))), "Fault on demand")}


def _check_row(number: int, row: object) -> None:
    if not isinstance(row, dict) or not isinstance(row.get("endpoint"), str):
        raise ValueError(f"[{number}].endpoint is missing")
    for key, value in row.items():
        if key == "body":
            continue
        if key not in _KEYS:
            raise ValueError(f"[{number}].{key} is unknown")
        if not isinstance(value, _KEYS[key]):
            raise ValueError(f"[{number}].{key} has the wrong type")
    if row.get("count", 1) < 1:
        raise ValueError(f"[{number}].count must be at least 1")
