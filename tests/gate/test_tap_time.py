"""The effective time of a tap under every clock a reader may have."""

from datetime import datetime, timedelta

import pytest

from core.clock import TAIPEI
from core.gate.tap_time import effective_time

RECEIVED = datetime(2026, 11, 23, 7, 21, 10, tzinfo=TAIPEI)
HOUR = 3600


def _at(seconds_ago: float) -> datetime:
    return RECEIVED - timedelta(seconds=seconds_ago)


def test_true_clock_is_believed() -> None:
    assert effective_time(_at(5), RECEIVED, 0.0) == _at(5)


def test_slow_clock_is_corrected_by_its_offset() -> None:
    assert effective_time(_at(45), RECEIVED, 40.0) == _at(5)


def test_corrected_time_is_never_in_the_future() -> None:
    assert effective_time(_at(5), RECEIVED, 40.0) == RECEIVED


@pytest.mark.parametrize("offset", [8 * HOUR, -24 * HOUR, 56 * 365 * 24 * HOUR])
def test_live_tap_of_a_mad_clock_counts_when_received(offset: float) -> None:
    assert effective_time(_at(offset + 5), RECEIVED, float(offset)) == RECEIVED


@pytest.mark.parametrize("offset", [8 * HOUR, -24 * HOUR])
def test_buffered_tap_of_a_mad_clock_counts_for_nothing(offset: float) -> None:
    assert effective_time(_at(offset + 3 * HOUR), RECEIVED, float(offset)) is None


def test_unmeasured_clock_may_be_a_little_ahead() -> None:
    assert effective_time(_at(-200), RECEIVED, None) == RECEIVED


@pytest.mark.parametrize("seconds_ago", [-8 * HOUR, -301, 8 * 24 * HOUR])
def test_unmeasured_clock_far_off_counts_for_nothing(seconds_ago: float) -> None:
    assert effective_time(_at(seconds_ago), RECEIVED, None) is None


def test_buffered_tap_of_a_true_clock_keeps_its_time() -> None:
    assert effective_time(_at(3 * HOUR), RECEIVED, 1.0) == _at(3 * HOUR - 1)
