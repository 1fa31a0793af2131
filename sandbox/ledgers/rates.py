"""LINE's rate limits: a token bucket for each endpoint."""

import threading
from dataclasses import dataclass
from datetime import datetime

# Calls and the seconds in which so many come back. Source: LINE docs, "Rate limits".
LIMITS: dict[str, tuple[int, float]] = {
    "multicast": (200, 1),
    "narrowcast": (60, 3600),
    "broadcast": (60, 3600),
    "loading": (100, 1),
    "webhook_endpoint": (1000, 60),
    "webhook_test": (60, 3600),
    "richmenu_create": (100, 3600),
    "richmenu_delete": (100, 3600),
    "richmenu_alias_delete": (100, 3600),
    "richmenu_batch": (3, 3600),
    "richmenu_list": (10, 1),
}
USUAL = (2000, 1.0)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: datetime


class Rates:
    """All buckets, filled by the sandbox's clock; a limit of None lets everything pass."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Fill all buckets and go back to LINE's limits."""
        self._buckets: dict[str, _Bucket] = {}
        self._changed: dict[str, tuple[int, float] | None] = {}

    def change(self, endpoint: str, limit: tuple[int, float] | None) -> None:
        """Give an endpoint another limit: (calls, seconds)."""
        with self._lock:
            self._changed[endpoint] = limit
            self._buckets.pop(endpoint, None)

    def take(self, endpoint: str, now: datetime) -> bool:
        """Use up one call; tell whether the limit allowed it."""
        with self._lock:
            limit = self._changed.get(endpoint, LIMITS.get(endpoint, USUAL))
            if limit is None:
                return True
            calls, seconds = limit
            bucket = self._buckets.get(endpoint)
            if bucket is None:
                bucket = self._buckets[endpoint] = _Bucket(calls, now)
            # A clock set back must not empty the bucket.
            passed = max(0.0, (now - bucket.filled_at).total_seconds())
            bucket.tokens = min(float(calls), bucket.tokens + passed * calls / seconds)
            bucket.filled_at = now
            if bucket.tokens < 1:
                return False
            bucket.tokens -= 1
            return True
