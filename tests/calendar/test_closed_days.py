"""Closed days: confirmed closures win over every other layer, in their scope only."""

from datetime import date

import pytest

from core.calendar.school_days import DayStatus, is_school_day
from core.db import transaction
from core.house import House
from core.kinds import DayPart
from tests.calendar.rows import FRIDAY, NOW, SCHOOL, put_closure, put_day, status_of
from tests.factories import make_school


def test_closure_of_levels_leaves_the_primaries_open(house: House) -> None:
    """All junior and senior highs stop for the games; nobody named the primaries."""
    with transaction(house.engine) as session:
        make_school(session)
        make_school(session, "343501", level="國中")
        make_school(session, "343302", level="高中")
        for level in ("國中", "高中"):
            put_closure(session, FRIDAY, level=level)
        assert status_of(session, FRIDAY).is_open
        for code in ("343501", "343302"):
            assert status_of(session, FRIDAY, code) == DayStatus(False, "停課", DayPart.WHOLE)
            assert not is_school_day(session, code, FRIDAY)


def test_closure_of_a_grade_leaves_the_school_open(house: House) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        put_closure(session, FRIDAY, school_code=SCHOOL, grade=6)
        assert status_of(session, FRIDAY, grade=6).closed_part is DayPart.WHOLE
        assert status_of(session, FRIDAY, grade=5) == DayStatus(True)
        assert is_school_day(session, SCHOOL, FRIDAY)


@pytest.mark.parametrize(
    ("part", "reason"), [(DayPart.MORNING, "上午停課"), (DayPart.AFTERNOON, "下午停課")]
)
def test_half_closed_day_is_a_school_day(house: House, part: DayPart, reason: str) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        put_closure(session, FRIDAY, part=part, district="中正區")
        assert status_of(session, FRIDAY) == DayStatus(True, reason, part)
        assert is_school_day(session, SCHOOL, FRIDAY)


def test_two_closed_halves_are_a_closed_day(house: House) -> None:
    with transaction(house.engine) as session:
        put_closure(session, FRIDAY, part=DayPart.MORNING)
        put_closure(session, FRIDAY, part=DayPart.AFTERNOON)
        assert status_of(session, FRIDAY) == DayStatus(False, "停課", DayPart.WHOLE)


def test_half_closure_does_not_open_a_day_off(house: House) -> None:
    with transaction(house.engine) as session:
        put_closure(session, date(2026, 12, 25), part=DayPart.AFTERNOON)
        assert not status_of(session, date(2026, 12, 25)).is_open


@pytest.mark.parametrize(
    "facts",
    [
        {"confirmed_by": None, "confirmed_at": None},
        {"undone_by": "staff:c", "undone_at": NOW},
        {"district": "士林區"},
        {"level": "國中"},
    ],
    ids=["proposed", "undone", "other district", "other level"],
)
def test_closure_that_does_not_count_changes_nothing(
    house: House, facts: dict[str, object]
) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        put_closure(session, FRIDAY, **facts)
        assert status_of(session, FRIDAY) == DayStatus(True)


def test_closure_wins_over_a_day_of_our_own(house: House) -> None:
    with transaction(house.engine) as session:
        put_day(session, f"{SCHOOL}/6", FRIDAY, True, "補課")
        put_closure(session, FRIDAY)
        assert not status_of(session, FRIDAY).is_open
