"""Closing a day: no-shows stop at once, in the scope and nowhere else."""

import threading
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from core.attendance.closing import close_day, reopen_day
from core.attendance.tables import AttendanceDay, NoShowState
from core.calendar.closures import propose_closure, propose_undo
from core.calendar.school_days import is_school_day
from core.calendar.scopes import ClosureScope
from core.clock import TAIPEI
from core.db import transaction
from core.delivery.claims import claim
from core.errors import InputError
from core.house import House
from core.kinds import DayPart, NoticeKind, NoticeState
from core.notices.outbox import NewNotice, enqueue
from core.notices.tables import Notice
from core.notices.templates import frozen
from core.people.tables import School, Student
from tests.factories import MEI, make_binding, make_guardian, make_school, make_student

LIN, CHEN = (f"staff:{UUID(int=n)}" for n in (1, 2))
MONDAY = date(2026, 11, 23)
DAWN = datetime(2026, 11, 23, 5, 30, tzinfo=TAIPEI)
PAST_CUTOFF = datetime(2026, 11, 23, 8, 31, tzinfo=TAIPEI)


@pytest.fixture
def ming(house: House) -> Student:
    """Ming, whose missing tap Mei is about to hear of."""
    house.clock.move_to(PAST_CUTOFF)
    with transaction(house.engine) as session:
        make_school(session)
        student = make_student(session, house)
        guardian = make_guardian(session, house)
        make_binding(session, guardian, student)
        missing(session, student, NoShowState.TOLD)
        enqueue(session, [no_show(student, guardian.id)], PAST_CUTOFF)
    return student


def missing(session: Session, student: Student, state: NoShowState) -> None:
    session.add(
        AttendanceDay(
            student_id=student.id, school_day=MONDAY, no_show=state, no_show_at=PAST_CUTOFF
        )
    )
    session.flush()


def no_show(student: Student, guardian_id: UUID) -> NewNotice:
    return NewNotice(
        kind=NoticeKind.NO_SHOW,
        student_id=student.id,
        guardian_id=guardian_id,
        line_user_id=MEI,
        school_day=MONDAY,
        at=PAST_CUTOFF,
        content=frozen([{"type": "text", "text": "小明截至 08:30 尚無刷卡紀錄"}]),
    )


def ask(session: Session, house: House, **changed: Any) -> UUID:
    facts: dict[str, Any] = {
        "scope": ClosureScope(),
        "day": MONDAY,
        "part": DayPart.WHOLE,
        "source": "臺北市政府",
        "source_at": house.clock.now(),
        "by": LIN,
        "now": house.clock.now(),
    }
    return propose_closure(session, **{**facts, **changed}).id


def close(house: House, **changed: Any) -> UUID:
    with transaction(house.engine) as session:
        closure_id = ask(session, house, **changed)
        close_day(session, closure_id, CHEN, house.clock.now())
    return closure_id


def notice_of(house: House) -> Notice:
    with transaction(house.engine) as session:
        return session.exec(select(Notice).where(Notice.kind == NoticeKind.NO_SHOW)).one()


def state_of(house: House, student: Student) -> str:
    with transaction(house.engine) as session:
        return session.get_one(AttendanceDay, (student.id, MONDAY)).no_show


@pytest.mark.parametrize("part", [DayPart.WHOLE, DayPart.MORNING])
def test_waiting_no_show_notice_is_cancelled(house: House, ming: Student, part: DayPart) -> None:
    close(house, part=part)
    notice = notice_of(house)
    assert (notice.state, notice.outcome) == (NoticeState.CANCELLED, "closure")
    assert notice.settled_at == PAST_CUTOFF
    assert state_of(house, ming) == NoShowState.TOLD


@pytest.mark.parametrize(
    "changed",
    [
        {"part": DayPart.AFTERNOON},
        {"day": MONDAY + timedelta(days=1)},
        {"scope": ClosureScope(level="國中")},
        {"scope": ClosureScope(district="士林區")},
        {"scope": ClosureScope(school_code="353607", grade=5)},
    ],
    ids=["afternoon", "tomorrow", "other level", "other district", "other grade"],
)
def test_closure_of_something_else_stops_nothing(
    house: House, ming: Student, changed: dict[str, Any]
) -> None:
    with transaction(house.engine) as session:
        make_school(session, "343501", level="國中", district="士林區")
        late = make_student(session, house, number="11510009")
        missing(session, late, NoShowState.WAITING)
    close(house, **changed)
    assert notice_of(house).state == NoticeState.PENDING
    assert state_of(house, late) == NoShowState.WAITING


def test_notice_in_a_sender_s_hands_gets_no_further_try(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        assert len(claim(session, now=PAST_CUTOFF, limit=10)) == 1
    close(house)
    notice = notice_of(house)
    assert (notice.state, notice.expires_at) == (NoticeState.LEASED, PAST_CUTOFF)


def test_child_still_waited_for_is_cleared(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        sixth = make_student(session, house, number="11510008")
        fifth = make_student(session, house, number="11510009", grade=5)
        for student in (sixth, fifth):
            missing(session, student, NoShowState.WAITING)
    close(house, scope=ClosureScope(level="國小", grade=5))
    assert state_of(house, fifth) == NoShowState.CLEARED
    assert state_of(house, sixth) == NoShowState.WAITING


def test_typhoon_day_declared_at_dawn_has_no_lessons(house: House, ming: Student) -> None:
    house.clock.move_to(DAWN)
    closure_id = close(house)
    with transaction(house.engine) as session:
        assert not is_school_day(session, "353607", MONDAY)
        propose_undo(session, closure_id, LIN, DAWN)
        reopen_day(session, closure_id, CHEN, DAWN)
        assert is_school_day(session, "353607", MONDAY)


def test_own_confirm_stops_nothing(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        closure_id = ask(session, house)
    with pytest.raises(InputError, match="own_confirm"), transaction(house.engine) as session:
        close_day(session, closure_id, LIN, house.clock.now())
    assert notice_of(house).state == NoticeState.PENDING


@pytest.mark.parametrize("turn", range(4))
def test_no_child_is_missed_where_a_cut_off_and_a_closure_meet(house: House, turn: int) -> None:
    with transaction(house.engine) as session:
        for code in ("353607", "353608"):
            make_school(session, code)
            make_student(session, house, school_code=code, number=f"1151{code[-4:]}")
        closure_id = ask(session, house)
    gate = threading.Barrier(3)

    def sweep(code: str) -> None:
        gate.wait()
        with transaction(house.engine) as session:
            share = select(School).where(School.code == code).with_for_update(read=True)
            session.exec(share).one()
            if is_school_day(session, code, MONDAY):
                for student in session.exec(select(Student).where(Student.school_code == code)):
                    missing(session, student, NoShowState.WAITING)

    def shut() -> None:
        gate.wait()
        with transaction(house.engine) as session:
            close_day(session, closure_id, CHEN, house.clock.now())

    threads = [threading.Thread(target=sweep, args=[code]) for code in ("353607", "353608")]
    threads.insert(turn % 3, threading.Thread(target=shut))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(house.engine) as session:
        waiting = col(AttendanceDay.no_show) == NoShowState.WAITING
        assert session.exec(select(AttendanceDay).where(waiting)).all() == []
        assert not is_school_day(session, "353607", MONDAY)
