"""After a 429 the whole channel goes slower, and comes back: 429s stay few."""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from core.delivery.headroom import Headroom
from core.delivery.outcomes import RATE_PAUSE
from core.delivery.pacing import Pacer

BUDGET = 2000.0
TICK = 0.01


@dataclass
class Limited:
    """A LINE that takes so many a second, and a sender that pushes until all are taken."""

    limit: float
    clock: float = 0.0
    room: float = 1.0
    answers: Counter[bool] = field(default_factory=Counter)

    def steady(self) -> float:
        return self.clock

    def answer(self) -> bool:
        taken = self.room >= 1
        self.room -= taken
        self.answers[taken] += 1
        return taken

    def send(self, count: int, headroom: Headroom | None) -> float:
        """Push so many; return how long it took."""
        begun, left, paused_until = self.clock, count, 0.0
        pacer = Pacer(0, self.steady)
        while left and self.clock - begun < 600:
            self.clock += TICK
            self.room = min(self.limit, self.room + self.limit * TICK)
            pacer.set_rate(headroom.within(BUDGET) if headroom else BUDGET)
            if self.clock < paused_until:
                continue
            for taken in [self.answer() for _ in range(pacer.take(left))]:
                left -= taken
                if headroom and taken:
                    headroom.note_taken()
                if not taken:
                    paused_until = self.clock + RATE_PAUSE.total_seconds()
                    if headroom:
                        headroom.cut(BUDGET)
        assert not left, "told to the last"
        return self.clock - begun


def test_few_429_where_line_takes_little() -> None:
    slow, blind = Limited(limit=10), Limited(limit=10)
    seconds = slow.send(94, Headroom(slow.steady))
    blind.send(94, None)
    # The first burst has left before LINE says a word.
    assert slow.answers[False] < 2 * 94 < blind.answers[False] / 2
    assert seconds < 60, "it uses what LINE takes"


@pytest.mark.parametrize("limit", [10, 100, 1000])
def test_burst_costs_no_more_429_than_a_tenth_once_it_is_known(limit: float) -> None:
    line = Limited(limit=limit)
    headroom = Headroom(line.steady)
    line.send(200, headroom)
    line.answers.clear()
    seconds = line.send(int(limit * 60), headroom)
    assert line.answers[False] < 0.1 * line.answers[True]
    assert seconds < 60 / 0.4, "at least two fifths of what LINE takes is used"


def test_pace_comes_back_when_line_has_recovered() -> None:
    now = [0.0]
    headroom = Headroom(lambda: now[0])
    for _ in range(5):
        headroom.cut(BUDGET)
        now[0] += 1
    low = headroom.within(BUDGET)
    assert low < BUDGET / 10
    paces = []
    for _ in range(90):
        now[0] += 1
        paces.append(headroom.within(BUDGET))
    assert paces == sorted(paces)
    assert paces[10] < BUDGET / 2
    assert paces[-1] == BUDGET


def test_without_a_429_nothing_is_held_back() -> None:
    headroom = Headroom()
    assert headroom.within(BUDGET) == BUDGET
    assert headroom.within(0) == 0


def test_answers_of_one_burst_count_once() -> None:
    headroom = Headroom(lambda: 5.0)
    for _ in range(80):
        headroom.cut(BUDGET)
    assert headroom.within(BUDGET) == BUDGET / 2
