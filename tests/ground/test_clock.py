"""The clock: shifted or true, always aware; the school day is Taipei's."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.clock import TAIPEI, Clock, school_day_of, taipei_clock


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
