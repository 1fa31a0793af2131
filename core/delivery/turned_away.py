"""Whom LINE turned away with a 429: they wait longer and longer, the others' pace stays whole.

A 429 may mean that we are too fast, or that one person got too many messages, and LINE does not say
which. It is our pace where within ten seconds several people were turned away, and more than one
for each hundred pushes taken. Source: LINE docs, "Send push message", error responses.
"""

from collections import deque
from datetime import datetime, timedelta
from itertools import islice

from core.delivery.retry import DELAYS_SECONDS

WITHIN = timedelta(seconds=10)
SEVERAL = 3
TAKEN_PER_PERSON = 100
# However much LINE takes: so many at once are no chance.
MOST_NEEDED = 20
# Who was turned away so long ago begins anew.
FORGET = timedelta(minutes=10)
# What LINE takes at most within that time.
MOST_TAKEN = 20_000


class TurnedAway:
    """Remember who was turned away lately, and how much LINE took meanwhile; for one sender."""

    def __init__(self) -> None:
        # By person, the last one turned away at the end.
        self._lately: dict[str, datetime] = {}
        self._rests: dict[str, tuple[int, datetime]] = {}
        self._taken: deque[datetime] = deque(maxlen=MOST_TAKEN)

    def note_taken(self, person: str, now: datetime) -> None:
        """Take in that LINE took a push for them: they wait no more."""
        self._rests.pop(person, None)
        self._taken.append(now)
        self._drop_old(now)

    def pause_of(self, person: str, now: datetime) -> timedelta:
        """Take in a 429 for them; return how long they wait. Those of one burst count once."""
        self._lately.pop(person, None)
        self._lately[person] = now
        rests, until = self._rests.pop(person, (0, now))
        if now >= until:
            until = now + timedelta(seconds=DELAYS_SECONDS[min(rests, len(DELAYS_SECONDS) - 1)])
            rests += 1
        self._rests[person] = rests, until
        self._forget(now)
        return until - now

    def forgive(self, person: str) -> None:
        """Let them wait no longer than everybody: it was our pace."""
        self._rests.pop(person, None)

    def is_our_pace(self, now: datetime) -> bool:
        """Tell whether so many were turned away that all have to go slower."""
        self._drop_old(now)
        share = len(self._taken) // TAKEN_PER_PERSON + 1
        enough = max(SEVERAL, min(share, MOST_NEEDED))
        nth_last = next(islice(reversed(self._lately.values()), enough - 1, None), None)
        return nth_last is not None and now - nth_last <= WITHIN

    def _drop_old(self, now: datetime) -> None:
        while self._taken and now - self._taken[0] > WITHIN:
            self._taken.popleft()

    def _forget(self, now: datetime) -> None:
        for person, at in list(islice(self._lately.items(), 2)):
            if now - at > FORGET:
                self._rests.pop(person, None)
                del self._lately[person]
