"""School days: the office calendar, and our own rows above it."""

from datetime import date

import pytest

from core.calendar.school_days import is_school_day
from core.calendar.tables import CalendarDay
from core.db import transaction
from core.house import House


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2026, 10, 9), False),
        (date(2026, 12, 25), False),
        (date(2027, 1, 1), False),
        (date(2024, 2, 17), True),
        (date(2024, 2, 29), True),
    ],
    ids=["friday", "saturday", "national", "constitution", "new year", "make-up", "leap day"],
)
def test_office_calendar_is_the_base(house: House, day: date, is_open: bool) -> None:
    with transaction(house.engine) as session:
        assert is_school_day(session, "353607", day) is is_open


def test_own_rows_win_and_the_narrower_scope_wins_over_the_city(house: House) -> None:
    friday = date(2026, 11, 27)
    with transaction(house.engine) as session:
        for scope, is_open in (("city", False), ("353607", True)):
            session.add(
                CalendarDay(
                    scope=scope,
                    day=friday,
                    is_open=is_open,
                    reason="運動會",
                    source="test",
                    recorded_at=house.clock.now(),
                )
            )
        session.flush()
        assert is_school_day(session, "353607", friday)
        assert not is_school_day(session, "343502", friday)
