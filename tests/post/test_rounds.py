"""Rounds of a sender: what was claimed and never begun is let go of, whatever fails."""

import threading
from collections.abc import Sequence
from datetime import timedelta

import pytest

from core.post.answer import About, Answer, Outcome
from core.post.rounds import HANDS, Rounds
from tests.conftest import MONDAY_MORNING, FixedClock
from tests.waiting import wait_for

PAUSES = {Outcome.LATER: timedelta(seconds=5)}
BATCH = list(range(3 * HANDS))


class Carrier:
    """Batches of numbers: what was begun, let go of, and how often which step fails."""

    def __init__(self, *, bad: int = -1, failures_to_let_go: int = 0) -> None:
        self.clock = FixedClock(MONDAY_MORNING)
        self.rounds = Rounds[int]("test", self._turn, self._let_go, clock=self.clock, pauses=PAUSES)
        self.begun: set[int] = set()
        self.let_go: list[int] = []
        self.answer = Answer(Outcome.ACCEPTED, "taken")
        self.sleeps = timedelta()
        self._batches = [BATCH]
        self._bad = bad
        self._failures = failures_to_let_go

    def again(self) -> None:
        """Let the same be due once more."""
        self._batches = [BATCH]

    def _turn(self) -> int:
        outs = self._batches.pop() if self._batches else []
        self.rounds.send_all(outs, self._send)
        return len(outs)

    def _send(self, out: int) -> Answer:
        self.begun.add(out)
        self.clock.move_to(self.clock.now() + self.sleeps)
        if out == self._bad:
            raise LookupError("not written down")
        return self.answer

    def _let_go(self, outs: Sequence[int]) -> None:
        if self._failures:
            self._failures -= 1
            raise ConnectionError("database away")
        self.let_go += outs


def test_failure_to_settle_one_lets_go_of_those_never_begun() -> None:
    carrier = Carrier(bad=HANDS)
    with pytest.raises(LookupError):
        carrier.rounds.drain()
    assert (carrier.begun, carrier.let_go) == (set(BATCH[: 2 * HANDS]), BATCH[2 * HANDS :])


def test_what_could_not_be_let_go_of_is_at_the_next_round() -> None:
    carrier = Carrier(bad=0, failures_to_let_go=2)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            carrier.rounds.drain()
    assert carrier.rounds.drain() == 0
    assert carrier.let_go == BATCH[HANDS:]


def test_carrier_that_wants_a_pause_gets_it() -> None:
    carrier = Carrier()
    carrier.answer = Answer(Outcome.LATER, "busy")
    assert carrier.rounds.drain() == len(BATCH)
    assert (carrier.begun, carrier.let_go) == (set(BATCH[:HANDS]), BATCH[HANDS:])
    carrier.again()
    assert carrier.rounds.drain() == 0
    carrier.clock.move_to(MONDAY_MORNING + PAUSES[Outcome.LATER])
    carrier.answer = Answer(Outcome.LATER, "this one only", about=About.ADDRESS)
    assert carrier.rounds.drain() == len(BATCH)
    assert carrier.begun == set(BATCH)


def test_machine_that_slept_over_its_leases_begins_nothing_more() -> None:
    carrier = Carrier()
    carrier.sleeps = timedelta(minutes=10)
    assert carrier.rounds.drain() == len(BATCH)
    assert (carrier.begun, carrier.let_go) == (set(BATCH[:HANDS]), BATCH[HANDS:])


def test_stop_lets_go_of_the_rest() -> None:
    carrier = Carrier()
    carrier.rounds.stop.set()
    assert carrier.rounds.drain() == len(BATCH)
    assert (carrier.begun, carrier.let_go) == (set(), BATCH)


def test_failed_round_is_said_and_the_work_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    carrier, stop = Carrier(bad=0), threading.Event()
    turn = threading.Thread(target=carrier.rounds.run, args=[stop])
    turn.start()
    wait_for(lambda: carrier.let_go, "the rest to be let go of")
    stop.set()
    turn.join()
    assert [one.message for one in caplog.records] == ["a round failed"]
