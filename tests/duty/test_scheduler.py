"""Ticks rest in the maintenance window, but for those that only look; one that fails is told."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

import pytest
from apscheduler.executors import base as executors
from apscheduler.schedulers import base as schedulers
from sqlalchemy.exc import OperationalError

from core import clock
from core.db import snapshot
from core.duty import scheduler
from core.duty.scheduler import run_tick, run_ticks
from core.duty.tick_log import TickLog, last_ticks
from core.house import House
from tests.waiting import wait_for

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


@pytest.fixture
def set_machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Set this machine's own clock, by so much."""
    true, off = clock.own_time, timedelta()

    class Own(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return (true() + off).astimezone(tz)

    def set_by(span: timedelta) -> None:
        nonlocal off
        off = span

    for user in (schedulers, executors):
        monkeypatch.setattr(user, "datetime", Own)
    for place in (clock, scheduler):
        monkeypatch.setattr(place, "own_time", lambda: true() + off)
    return set_by


@pytest.mark.parametrize("hours", [-1, 1])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_ticks_go_on_when_the_machines_clock_is_set(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    set_machine: Callable[[timedelta], None],
    caplog: pytest.LogCaptureFixture,
    hours: int,
) -> None:
    ran, stop = threading.Semaphore(0), threading.Event()

    def count(_: House) -> None:
        ran.release()

    monkeypatch.setattr(scheduler, "TICKS", {count: 1})
    ticking = threading.Thread(target=run_ticks, args=[house, {}, (), stop])
    ticking.start()
    try:
        assert ran.acquire(timeout=30)
        set_machine(timedelta(hours=hours))
        # One may have been at work.
        wait_for(lambda: ran.acquire(timeout=1) and ran.acquire(timeout=1), "two more ticks")
    finally:
        stop.set()
        ticking.join()
    (said,) = [one for one in caplog.records if one.message == "machine's clock was set"]
    assert said.ms == pytest.approx(hours * 3_600_000, abs=1000)  # type: ignore[attr-defined]
