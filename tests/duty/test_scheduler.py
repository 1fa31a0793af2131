"""Ticks rest in the maintenance window, but for those that only look; one that fails is told."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from core.db import snapshot
from core.duty.scheduler import run_tick
from core.duty.tick_log import TickLog, last_ticks
from core.house import House

MIDNIGHT = datetime.fromisoformat("2026-11-23T00:00:00+08:00")


def ran(house: House, minute: int, *, rests: bool = True) -> bool:
    """Whether a tick at that minute after midnight did its work."""
    worked: list[House] = []

    def work(of: House) -> None:
        worked.append(of)

    house.clock.move_to(MIDNIGHT + timedelta(minutes=minute))
    run_tick(work, house, TickLog(), rests=rests)
    return bool(worked)


@pytest.mark.parametrize(("minute", "works"), [(9, True), (10, False), (29, False), (30, True)])
def test_ticks_rest_from_ten_past_midnight_until_half_past(
    house: House, minute: int, works: bool
) -> None:
    assert ran(house, minute) is works


def test_who_only_looks_goes_on_in_the_window(house: House) -> None:
    assert ran(house, 20, rests=False)


def test_tick_that_rests_is_not_taken_for_one_that_stands_still(house: House) -> None:
    house.clock.move_to(MIDNIGHT + timedelta(minutes=20))
    log = TickLog()

    def watch(_: House) -> None:
        raise AssertionError("it rests")

    run_tick(watch, house, log, rests=True)
    log.store_ticks(house)
    with snapshot(house.engine) as session:
        assert last_ticks(session) == {"watch": house.clock.now()}


def test_database_that_is_away_is_one_line_in_the_log(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    def ask(_: House) -> None:
        raise OperationalError("SELECT 1", {}, ConnectionRefusedError())

    run_tick(ask, house, TickLog(), rests=False)
    (said,) = caplog.records
    assert (said.message, said.exc_info) == ("tick failed", None)
    assert (said.action, said.error_type) == ("ask", "ConnectionRefusedError")  # type: ignore[attr-defined]
