"""Another transaction beside one that is open: what it does meanwhile, or waits for."""

import threading
from collections.abc import Callable
from typing import Any

from sqlmodel import Session

from core.db import transaction
from core.house import House

# As long as a statement that waits for nobody is given.
MOMENT = 1.0


class Rival:
    """Another transaction, begun while ours is open; it may have to wait for ours."""

    def __init__(self, house: House, work: Callable[[Session], Any]) -> None:
        self._house, self._work = house, work
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run)

    def start(self) -> bool:
        """Begin; tell whether it was through before us."""
        self._thread.start()
        self._thread.join(MOMENT)
        return not self._thread.is_alive()

    def finish(self) -> None:
        """Wait for the end."""
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            with transaction(self._house.engine) as session:
                self._work(session)
        except Exception as error:
            self.error = error
