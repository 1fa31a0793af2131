"""School days: layers from our own days down to the public holidays, the narrowest first."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event

from core.calendar.breaks import school_year_of
from core.calendar.school_days import DayStatus, day_statuses, is_school_day
from core.calendar.tables import OfficeDay
from core.clock import TAIPEI, school_day_of
from core.db import transaction
from core.house import House
from core.people.roster import CANARY_SCHOOL
from tests.calendar.rows import FRIDAY, NOW, SCHOOL, put_day, put_term, status_of
from tests.factories import make_school


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2026, 10, 9), False),
        (date(2026, 12, 25), False),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), False),
        (date(2024, 2, 17), True),
        (date(2024, 2, 29), True),
        (date(2028, 2, 29), True),
    ],
    ids=[
        "friday",
        "saturday",
        "national",
        "constitution",
        "new year's eve",
        "new year",
        "make-up saturday",
        "leap day",
        "next leap day",
    ],
)
def test_public_calendar_is_the_base(house: House, day: date, is_open: bool) -> None:
    with transaction(house.engine) as session:
        assert is_school_day(session, SCHOOL, day) is is_open


def test_canary_has_no_lessons_whose_silence_could_alarm_a_school(house: House) -> None:
    with transaction(house.engine) as session:
        assert not is_school_day(session, CANARY_SCHOOL, FRIDAY)


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2026, 6, 30), ""),
        (date(2026, 7, 1), "暑假"),
        (date(2026, 8, 28), "暑假"),
        (date(2026, 8, 31), ""),
        (date(2027, 1, 20), ""),
        (date(2027, 1, 21), "寒假"),
        (date(2027, 2, 10), "寒假"),
        (date(2027, 2, 22), ""),
    ],
)
def test_statutory_breaks_hold_where_no_term_is_known(house: House, day: date, reason: str) -> None:
    with transaction(house.engine) as session:
        assert status_of(session, day) == DayStatus(not reason, reason)


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2026, 8, 28), "暑假"),
        (date(2026, 8, 31), ""),
        (date(2027, 1, 20), ""),
        (date(2027, 1, 22), "寒假"),
        (date(2027, 2, 19), "寒假"),
        (date(2027, 2, 22), ""),
        (date(2027, 6, 30), ""),
        (date(2027, 7, 1), "暑假"),
    ],
)
def test_days_outside_every_term_are_breaks(house: House, day: date, reason: str) -> None:
    with transaction(house.engine) as session:
        put_term(session, 1, date(2026, 8, 31), date(2027, 1, 20))
        put_term(session, 2, date(2027, 2, 22), date(2027, 6, 30))
        assert status_of(session, day) == DayStatus(not reason, reason)


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2027, 1, 19), "寒假"),
        (date(2027, 2, 10), "寒假"),
        (date(2027, 2, 22), ""),
        (date(2027, 7, 1), "暑假"),
    ],
)
def test_missing_second_term_begins_by_the_statutory_frame(
    house: House, day: date, reason: str
) -> None:
    with transaction(house.engine) as session:
        put_term(session, 1, date(2026, 8, 31), date(2027, 1, 15))
        assert status_of(session, day) == DayStatus(not reason, reason)


def test_term_that_begins_in_august_is_of_the_school_year_that_begins(house: House) -> None:
    assert [school_year_of(date(2026, *day)) for day in ((7, 31), (8, 1))] == [114, 115]
    with transaction(house.engine) as session:
        put_term(session, 1, date(2026, 8, 24), date(2027, 1, 20))
        assert status_of(session, date(2026, 8, 24)) == DayStatus(True)


def test_missing_first_term_ends_by_the_statutory_frame(house: House) -> None:
    with transaction(house.engine) as session:
        put_term(session, 2, date(2027, 2, 22), date(2027, 6, 30))
        assert status_of(session, FRIDAY).is_open
        assert status_of(session, date(2027, 2, 19)) == DayStatus(False, "寒假")


def test_narrowest_term_wins_for_its_grade_only(house: House) -> None:
    """Those who graduate leave in the middle of June."""
    with transaction(house.engine) as session:
        put_term(session, 2, date(2027, 2, 22), date(2027, 6, 30))
        put_term(session, 2, date(2027, 2, 22), date(2027, 6, 11), scope=f"{SCHOOL}/6")
        day = date(2027, 6, 15)
        assert status_of(session, day, grade=6) == DayStatus(False, "暑假")
        assert status_of(session, day, grade=5).is_open


@pytest.mark.parametrize("day", [date(2026, 1, n) for n in (21, 22, 23)])
def test_make_up_days_open_inside_the_winter_break(house: House, day: date) -> None:
    with transaction(house.engine) as session:
        put_term(session, 1, date(2025, 9, 1), date(2026, 1, 20), year=114)
        put_term(session, 2, date(2026, 2, 23), date(2026, 6, 30), year=114)
        assert status_of(session, day) == DayStatus(False, "寒假")
        put_day(session, "city", day, True, "補課")
        assert status_of(session, day) == DayStatus(True, "補課")


def test_office_file_wins_over_the_library_and_breaks_over_both(house: House) -> None:
    saturday, in_summer = date(2026, 11, 28), date(2026, 7, 6)
    with transaction(house.engine) as session:
        for day in (saturday, in_summer):
            session.add(
                OfficeDay(
                    day=day,
                    is_open=True,
                    remark="補行上班",
                    source="115.csv",
                    recorded_by="operator",
                    recorded_at=NOW,
                )
            )
        session.flush()
        assert status_of(session, saturday) == DayStatus(True, "補行上班")
        assert status_of(session, in_summer) == DayStatus(False, "暑假")


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (f"{SCHOOL}/6", SCHOOL),
        (SCHOOL, "level:國小"),
        ("level:國小", "district:中正區"),
        ("district:中正區", "city"),
    ],
)
@pytest.mark.parametrize("is_open", [True, False])
def test_narrower_day_wins(house: House, narrow: str, wide: str, is_open: bool) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        put_day(session, wide, FRIDAY, not is_open)
        put_day(session, narrow, FRIDAY, is_open)
        assert status_of(session, FRIDAY).is_open is is_open


def test_day_of_another_school_level_or_grade_does_not_count(house: House) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        for scope in ("343502", "level:國中", "district:士林區", f"{SCHOOL}/5"):
            put_day(session, scope, FRIDAY, False)
        assert status_of(session, FRIDAY) == DayStatus(True)


def test_school_with_one_open_grade_has_a_school_day(house: House) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        put_day(session, SCHOOL, FRIDAY, False)
        assert not is_school_day(session, SCHOOL, FRIDAY)
        put_day(session, f"{SCHOOL}/6", FRIDAY, True)
        assert is_school_day(session, SCHOOL, FRIDAY)


def test_any_number_of_schools_and_days_takes_five_queries(house: House) -> None:
    seen: list[str] = []
    event.listen(house.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    with transaction(house.engine) as session:
        for number in range(30):
            make_school(session, f"3536{number:02d}")
        keys = [(f"3536{number:02d}", grade) for number in range(30) for grade in range(1, 7)]
        seen.clear()
        statuses = day_statuses(session, keys, FRIDAY, FRIDAY + timedelta(days=370))
        selects = [sql for sql in seen if sql.lstrip().upper().startswith("SELECT")]
    assert len(selects) == 5
    assert len(statuses) == 180
    assert {len(days) for days in statuses.values()} == {371}


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 26, 23, 59, 59, tzinfo=TAIPEI), date(2026, 11, 26)),
        (datetime(2026, 11, 27, tzinfo=TAIPEI), FRIDAY),
        (datetime(2026, 11, 26, 16, 0, tzinfo=UTC), FRIDAY),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2028, 2, 28, 16, 0, tzinfo=UTC), date(2028, 2, 29)),
    ],
)
def test_day_turns_at_midnight_in_taipei(moment: datetime, day: date) -> None:
    assert school_day_of(moment) == day
