"""Dated changes of a school's settings: shown, counting from their day, taken back until it."""

import threading
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, select

from core.calendar.changes import ChangeKind, is_coming, list_changes
from core.calendar.effects import effects_of
from core.calendar.policy import NewRule, add_rule, end_rule, list_rules, rules_for
from core.calendar.tables import CalendarDay, DayPolicy, SettingChange, Term
from core.calendar.terms import NewTerm, OwnDay, remove_day, set_day, set_term
from core.calendar.undoing import undo_change
from core.clock import TAIPEI
from core.db import transaction
from core.errors import AccessError, InputError
from core.house import House
from tests.calendar.rows import SCHOOL, put_closure, status_of
from tests.factories import make_school, make_student

NOW = datetime(2026, 11, 23, 7, 20, tzinfo=TAIPEI)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 11, 23) + timedelta(days=n) for n in range(4))
BY = "staff:lin"


@pytest.fixture
def school(house: House) -> House:
    """A school with two grades."""
    with transaction(house.engine) as session:
        make_school(session)
        make_student(session, house)
        make_student(session, house, number="11510002")
        make_student(session, house, number="11510003", grade=5)
    return house


def cutoff(session: Session, day: date, grade: int = 6) -> time:
    return rules_for(session, SCHOOL, [(grade, day)])[grade, day].cutoff


def add(session: Session, clock: time, from_day: date | None = None, **aim: object) -> UUID:
    rule = NewRule(cutoff=clock, **aim)  # type: ignore[arg-type]
    return add_rule(session, SCHOOL, rule, by=BY, now=NOW, from_day=from_day)


def changes(session: Session) -> list[SettingChange]:
    return list_changes(session, {SCHOOL, "city", f"{SCHOOL}/6"}, set(ChangeKind))


def off(session: Session, day: date, *, scope: str = SCHOOL, is_open: bool = False) -> None:
    own = OwnDay(scope=scope, day=day, is_open=is_open, reason="校慶補假", source="校務會議")
    set_day(session, own, by=BY, now=NOW)


def term(session: Session, first: date, last: date) -> None:
    facts = NewTerm(
        scope=SCHOOL, school_year=115, number=1, first_day=first, last_day=last, source="行事曆"
    )
    set_term(session, facts, by=BY, now=NOW)


def test_rule_counts_from_its_day_and_the_former_until_then(school: House) -> None:
    with transaction(school.engine) as session:
        add(session, time(8, 0))
        add(session, time(8, 10), from_day=WEDNESDAY)
        found = [cutoff(session, day) for day in (MONDAY, TUESDAY, WEDNESDAY, THURSDAY)]
    assert found == [time(8, 0), time(8, 0), time(8, 10), time(8, 10)]


def test_end_counts_from_its_day(school: House) -> None:
    with transaction(school.engine) as session:
        rule = add(session, time(8, 0))
        end_rule(session, SCHOOL, rule, by=BY, now=NOW, from_day=WEDNESDAY)
        found = [cutoff(session, day) for day in (MONDAY, TUESDAY, WEDNESDAY)]
    assert found == [time(8, 0), time(8, 0), time(8, 30)]


def test_rule_taken_back_brings_the_former_one_back(school: House) -> None:
    with transaction(school.engine) as session:
        former = add(session, time(8, 0))
        add(session, time(8, 10), from_day=WEDNESDAY)
        undo_change(session, changes(session)[0].id, {SCHOOL}, by="staff:wu", now=NOW)
        assert [row.id for row in list_rules(session, SCHOOL, NOW)] == [former]
        assert cutoff(session, THURSDAY) == time(8, 0)
        (undone,) = [one for one in changes(session) if one.undone_at]
        assert (undone.recorded_by, undone.undone_by) == (BY, "staff:wu")


def test_end_taken_back_leaves_the_rule(school: House) -> None:
    with transaction(school.engine) as session:
        rule = add(session, time(8, 0))
        end_rule(session, SCHOOL, rule, by=BY, now=NOW, from_day=WEDNESDAY)
        undo_change(session, changes(session)[0].id, {SCHOOL}, by=BY, now=NOW)
        assert cutoff(session, THURSDAY) == time(8, 0)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (lambda session: add(session, time(8, 0), from_day=date(2026, 11, 22)), "past"),
        (lambda session: add(session, time(8, 0), day=date(2026, 11, 22)), "past"),
        (lambda session: [add(session, time(8, n), from_day=WEDNESDAY) for n in (1, 2)], "coming"),
    ],
)
def test_rule_that_cannot_begin_is_refused(
    school: House, wish: Callable[[Session], object], code: str
) -> None:
    with pytest.raises(InputError, match=code), transaction(school.engine) as session:
        wish(session)
    with transaction(school.engine) as session:
        assert session.exec(select(DayPolicy)).all() == []


def test_ending_waits_for_the_change_to_come(school: House) -> None:
    with transaction(school.engine) as session:
        rule = add(session, time(8, 0))
        end_rule(session, SCHOOL, rule, by=BY, now=NOW, from_day=WEDNESDAY)
        with pytest.raises(InputError, match="coming"):
            end_rule(session, SCHOOL, rule, by=BY, now=NOW)


def test_day_is_put_back_as_it_was(school: House) -> None:
    with transaction(school.engine) as session:
        off(session, WEDNESDAY)
        off(session, WEDNESDAY, is_open=True)
        undo_change(session, changes(session)[0].id, {SCHOOL}, by=BY, now=NOW)
        assert not status_of(session, WEDNESDAY).is_open
        (first,) = [one for one in changes(session) if not one.undone_at]
        undo_change(session, first.id, {SCHOOL}, by=BY, now=NOW)
        assert status_of(session, WEDNESDAY).is_open
        assert session.exec(select(CalendarDay)).all() == []


def test_removed_day_can_come_back(school: House) -> None:
    with transaction(school.engine) as session:
        off(session, WEDNESDAY)
        remove_day(session, SCHOOL, WEDNESDAY, by=BY, now=NOW)
        undo_change(session, changes(session)[0].id, {SCHOOL}, by=BY, now=NOW)
        assert status_of(session, WEDNESDAY).reason == "校慶補假"


def test_term_is_put_back_as_it_was(school: House) -> None:
    with transaction(school.engine) as session:
        term(session, date(2026, 8, 31), date(2027, 1, 20))
        term(session, date(2026, 8, 31), date(2027, 1, 15))
        latest = changes(session)[0]
        assert latest.from_day == date(2027, 1, 16)
        assert not status_of(session, date(2027, 1, 18)).is_open
        undo_change(session, latest.id, {SCHOOL}, by=BY, now=NOW)
        assert session.exec(select(Term.last_day)).one() == date(2027, 1, 20)


def test_first_term_is_taken_away_again(school: House) -> None:
    with transaction(school.engine) as session:
        term(session, date(2026, 11, 30), date(2027, 1, 20))
        undo_change(session, changes(session)[0].id, {SCHOOL}, by=BY, now=NOW)
        assert session.exec(select(Term)).all() == []


def test_change_that_has_begun_stays(school: House) -> None:
    with transaction(school.engine) as session:
        off(session, TUESDAY)
        change = changes(session)[0]
        midnight = datetime(2026, 11, 24, tzinfo=TAIPEI)
        assert is_coming(change, midnight - timedelta(seconds=1))
        with pytest.raises(InputError, match="begun"):
            undo_change(session, change.id, {SCHOOL}, by=BY, now=midnight)


def test_earlier_of_two_changes_waits_for_the_later(school: House) -> None:
    with transaction(school.engine) as session:
        off(session, WEDNESDAY)
        first = changes(session)[0].id
        set_day(
            session,
            OwnDay(scope=SCHOOL, day=WEDNESDAY, is_open=True, reason="補課", source="x"),
            by=BY,
            now=NOW + timedelta(minutes=1),
        )
        with pytest.raises(InputError, match="newer"):
            undo_change(session, first, {SCHOOL}, by=BY, now=NOW)


def test_another_schools_change_is_not_there(school: House) -> None:
    with transaction(school.engine) as session:
        off(session, WEDNESDAY)
        with pytest.raises(AccessError):
            undo_change(session, changes(session)[0].id, {"353608"}, by=BY, now=NOW)


def test_preview_tells_grades_and_children_and_changes_nothing(school: House) -> None:
    with transaction(school.engine) as session:
        grade_five = f"{SCHOOL}/5"
        off(session, WEDNESDAY, scope=grade_five)
        found = effects_of(session, SCHOOL, TUESDAY, THURSDAY, lambda: off(session, WEDNESDAY))
        assert [(one.day, one.grade, one.students) for one in found] == [(WEDNESDAY, 6, 2)]
        assert found[0].before.status.is_open
        assert not found[0].after.status.is_open
        assert status_of(session, WEDNESDAY).is_open
        assert len(changes(session)) == 0
    with transaction(school.engine) as session:
        assert len(session.exec(select(CalendarDay)).all()) == 1


def test_preview_knows_the_closures_above(school: House) -> None:
    with transaction(school.engine) as session:
        put_closure(session, WEDNESDAY)
        wish = lambda: off(session, WEDNESDAY)  # noqa: E731
        assert effects_of(session, SCHOOL, WEDNESDAY, WEDNESDAY, wish) == []


def at_once(house: House, *steps: Callable[[Session], object]) -> list[str]:
    """Take every step in a thread of its own and return what each came to."""
    gate, results = threading.Barrier(len(steps)), []

    def take(step: Callable[[Session], object]) -> None:
        gate.wait()
        try:
            with transaction(house.engine) as session:
                step(session)
            results.append("done")
        except InputError as error:
            results.append(error.code)

    threads = [threading.Thread(target=take, args=[step]) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def test_of_two_who_change_one_rule_at_once_one_acts(school: House) -> None:
    wishes = [lambda session, n=n: add(session, time(8, n), from_day=WEDNESDAY) for n in range(4)]
    assert at_once(school, *wishes) == ["coming", "coming", "coming", "done"]


def test_of_two_who_take_back_at_once_one_acts(school: House) -> None:
    with transaction(school.engine) as session:
        off(session, WEDNESDAY)
        change_id = changes(session)[0].id

    def undo(session: Session) -> None:
        undo_change(session, change_id, {SCHOOL}, by=BY, now=NOW)

    assert at_once(school, undo, undo) == ["answered", "done"]
