"""The message plan: how many people may be reached a month, and how many were."""

from collections import Counter
from datetime import datetime, timedelta, timezone

from sandbox.people import Json


def zone_of(hours: float) -> timezone:
    """Return the zone in which days and months turn."""
    return timezone(timedelta(hours=hours))


class Quota:
    """Counts people, not message objects; replies are free. Callers hold the world's lock.

    Source: LINE docs, daily counts are in UTC+9; the month is taken to turn with them.
    """

    def __init__(self, zone_hours: float = 9) -> None:
        self.zone = zone_of(zone_hours)
        self.reset()

    def reset(self) -> None:
        """Go back to a plan without a limit and no use."""
        self.limit: int | None = None
        self._months: Counter[str] = Counter()
        self._days: Counter[str] = Counter()

    def has_room(self, people: int, now: datetime) -> bool:
        """Tell whether so many more people may be reached this month."""
        return self.limit is None or self.used(now) + people <= self.limit

    def used(self, now: datetime) -> int:
        """Return how many people were reached in the current billing month."""
        return self._months[self.day(now)[:6]]

    def set_used(self, used: int, now: datetime) -> None:
        """Set the current month's use."""
        self._months[self.day(now)[:6]] = used

    def count(self, kind: str, people: int, *, billed: int, now: datetime) -> None:
        """Book one accepted send."""
        day = self.day(now)
        self._months[day[:6]] += billed
        self._days[f"{kind} {day}"] += people

    def sent_on(self, kind: str, day: str) -> int:
        """Return how many were sent that day (yyyyMMdd, UTC+9)."""
        return self._days[f"{kind} {day}"]

    def day(self, now: datetime) -> str:
        """Return the billing day as yyyyMMdd."""
        local = now.astimezone(self.zone)
        return f"{local.year:04}{local.month:02}{local.day:02}"

    def dump(self) -> Json:
        """Return everything, for the state file."""
        return {"limit": self.limit, "months": dict(self._months), "days": dict(self._days)}

    def load(self, data: Json) -> None:
        """Take over what dump returned."""
        self.limit = data["limit"]
        self._months, self._days = Counter(data["months"]), Counter(data["days"])
