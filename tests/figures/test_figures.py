"""A school's day in numbers: right, of that school alone, and served by indexes."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, insert, text
from sqlmodel import Session, select

from core.attendance.tables import AttendanceDay
from core.clock import TAIPEI
from core.db import snapshot, table_of, transaction
from core.figures.days import arrivals_of, weekdays_of
from core.figures.notices import Outcome, answers_of, deliveries_of, missed_by_class
from core.house import House
from core.kinds import UNFINISHED_STATES, Channel, NoticeKind
from core.notices.tables import Notice
from core.people.tables import School, Student
from tests.factories import make_guardian, make_school, make_student

MONDAY = date(2026, 11, 23)
# A table read from end to end, in the words of either engine.
# A month's part is a table of its own; the rest holds nothing here, and may be looked through.
LARGE = r"(attendance_day|notice|student)(_\d{4}_\d\d)?\b"
WALK = rf"Seq Scan on {LARGE}|SCAN {LARGE}(?! USING)"
SCHOOL, OTHER = "353607", "353608"


def at(hour: int, minute: int, day: date = MONDAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=TAIPEI)


@pytest.fixture
def children(house: House) -> list[UUID]:
    """Six children of two classes, and one of another school."""
    with transaction(house.engine) as session:
        make_school(session)
        make_school(session, OTHER)
        make_guardian(session, house)
        found = [make_student(session, house, number=f"1151000{n}") for n in range(6)]
        for child in found[4:]:
            child.homeroom, child.grade = "102", 1
        found.append(make_student(session, house, number="9", school_code=OTHER))
        return [child.id for child in found]


def record(session: Session, child: UUID, day: date = MONDAY, **facts: object) -> None:
    session.add(AttendanceDay(student_id=child, school_day=day, **facts))


def notice(child: UUID, guardian: UUID, kind: str, state: str, **facts: object) -> Notice:
    moment = at(8, 31)
    return Notice(
        dedupe_key=uuid4().hex,
        retry_key=uuid4(),
        kind=kind,
        student_id=child,
        guardian_id=guardian,
        content=b"[]",
        priority=1,
        state=state,
        created_at=moment,
        due_at=moment,
        turn_at=moment,
        expires_at=moment + timedelta(hours=1),
        settled_at=None if state in UNFINISHED_STATES else moment,
        **{"channel": "line", "school_day": MONDAY, "first_tried_at": moment, **facts},
    )


def guardian_id(session: Session) -> UUID:
    found: UUID = session.execute(text("SELECT id FROM guardian")).scalar_one()
    return found if isinstance(found, UUID) else UUID(str(found))


def test_arrivals_fall_into_five_minutes_and_nobody_is_lost(
    house: House, children: list[UUID]
) -> None:
    moments = [at(6, 59), at(7, 40), at(7, 44), at(7, 45), at(9, 30)]
    with transaction(house.engine) as session:
        for child, moment in zip(children, moments, strict=False):
            record(session, child, arrived_at=moment)
        record(session, children[5], leave="whole")
        record(session, children[6], arrived_at=at(7, 41))
    with snapshot(house.engine) as session:
        found = arrivals_of(session, SCHOOL, MONDAY, time(7), time(9, 30))
        nobody = arrivals_of(session, SCHOOL, MONDAY - timedelta(days=1), time(7), time(9))
    by_start = dict(zip(found.starts, found.counts, strict=True))
    assert (by_start[time(7, 40)], by_start[time(7, 45)]) == (2, 1)
    assert (found.earlier, found.later, found.total) == (1, 1, 5)
    assert len(found.starts) == 30
    assert nobody.total == 0


def test_a_day_stands_beside_the_last_four_of_its_weekday(
    house: House, children: list[UUID]
) -> None:
    with transaction(house.engine) as session:
        for back in (0, 1, 3):
            day = MONDAY - timedelta(weeks=back)
            record(session, children[0], day, arrived_at=at(7, 41, day), departed_at=at(16, 0, day))
            record(session, children[1], day, leave="whole")
            record(session, children[2], day, no_show="told")
        record(session, children[3], MONDAY - timedelta(days=1), arrived_at=at(7, 41))
    with snapshot(house.engine) as session:
        days = weekdays_of(session, SCHOOL, MONDAY)
    assert [one.day for one in days] == [MONDAY - timedelta(weeks=back) for back in (4, 3, 2, 1, 0)]
    assert [one.arrived for one in days] == [0, 1, 0, 1, 1]
    last = days[-1]
    assert (last.departed, last.on_leave, last.missed, last.is_open) == (1, 1, 1, True)


def test_outcomes_are_counted_by_channel_and_kind(house: House, children: list[UUID]) -> None:
    with transaction(house.engine) as session:
        mei = guardian_id(session)
        for state in ("accepted", "accepted", "pending", "leased", "refused", "unknown", "dead"):
            session.add(notice(children[0], mei, "arrival", state))
        session.add(notice(children[1], mei, "no_show", "expired", channel="email"))
        session.add(notice(children[1], mei, "no_show", "cancelled"))
        session.add(notice(children[6], mei, "arrival", "accepted"))
        session.add(notice(children[1], mei, "arrival", "accepted", school_day=date(2026, 11, 20)))
    with snapshot(house.engine) as session:
        found = deliveries_of(session, SCHOOL, MONDAY)
    assert [(one.channel, one.kind) for one in found] == [
        (Channel.LINE, NoticeKind.ARRIVAL),
        (Channel.LINE, NoticeKind.NO_SHOW),
        (Channel.EMAIL, NoticeKind.NO_SHOW),
    ]
    assert found[0].counts == {Outcome.SENT: 2, Outcome.PENDING: 2, Outcome.FAILED: 3}
    assert found[1].counts == {Outcome.CANCELLED: 1}
    assert found[2].counts == {Outcome.EXPIRED: 1}


def test_no_shows_are_counted_by_class_and_by_what_became_of_them(
    house: House, children: list[UUID]
) -> None:
    with transaction(house.engine) as session:
        record(session, children[0], no_show="told")
        record(session, children[1], no_show="cleared", arrived_at=at(8, 40))
        record(session, children[2], no_show="told", leave="whole")
        record(session, children[3], arrived_at=at(7, 40))
        record(session, children[4], no_show="waiting")
        record(session, children[5], no_show="doubt")
        record(session, children[6], no_show="told")
    with snapshot(house.engine) as session:
        found = missed_by_class(session, SCHOOL, MONDAY)
    assert [(one.homeroom, one.explained, one.unexplained) for one in found] == [
        ("102", 0, 1),
        ("603", 2, 1),
    ]


def test_answers_are_counted_by_child_and_hour(house: House, children: list[UUID]) -> None:
    with transaction(house.engine) as session:
        mei = guardian_id(session)
        for child, moot in (
            (children[0], at(8, 59)),
            (children[1], at(9, 0)),
            (children[2], at(20, 0)),
            (children[3], None),
            (children[4], at(6, 30)),
        ):
            session.add(notice(child, mei, "no_show", "accepted", moot_at=moot))
        # The same child over another channel, later; and one that never left.
        again = {"channel": "email", "moot_at": at(10, 0)}
        session.add(notice(children[0], mei, "no_show", "accepted", **again))
        gone = {"first_tried_at": None, "moot_at": at(8, 31)}
        session.add(notice(children[5], mei, "no_show", "cancelled", **gone))
    with snapshot(house.engine) as session:
        found = answers_of(session, SCHOOL, MONDAY)
    by_start = dict(zip(found.starts, found.counts, strict=True))
    assert (by_start[time(7)], by_start[time(8)], by_start[time(9)]) == (1, 1, 1)
    assert (found.later, found.open, found.total) == (1, 1, 5)


def fill_city(house: House) -> None:
    """Three hundred schools with ten children each, twenty days at the gate and their notices."""
    days = [MONDAY - timedelta(days=back) for back in range(20)]
    with transaction(house.engine) as session:
        whose = guardian_id(session)
        kid = session.exec(select(Student)).first()
        assert kid is not None
        for code in range(400_000, 400_300):
            make_school(session, str(code))
        session.flush()
        rows = [
            {**kid.model_dump(), "id": uuid4(), "school_code": str(code), "student_number": str(n)}
            for code in range(400_000, 400_300)
            for n in range(10)
        ]
        session.execute(insert(table_of(Student)), rows)
        plain = AttendanceDay(student_id=kid.id, school_day=MONDAY).model_dump()
        seen = [
            {**plain, "student_id": row["id"], "school_day": day} for row in rows for day in days
        ]
        session.execute(insert(table_of(AttendanceDay)), seen)
        told = [notice(row["id"], whose, "arrival", "accepted").model_dump() for row in rows]
        session.execute(insert(table_of(Notice)), told)


def test_one_schools_report_never_walks_through_the_city(
    house: House, children: list[UUID]
) -> None:
    fill_city(house)
    with house.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(house.engine, "before_cursor_execute", note)
    with snapshot(house.engine) as session:
        arrivals_of(session, "400007", MONDAY, time(7), time(9))
        weekdays_of(session, "400007", MONDAY)
        deliveries_of(session, "400007", MONDAY)
        missed_by_class(session, "400007", MONDAY)
        answers_of(session, "400007", MONDAY)
    event.remove(house.engine, "before_cursor_execute", note)
    large = [one for one in asked if re.search(r"JOIN (attendance_day|notice)\b", one[0])]
    assert len(large) == 5
    for statement, values in large:
        plan = explain(house, statement, values)
        assert not re.search(WALK, plan), plan


def explain(house: House, statement: str, values: Any) -> str:
    is_sqlite = house.engine.dialect.name == "sqlite"
    with house.engine.connect() as connection:
        prefix = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
        rows = connection.exec_driver_sql(f"{prefix} {statement}", values)
        return "\n".join(row[3] if is_sqlite else row[0] for row in rows)


def test_school_nobody_knows_is_empty(house: House, children: list[UUID]) -> None:
    with snapshot(house.engine) as session:
        assert session.get(School, "999999") is None
        assert deliveries_of(session, "999999", MONDAY) == []
        assert answers_of(session, "999999", MONDAY).total == 0
