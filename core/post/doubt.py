"""Doubting a carrier that says of one address after another that it is gone."""

import threading
from datetime import datetime, timedelta

from core.post.answer import About, Answer, Outcome

# So many in a row are not gone at once: the carrier has something against us.
MOST_GONE = 5
# So long one that is not believed to be gone waits, so that others are tried before it.
OTHERS_FIRST = timedelta(minutes=10)
# Tried once more so long before its end, where that is nearer.
LAST_TRY = timedelta(minutes=2)
# As long as the carrier is left in peace.
PAUSE = timedelta(seconds=60)


class Doubt:
    """Believe that some addresses are gone, but not that all are. Several threads may ask."""

    def __init__(self) -> None:
        self._gone = 0
        self._counting = threading.Lock()

    def weigh(self, answer: Answer) -> Answer:
        """Return the answer as it is to be taken: STOPPED where it is not believed any more.

        It goes on to be about the address.
        """
        with self._counting:
            if answer.outcome is Outcome.ACCEPTED:
                self._gone = 0
            if answer.outcome is not Outcome.REFUSED or answer.about is not About.ADDRESS:
                return answer
            self._gone += 1
            if self._gone <= MOST_GONE:
                return answer
        return Answer(Outcome.STOPPED, answer.reason, about=About.ADDRESS)


def next_try(answer: Answer, now: datetime, expires_at: datetime) -> datetime:
    """Return when what was STOPPED is due again: a doubted one after others, before its end."""
    if answer.about is not About.ADDRESS:
        return now + PAUSE
    return max(now + PAUSE, min(now + OTHERS_FIRST, expires_at - LAST_TRY))
