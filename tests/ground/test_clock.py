"""The clock: shifted or true, always aware; the school day is Taipei's."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core import clock as clocks
from core.clock import TAIPEI, Clock, school_day_of, steady_time, taipei_clock


def test_shifted_clock_starts_where_told_and_runs_on() -> None:
    start = datetime(2026, 11, 23, 7, 20, tzinfo=TAIPEI)
    clock = Clock(start)
    assert timedelta(0) <= clock.now() - start < timedelta(seconds=5)
    assert clock.now().tzinfo is UTC


def test_true_clock_tells_the_time() -> None:
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_naive_start_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        Clock(datetime(2026, 11, 23, 7, 20))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("moment", "day", "clock"),
    [
        ("2026-11-22T16:00:00+00:00", date(2026, 11, 23), "00:00"),
        ("2026-11-23T15:59:59+00:00", date(2026, 11, 23), "23:59"),
        ("2028-02-28T16:30:00+00:00", date(2028, 2, 29), "00:30"),
        ("2026-12-31T23:30:00+00:00", date(2027, 1, 1), "07:30"),
    ],
)
def test_school_day_and_time_are_taipeis(moment: str, day: date, clock: str) -> None:
    at = datetime.fromisoformat(moment)
    assert (school_day_of(at), taipei_clock(at)) == (day, clock)


def test_clock_goes_by_the_one_it_follows_however_its_own_jumps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noon = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    clock = Clock()
    clock.follow(noon, steady_time())
    monkeypatch.setattr(clocks, "own_time", lambda: noon + timedelta(hours=2))
    assert timedelta(0) <= clock.now() - noon < timedelta(seconds=5)


def test_clock_that_follows_keeps_its_shift() -> None:
    noon, morning = (datetime(2026, 11, 23, hour, 0, tzinfo=UTC) for hour in (12, 7))
    clock = Clock()
    clock.follow(noon, steady_time())
    clock.move_to(morning)
    clock.follow(noon + timedelta(seconds=60), steady_time())
    assert abs(clock.now() - morning - timedelta(seconds=60)) < timedelta(seconds=5)
