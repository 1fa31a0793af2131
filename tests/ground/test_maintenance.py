"""The window opens and closes to the second, and is announced beforehand."""

from datetime import datetime, time

import pytest

from core.clock import TAIPEI
from core.maintenance import Phase, Window
from core.settings import load_settings

USUAL = Window(time(0, 10), time(0, 30), 20)


def at(clock: str) -> datetime:
    """That time on a Tuesday in Taipei."""
    return datetime.fromisoformat(f"2026-11-24T{clock}").replace(tzinfo=TAIPEI)


@pytest.mark.parametrize(
    ("clock", "phase"),
    [
        ("23:49:59", Phase.NONE),
        ("23:50:00", Phase.SOON),
        ("00:00:00", Phase.SOON),
        ("00:09:59", Phase.SOON),
        ("00:10:00", Phase.NOW),
        ("00:29:59", Phase.NOW),
        ("00:29:59.999999", Phase.NOW),
        ("00:30:00", Phase.NONE),
        ("12:10:00", Phase.NONE),
    ],
)
def test_window_is_announced_opens_and_closes(clock: str, phase: Phase) -> None:
    assert USUAL.phase(at(clock)) is phase


def test_time_left_is_never_nothing() -> None:
    assert USUAL.seconds_left(at("00:10:00")) == 1200
    assert USUAL.seconds_left(at("00:29:59.900000")) == 1


def test_window_may_reach_over_midnight() -> None:
    late = Window(time(23, 50), time(0, 20), 0)
    assert late.phase(at("23:49:59")) is Phase.NONE
    assert late.phase(at("00:00:00")) is Phase.NOW
    assert late.phase(at("00:20:00")) is Phase.NONE


def test_same_time_twice_is_never() -> None:
    never = Window(time(0, 10), time(0, 10), 20)
    assert {never.phase(at(clock)) for clock in ("00:00", "00:09", "00:10", "12:00")} == {
        Phase.NONE
    }


def test_window_follows_the_clock_of_taipei_and_the_settings() -> None:
    set_ = load_settings(_env_file=None, maintenance_from="01:00", maintenance_until="01:05")
    assert Window.of(set_).phase(datetime.fromisoformat("2026-11-23T17:00:00+00:00")) is Phase.NOW
    assert Window.of(load_settings(_env_file=None)) == USUAL
