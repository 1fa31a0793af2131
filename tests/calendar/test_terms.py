"""Terms and our own days: added, replaced, taken back, and said by whom."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session, select

from core.audit import AuditEntry
from core.calendar.school_days import is_school_day
from core.calendar.scopes import Place
from core.calendar.tables import CalendarDay
from core.calendar.terms import (
    NewTerm,
    OwnDay,
    list_days,
    list_terms,
    remove_day,
    set_day,
    set_term,
    term_end,
)
from core.db import transaction
from core.errors import AccessError, InputError
from core.house import House
from tests.factories import make_school

FRIDAY = date(2026, 11, 27)


def term_of(**changed: object) -> NewTerm:
    facts: dict[str, object] = {
        "scope": "city",
        "school_year": 115,
        "number": 1,
        "first_day": date(2026, 8, 31),
        "last_day": date(2027, 1, 20),
        "source": "北市教中字第1號",
    }
    return NewTerm(**{**facts, **changed})  # type: ignore[arg-type]


def day_of(**changed: object) -> OwnDay:
    facts: dict[str, object] = {
        "scope": "city",
        "day": FRIDAY,
        "is_open": False,
        "reason": "運動會補假",
        "source": "校務會議",
    }
    return OwnDay(**{**facts, **changed})  # type: ignore[arg-type]


def put(session: Session, house: House, what: NewTerm | OwnDay) -> None:
    write = set_term if isinstance(what, NewTerm) else set_day
    write(session, what, by="staff:lin", now=house.clock.now())  # type: ignore[arg-type]


def test_term_is_replaced_not_doubled(house: House) -> None:
    with transaction(house.engine) as session:
        put(session, house, term_of(billing_days=91))
        put(session, house, term_of(last_day=date(2027, 1, 19)))
        (term,) = list_terms(session, 115)
        assert (term.last_day, term.billing_days) == (date(2027, 1, 19), None)
        assert (term.recorded_by, term.recorded_at) == ("staff:lin", house.clock.now())
        actions = [entry.action for entry in session.exec(select(AuditEntry))]
        assert actions == ["term.set", "term.set"]


def test_billing_days_are_what_was_typed(house: House) -> None:
    """The slip charges 91 days where 94 are lesson days; neither follows from the other."""
    with transaction(house.engine) as session:
        put(session, house, term_of(billing_days=91))
        assert list_terms(session)[0].billing_days == 91


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        # An order slip said 114-09-08 to 114-01-23.
        ({"last_day": date(2026, 1, 23)}, "other_school_year", "last_day"),
        ({"last_day": date(2026, 8, 30)}, "before_first_day", "last_day"),
        ({"school_year": 114}, "other_school_year", "first_day"),
        ({"number": 3}, "out_of_range", "number"),
        ({"billing_days": 0}, "out_of_range", "billing_days"),
        ({"scope": "國小"}, "unknown", "scope"),
        ({"scope": "level:大學"}, "unknown", "scope"),
        ({"scope": "district:前鎮區"}, "unknown", "scope"),
        ({"scope": "999999"}, "unknown", "scope"),
        ({"scope": "353607/13"}, "unknown", "scope"),
        ({"scope": ""}, "unknown", "scope"),
    ],
)
def test_term_that_cannot_be_is_refused(
    house: House, changed: dict[str, object], code: str, field: str
) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        with pytest.raises(InputError) as caught:
            put(session, house, term_of(**changed))
        assert (caught.value.code, caught.value.field) == (code, field)
        assert list_terms(session) == []


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (date(2027, 1, 20), date(2027, 6, 30), "overlap"),
        (date(2026, 8, 3), date(2026, 8, 28), "order"),
    ],
)
def test_second_term_follows_the_first(house: House, first: date, last: date, code: str) -> None:
    with transaction(house.engine) as session:
        put(session, house, term_of())
        with pytest.raises(InputError, match=code):
            put(session, house, term_of(number=2, first_day=first, last_day=last))


@pytest.mark.parametrize(
    "scope", ["city", "district:中正區", "level:國小", "353607", "353607/6", " 353607 "]
)
def test_day_off_of_any_scope_counts_until_it_is_taken_back(house: House, scope: str) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        put(session, house, day_of(scope=scope))
        (row,) = list_days(session, FRIDAY, FRIDAY)
        assert (row.reason, row.recorded_by) == ("運動會補假", "staff:lin")
        remove_day(session, scope, FRIDAY, by="staff:lin", now=house.clock.now())
        assert is_school_day(session, "353607", FRIDAY)
        actions = [entry.action for entry in session.exec(select(AuditEntry))]
        assert sorted(actions) == ["calendar_day.remove", "calendar_day.set"]


def test_day_set_twice_is_one_row(house: House) -> None:
    with transaction(house.engine) as session:
        saturday = FRIDAY + timedelta(days=1)
        put(session, house, day_of(day=saturday))
        put(session, house, day_of(day=saturday, is_open=True, reason="補課"))
        (row,) = session.exec(select(CalendarDay)).all()
        assert (row.is_open, row.reason) == (True, "補課")
        assert is_school_day(session, "353607", saturday)


@pytest.mark.parametrize("reason", ["", "  ", "長" * 41])
def test_day_needs_a_reason_people_can_read(house: House, reason: str) -> None:
    with transaction(house.engine) as session, pytest.raises(InputError, match="reason"):
        put(session, house, day_of(reason=reason))


def test_day_that_is_not_there_cannot_be_taken_back(house: House) -> None:
    with transaction(house.engine) as session, pytest.raises(AccessError):
        remove_day(session, "city", FRIDAY, by="staff:lin", now=house.clock.now())


def test_term_ends_by_the_narrowest_that_knows_it(house: House) -> None:
    ends = {"city": date(2027, 1, 20), "353607": date(2027, 1, 15)}
    spring = {"number": 2, "first_day": date(2027, 2, 17), "last_day": date(2027, 6, 30)}
    place = Place("353607", 6)
    with transaction(house.engine) as session:
        make_school(session)
        assert term_end(session, place, FRIDAY) is None
        put(session, house, term_of())
        put(session, house, term_of(scope="353607", **spring))
        assert term_end(session, place, FRIDAY) == ends["city"], "not the next term's"
        put(session, house, term_of(scope="353607", last_day=ends["353607"]))
        assert term_end(session, place, FRIDAY) == ends["353607"]
        assert term_end(session, place, date(2027, 1, 17)) == spring["last_day"]
