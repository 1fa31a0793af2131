"""The message plan: how many people may be reached a month, and how many were."""

from collections import Counter
from datetime import datetime, timedelta, timezone

# Source: LINE docs, daily counts are in UTC+9; the month is taken to turn with them.
BILLING_ZONE = timezone(timedelta(hours=9))


class Quota:
    """Counts people, not message objects; replies are free. Callers hold the world's lock."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Go back to a plan without a limit and no use."""
        self.limit: int | None = None
        self._months: Counter[str] = Counter()
        self._days: Counter[tuple[str, str]] = Counter()

    def has_room(self, people: int, now: datetime) -> bool:
        """Tell whether so many more people may be reached this month."""
        return self.limit is None or self.used(now) + people <= self.limit

    def used(self, now: datetime) -> int:
        """Return how many people were reached in the current billing month."""
        return self._months[now.astimezone(BILLING_ZONE).strftime("%Y%m")]

    def set_used(self, used: int, now: datetime) -> None:
        """Set the current month's use."""
        self._months[now.astimezone(BILLING_ZONE).strftime("%Y%m")] = used

    def count(self, kind: str, people: int, *, billed: int, now: datetime) -> None:
        """Book one accepted send."""
        local = now.astimezone(BILLING_ZONE)
        self._months[local.strftime("%Y%m")] += billed
        self._days[(kind, local.strftime("%Y%m%d"))] += people

    def sent_on(self, kind: str, day: str) -> int:
        """Return how many were sent that day (yyyyMMdd, UTC+9)."""
        return self._days[(kind, day)]
