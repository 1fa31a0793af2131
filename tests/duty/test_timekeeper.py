"""Going by the database's clock: of several answers the quickest is nearest to the truth."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core import clock
from core.clock import Clock, steady_time
from core.duty import timekeeper
from core.duty.commands import opened
from core.duty.timekeeper import Look, heed_database, keep_time
from core.house import House
from core.settings import load_settings
from tests.waiting import wait_for

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
# Seconds the answer was under way, and what it said.
Answer = tuple[float, datetime]


@pytest.fixture
def told(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[[Sequence[Answer]], House]:
    """Return a house whose database answers so."""

    def tell(answers: Sequence[Answer]) -> House:
        coming: Iterator[Answer] = iter(answers)

        def look(_session: object) -> Look:
            took, said = next(coming)
            return Look(took, steady_time(), said)

        monkeypatch.setattr(timekeeper, "_look", look)
        return replace(house, clock=Clock())

    return tell


def test_clock_goes_by_the_quickest_answer(told: Callable[[Sequence[Answer]], House]) -> None:
    late = NOON - timedelta(hours=1)
    house = told([(0.6, late), (0.4, late), (0.002, NOON), (0.3, late), (0.1, late)])
    assert heed_database(house)
    assert timedelta(0) <= house.clock.now() - NOON < timedelta(minutes=30)


def test_answers_that_were_all_long_under_way_are_not_heeded(
    told: Callable[[Sequence[Answer]], House],
) -> None:
    house = told([(1.5, NOON)] * 5)
    assert not heed_database(house)
    assert abs(house.clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_machine_that_was_halted_is_right_within_seconds(house: House) -> None:
    house, stop = replace(house, clock=Clock()), threading.Event()

    def is_behind() -> bool:
        return datetime.now(UTC) - house.clock.now() > timedelta(minutes=5)

    house.clock.follow(NOON, steady_time())
    keeper = threading.Thread(target=keep_time, args=[house, stop])
    keeper.start()
    try:
        wait_for(lambda: house.clock.now() > NOON + timedelta(hours=1), "the first look")
        house.clock.follow(datetime.now(UTC) - timedelta(minutes=10), steady_time())
        resumed_at = time.monotonic()
        wait_for(lambda: not is_behind(), "the next look")
    finally:
        stop.set()
        keeper.join()
    assert time.monotonic() - resumed_at < 30


def test_command_on_a_machine_whose_clock_is_off_goes_by_the_databases(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "own_time", lambda: datetime.now(UTC) + timedelta(minutes=5))
    with opened(load_settings(_env_file=None, database_url=database_url, clock_now=None)) as house:
        assert abs(house.clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
