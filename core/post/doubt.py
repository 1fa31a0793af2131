"""Doubting a carrier that says of one address after another that it is gone."""

import threading

from core.post.answer import About, Answer, Outcome

# So many in a row are not gone at once: the carrier has something against us.
MOST_GONE = 5


class Doubt:
    """Believe that some addresses are gone, but not that all are. Several threads may ask."""

    def __init__(self) -> None:
        self._gone = 0
        self._counting = threading.Lock()

    def weigh(self, answer: Answer) -> Answer:
        """Return the answer as it is to be taken: STOPPED where it is not believed any more."""
        with self._counting:
            if answer.outcome is Outcome.ACCEPTED:
                self._gone = 0
            if answer.outcome is not Outcome.REFUSED or answer.about is not About.ADDRESS:
                return answer
            self._gone += 1
            if self._gone <= MOST_GONE:
                return answer
        return Answer(Outcome.STOPPED, answer.reason)
