"""What staff read: a class and a school today, and who left no trace for three days."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, update
from sqlmodel import Session, col

from core.attendance.reports import ChildState, class_today, school_today, unexplained
from core.attendance.tables import AttendanceDay, Leave, NoShowRun
from core.calendar.tables import CalendarDay, Closure
from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.house import House
from core.kinds import DayPart
from core.people.tables import Card, Student
from tests.factories import LONG_AGO, make_school, make_student

SCHOOL = "353607"
MONDAY = date(2026, 11, 23)
# The three school days that end on Monday.
DAYS = (date(2026, 11, 19), date(2026, 11, 20), MONDAY)


def at(hour: int, minute: int, day: date = MONDAY) -> datetime:
    """A Taipei moment."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=TAIPEI)


def record(session: Session, child: Student, day: date = MONDAY, **facts: object) -> None:
    """A child's day at the gate."""
    session.add(AttendanceDay(student_id=child.id, school_day=day, **facts))


def watch(session: Session, *days: date, state: str = "told", cutoff: time = time(8, 30)) -> None:
    """The cut-off ran on these days."""
    for day in days:
        session.add(
            NoShowRun(
                school_code=SCHOOL,
                school_day=day,
                cutoff=cutoff,
                state=state,
                ran_at=at(8, 30, day),
            )
        )


def make_class(session: Session, house: House) -> list[Student]:
    """Five children of 603, seat by seat."""
    make_school(session)
    children = [
        make_student(session, house, name=f"王小{name}", number=f"1151000{number}")
        for number, name in enumerate("明華晴安禾", start=1)
    ]
    for seat, child in enumerate(children, start=1):
        child.seat_number = seat
    session.flush()
    return children


def end_cards(session: Session, child: Student, at: datetime = LONG_AGO) -> None:
    """The child holds no card any more."""
    statement = update(Card).where(col(Card.student_id) == child.id)
    session.execute(statement.values(valid_until=at + timedelta(seconds=1)))


def missing_ids(house: House, day: date = MONDAY) -> set[UUID]:
    """Who is on the three-days list."""
    with snapshot(house.engine) as session:
        return {child.student_id for child in unexplained(session, SCHOOL, day)}


def test_class_counts_everybody_once_in_one_state(house: House) -> None:
    with transaction(house.engine) as session:
        came, left, excused, silent, cardless = make_class(session, house)
        record(session, came, arrived_at=at(7, 41))
        record(session, left, departed_at=at(7, 50))
        record(session, excused, leave=DayPart.WHOLE)
        end_cards(session, cardless)
    with snapshot(house.engine) as session:
        today = class_today(session, SCHOOL, "603", at(8, 0))
    assert today is not None
    assert [child.state for child in today.children] == [
        ChildState.HERE,
        ChildState.HERE,
        ChildState.LEAVE,
        ChildState.MISSING,
        ChildState.NO_CARD,
    ]
    assert (today.counts.arrived, today.counts.on_leave, today.counts.missing) == (2, 1, 1)
    assert today.counts.expected == 4
    assert [(child.seat_number, child.name) for child in today.missing] == [(4, "王小安")]
    assert silent.id == today.missing[0].student_id


@pytest.mark.parametrize(
    ("leave", "state"),
    [
        (DayPart.WHOLE, ChildState.LEAVE),
        (DayPart.MORNING, ChildState.LEAVE),
        (DayPart.AFTERNOON, ChildState.MISSING),
    ],
)
def test_child_on_leave_in_the_afternoon_is_still_expected(
    house: House, leave: DayPart, state: ChildState
) -> None:
    with transaction(house.engine) as session:
        child = make_class(session, house)[0]
        record(session, child, leave=leave)
    with snapshot(house.engine) as session:
        today = class_today(session, SCHOOL, "603", at(8, 0))
    assert today is not None
    assert today.children[0].state is state
    assert today.children[0].leave is leave


def test_tap_counts_more_than_the_leave(house: House) -> None:
    with transaction(house.engine) as session:
        record(session, make_class(session, house)[0], leave="whole", arrived_at=at(7, 41))
    with snapshot(house.engine) as session:
        today = class_today(session, SCHOOL, "603", at(8, 0))
    assert today is not None
    assert today.counts.arrived == 1
    assert today.counts.on_leave == 0


def test_class_nobody_is_enrolled_in_is_not_there(house: House) -> None:
    with transaction(house.engine) as session:
        for child in make_class(session, house):
            child.status = "transferred"
            session.add(child)
    with snapshot(house.engine) as session:
        assert class_today(session, SCHOOL, "603", at(8, 0)) is None
        assert class_today(session, SCHOOL, "604", at(8, 0)) is None


def test_school_lists_its_classes_and_no_others(house: House) -> None:
    with transaction(house.engine) as session:
        children = make_class(session, house)
        children[4].homeroom, children[4].grade = "102", 1
        record(session, children[4], arrived_at=at(7, 41))
        make_school(session, "353608")
        make_student(session, house, number="11510009", school_code="353608")
    with snapshot(house.engine) as session:
        classes = school_today(session, SCHOOL, at(8, 0))
    assert [(one.homeroom, one.counts.arrived, one.counts.expected) for one in classes] == [
        ("102", 1, 1),
        ("603", 0, 4),
    ]


def test_class_of_a_closed_grade_says_so(house: House) -> None:
    with transaction(house.engine) as session:
        children = make_class(session, house)
        children[4].homeroom, children[4].grade = "102", 1
        session.add(
            Closure(
                school_code=SCHOOL,
                grade=6,
                day=MONDAY,
                source="榕光國小",
                source_at=at(6, 0),
                proposed_by="staff:a",
                proposed_at=at(6, 0),
                confirmed_by="staff:b",
                confirmed_at=at(6, 5),
            )
        )
    with snapshot(house.engine) as session:
        classes = school_today(session, SCHOOL, at(8, 0))
    assert [(one.homeroom, one.status.is_open) for one in classes] == [
        ("102", True),
        ("603", False),
    ]


def test_report_takes_the_same_number_of_queries_for_any_number_of_children(house: House) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        make_student(session, house)
        watch(session, *DAYS)
    few = _count_queries(house)
    with transaction(house.engine) as session:
        for number in range(10, 30):
            make_student(session, house, number=f"115100{number}", grade=number % 6 + 1)
    assert _count_queries(house) == few


def _count_queries(house: House) -> int:
    statements = []

    def note(*arguments: object) -> None:
        statements.append(arguments[2])

    event.listen(house.engine, "before_cursor_execute", note)
    with snapshot(house.engine) as session:
        class_today(session, SCHOOL, "603", at(8, 0))
        school_today(session, SCHOOL, at(8, 0))
        unexplained(session, SCHOOL, MONDAY)
    event.remove(house.engine, "before_cursor_execute", note)
    return len(statements)


def test_three_watched_days_without_a_trace_are_listed(house: House) -> None:
    with transaction(house.engine) as session:
        silent, *others = make_class(session, house)
        watch(session, *DAYS)
        for child in others:
            record(session, child, MONDAY, arrived_at=at(7, 41))
        for day in DAYS:
            record(session, silent, day, no_show="told")
    assert missing_ids(house) == {silent.id}


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize(
    "facts", [{"arrived_at": True}, {"departed_at": True}, {"leave": "morning"}]
)
def test_one_trace_on_any_of_the_days_explains(
    house: House, day: date, facts: dict[str, object]
) -> None:
    with transaction(house.engine) as session:
        child = make_one(session, house)
        watch(session, *DAYS)
        moments = {
            name: at(7, 41, day) if value is True else value for name, value in facts.items()
        }
        record(session, child, day, **moments)
    assert missing_ids(house) == set()


def make_one(session: Session, house: House) -> Student:
    """A school with one child."""
    make_school(session)
    return make_student(session, house)


def test_open_leave_explains_and_a_withdrawn_one_does_not(house: House) -> None:
    with transaction(house.engine) as session:
        child = make_one(session, house)
        watch(session, *DAYS)
        leave = Leave(
            student_id=child.id,
            first_day=DAYS[1],
            last_day=DAYS[1],
            reason="sick",
            filed_by="guardian:x",
            filed_at=at(7, 0),
        )
        session.add(leave)
    assert missing_ids(house) == set()
    with transaction(house.engine) as session:
        session.execute(update(Leave).values(withdrawn_at=at(7, 5), withdrawn_by="guardian:x"))
    assert missing_ids(house) == {child.id}


@pytest.mark.parametrize("state", ["held", "cancelled", "expired", "skipped_late", "due"])
def test_day_of_an_untrusted_gate_is_no_evidence(house: House, state: str) -> None:
    with transaction(house.engine) as session:
        make_one(session, house)
        watch(session, *DAYS[:2])
        watch(session, MONDAY, state=state)
    assert missing_ids(house) == set()


def test_unwatched_day_in_between_is_stepped_over(house: House) -> None:
    with transaction(house.engine) as session:
        child = make_one(session, house)
        watch(session, date(2026, 11, 18), DAYS[0], MONDAY)
        watch(session, DAYS[1], state="cancelled")
    assert missing_ids(house) == {child.id}


def test_tap_on_an_unwatched_day_in_between_explains(house: House) -> None:
    with transaction(house.engine) as session:
        child = make_one(session, house)
        watch(session, date(2026, 11, 18), DAYS[0], MONDAY)
        record(session, child, DAYS[1], arrived_at=at(7, 41, DAYS[1]))
    assert missing_ids(house) == set()


def test_day_off_does_not_count_as_a_day_without_a_trace(house: House) -> None:
    with transaction(house.engine) as session:
        make_one(session, house)
        watch(session, *DAYS)
        session.add(
            CalendarDay(
                scope=SCHOOL,
                day=DAYS[1],
                is_open=False,
                reason="校慶補假",
                source="test",
                recorded_at=LONG_AGO,
            )
        )
    assert missing_ids(house) == set()


def test_only_enrolled_children_with_a_card_all_along_are_listed(house: House) -> None:
    with transaction(house.engine) as session:
        left, cardless, new_card, reissued, silent = make_class(session, house)
        watch(session, *DAYS)
        left.status = "transferred"
        end_cards(session, cardless)
        end_cards(session, new_card)
        card = {"valid_from": at(9, 0, DAYS[2])}
        session.add(Card(uid="0400000000AA01", student_id=new_card.id, **card))
        end_cards(session, reissued, at(9, 0, DAYS[1]))
        session.add(Card(uid="0400000000AA02", student_id=reissued.id, **card))
    assert missing_ids(house) == {reissued.id, silent.id}
