"""The one budget: however senders come, go and stall, the sum of their rates stays within it."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlmodel import col

from core.db import table_of, transaction
from core.delivery.pacing import Pacer
from core.delivery.slots import HOLD, SKEW, SLOTS, TRUSTED_SECONDS, Share
from core.delivery.tables import PushSlot, SenderSeat
from core.house import House
from tests.rival import Rival

BUDGET = 1000


class Machine:
    """A sender with a steady clock of its own, and a wall clock that may be off."""

    def __init__(self, stage: "Stage", skew: float) -> None:
        self._stage = stage
        self._skew = timedelta(seconds=skew)
        self.share = Share(BUDGET, steady=lambda: stage.seconds)

    def renew(self) -> None:
        now = self._stage.now + self._skew
        with transaction(self._stage.house.engine) as session:
            renewal = self.share.renew(session, now)
        self.share.confirm(renewal)

    def leave(self) -> None:
        with transaction(self._stage.house.engine) as session:
            self.share.let_go(session)


class Stage:
    def __init__(self, house: House) -> None:
        self.house = house
        self.start: datetime = house.clock.now()
        self.seconds = 0.0
        with transaction(house.engine) as session:
            session.execute(delete(table_of(PushSlot)))
            session.execute(delete(table_of(SenderSeat)))

    @property
    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["renew", "renew", "renew", "leave", "wait"]),
        st.integers(0, 4),
        st.floats(0, 20),
    ),
    min_size=5,
    max_size=40,
)


@given(steps=STEPS, skews=st.lists(st.floats(-0.5, 0.5), min_size=5, max_size=5))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sum_of_all_rates_never_exceeds_the_budget(
    house: House, steps: list[tuple[str, int, float]], skews: list[float]
) -> None:
    stage = Stage(house)
    machines = [Machine(stage, skew) for skew in skews]
    for what, which, seconds in steps:
        if what == "wait":
            stage.seconds += seconds
        else:
            getattr(machines[which], what)()
        rates = [one.share.rate for one in machines]
        assert sum(rates) <= BUDGET + 1e-6, rates


def _settle_down(machines: list[Machine], stage: Stage, seconds: float = 30) -> None:
    end = stage.seconds + seconds
    while stage.seconds < end:
        for one in machines:
            one.renew()
        stage.seconds += 1.5


def test_one_sender_alone_has_it_all(house: House) -> None:
    stage = Stage(house)
    machine = Machine(stage, 0)
    machine.renew()
    assert machine.share.rate == BUDGET


@pytest.mark.parametrize("number", [3, 4])
def test_senders_come_to_equal_shares_and_leave_nothing_over(house: House, number: int) -> None:
    stage = Stage(house)
    machines = [Machine(stage, 0) for _ in range(number)]
    machines[0].renew()
    _settle_down(machines, stage)
    rates = [one.share.rate for one in machines]
    assert sum(rates) == BUDGET
    assert max(rates) - min(rates) <= BUDGET / SLOTS


def test_share_of_a_dead_sender_comes_to_the_others(house: House) -> None:
    stage = Stage(house)
    machines = [Machine(stage, 0) for _ in range(2)]
    _settle_down(machines, stage)
    survivor = machines[0]
    _settle_down([survivor], stage, seconds=(HOLD + SKEW).total_seconds() + 6)
    assert survivor.share.rate == BUDGET
    assert machines[1].share.rate == 0


def test_clock_that_is_ahead_takes_no_slot_that_is_still_used(house: House) -> None:
    stage = Stage(house)
    dead, heir = Machine(stage, 0), Machine(stage, SKEW.total_seconds())
    dead.renew()
    stage.seconds += HOLD.total_seconds()
    heir.renew()
    assert heir.share.rate == 0
    stage.seconds += 0.1
    heir.renew()
    assert (dead.share.rate, heir.share.rate) == (0, BUDGET)


def test_sender_that_stalled_keeps_what_nobody_took(house: House) -> None:
    stage = Stage(house)
    machine = Machine(stage, 0)
    machine.renew()
    stage.seconds += HOLD.total_seconds() + 0.5
    machine.renew()
    assert machine.share.rate == BUDGET


@pytest.mark.parametrize("ahead", [30, 8 * 3600])
def test_share_of_one_that_died_by_a_clock_ahead_comes_to_the_next(
    house: House, ahead: float
) -> None:
    stage = Stage(house)
    dead, survivor = Machine(stage, ahead), Machine(stage, 0)
    dead.renew()
    _settle_down([survivor], stage, seconds=60)
    assert survivor.share.rate == BUDGET


def test_sender_that_leaves_gives_its_share_back_at_once(house: House) -> None:
    stage = Stage(house)
    machines = [Machine(stage, 0) for _ in range(3)]
    _settle_down(machines, stage)
    machines[2].leave()
    for one in machines:
        if one is not machines[2]:
            one.renew()
    assert [one.share.rate for one in machines] == [BUDGET / 2, BUDGET / 2, 0]


def test_what_is_given_up_counts_no_more_before_another_may_take_it(house: House) -> None:
    stage = Stage(house)
    mine, other = Machine(stage, 0), Machine(stage, 0)
    mine.renew()
    other.renew()
    with transaction(house.engine) as session:
        mine.share.renew(session, stage.now)
        assert mine.share.rate == BUDGET / 2
    other.renew()
    assert other.share.rate == BUDGET / 2


@pytest.mark.parametrize("is_cut", [False, True])
def test_senders_that_begin_at_once_hold_no_slot_twice(house: House, is_cut: bool) -> None:
    stage = Stage(house)
    mine, other = Machine(stage, 0), Machine(stage, 0)
    if is_cut:
        mine.renew()
        mine.leave()
    rival = Rival(house, lambda session: theirs.append(other.share.renew(session, stage.now)))
    theirs: list[tuple[float, int]] = []
    with transaction(house.engine) as session:
        renewal = mine.share.renew(session, stage.now)
        rival.start()
    rival.finish()
    assert rival.error is None
    assert (renewal[1], theirs[0][1]) == (SLOTS, 0)


def test_sender_that_stalled_does_not_push_on_its_old_share(house: House) -> None:
    stage = Stage(house)
    machine = Machine(stage, 0)
    machine.renew()
    stage.seconds += TRUSTED_SECONDS
    assert machine.share.rate == 0


def test_pacer_follows_its_rate() -> None:
    now = [0.0]
    pacer = Pacer(0, steady=lambda: now[0])
    assert pacer.take(5) == 0
    pacer.set_rate(100)
    taken = []
    for _ in range(1000):
        now[0] += 0.01
        taken.append(pacer.take(16))
    assert 1000 <= sum(taken) <= 1011
    pacer.set_rate(0)
    now[0] += 60
    assert pacer.take(5) == 0


def test_sender_that_leaves_and_one_that_renews_never_wait_in_a_circle(house: House) -> None:
    stage = Stage(house)
    mine, other = Machine(stage, 0), Machine(stage, 0)
    mine.renew()
    with transaction(house.engine) as session:
        # Its slots are the first and the last, which in the table lie the other way round now.
        session.execute(update(PushSlot).values(holder=None))
        for number in (SLOTS - 1, 0):
            its = update(PushSlot).where(col(PushSlot.number) == number)
            session.execute(its.values(holder=mine.share.holder))
    renewing = Rival(house, lambda session: other.share.renew(session, stage.now))
    leaving = Rival(house, mine.share.let_go)
    with transaction(house.engine) as session:
        between = select(PushSlot).where(col(PushSlot.number) == 1)
        session.execute(between.with_for_update())
        renewing.start()
        leaving.start()
    for one in (renewing, leaving):
        one.finish()
        assert one.error is None
