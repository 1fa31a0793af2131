"""Requests that wait at one moment go to the database together (group commit).

While one group is at work the next one gathers, so the busier it is, the larger the group and
the less each costs. Nobody is answered before the commit.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from core.db import is_unanswered

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Item, Answer]):
    item: Item
    wake: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    # What stands here is raised: one that was forgotten must not look as if it were stored.
    outcome: Answer | Exception = field(default_factory=lambda: RuntimeError("never done"))


class Together(Generic[Item, Answer]):
    """One line of requests; whoever is first in it works for all that wait with it.

    `work` takes the items together and returns an outcome for each: its answer, or what to raise.
    Where it raises itself, nothing of the group was done, and each is tried alone: one request that
    can't be written must not take its neighbours with it. Where the database did not answer, all
    get its error at once: asked again for each it would keep them, and those behind them, waiting.

    As many as went together last time are waited for, `patience` seconds at most: in a rush they
    are about to come again. Where each came alone, nobody is waited for.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Answer | Exception]],
        most: int,
        patience: float = 0.0,
    ) -> None:
        self._work = work
        self._most = most
        self._patience = patience
        self._lock = threading.Condition()
        self._line: deque[_Waiting[Item, Answer]] = deque()
        self._is_led = False
        self._last = 1

    def __len__(self) -> int:
        """Return how many wait, not counting those being worked on."""
        with self._lock:
            return len(self._line)

    def submit(self, item: Item) -> Answer:
        """Return the item's answer once the work is done, or raise what became of it instead."""
        mine: _Waiting[Item, Answer] = _Waiting(item)
        with self._lock:
            self._line.append(mine)
            self._lock.notify()
            mine.leads, self._is_led = not self._is_led, True
        if not mine.leads:
            mine.wake.wait()
        if mine.leads:
            self._lead()
        if isinstance(mine.outcome, Exception):
            raise mine.outcome
        return mine.outcome

    def _lead(self) -> None:
        """Work for one group, which the leader heads, and hand the lead to the next in line."""
        with self._lock:
            self._lock.wait_for(lambda: len(self._line) >= self._last, self._patience)
            group = [self._line.popleft() for _ in range(min(len(self._line), self._most))]
            self._last = len(group)
        try:
            self._settle(group)
        finally:
            with self._lock:
                following = self._line[0] if self._line else None
                self._is_led = following is not None
            for one in group:
                one.wake.set()
            if following is not None:
                following.leads = True
                following.wake.set()

    def _settle(self, group: Sequence[_Waiting[Item, Answer]]) -> None:
        try:
            outcomes = self._work([one.item for one in group])
        except Exception as error:
            if len(group) > 1 and not is_unanswered(error):
                for one in group:
                    self._settle([one])
                return
            outcomes = [error] * len(group)
        for one, outcome in zip(group, outcomes, strict=True):
            one.outcome = outcome
