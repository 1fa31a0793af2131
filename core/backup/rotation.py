"""Which backups stay: all of the last hour, one an hour of the last day, then one a day."""

from collections.abc import Collection
from datetime import datetime, timedelta

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def superfluous(taken: Collection[datetime], now: datetime, kept: timedelta) -> set[datetime]:
    """Return the moments whose backups may go; the newest one always stays.

    `kept` is how old the oldest may be: what people deleted must not outlive it.
    """
    stay: dict[object, datetime] = {}
    for at in sorted(taken):
        if now - at <= kept:
            # The first of each hour or day is the one that stays.
            stay.setdefault(_slot(at, now), at)
    newest = {max(taken)} if taken else set()
    return set(taken) - set(stay.values()) - newest


def _slot(at: datetime, now: datetime) -> object:
    age = now - at
    if age <= HOUR:
        return at
    return ("hour", at.date(), at.hour) if age <= DAY else ("day", at.date())
