"""未刷離校: at the hour a guardian chose, once, of a child that came and did not leave."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
from sqlmodel import Session, select

from core.attendance.tables import AttendanceDay
from core.db import transaction
from core.duty.no_show_tick import run_tap_out_tick
from core.gate.make_up import record_make_up
from core.gate.tables import Reader
from core.house import House
from core.kinds import Direction, NoticeKind
from core.notices.tables import Notice
from core.people.tables import Binding
from tests.factories import (
    HUA,
    MEI,
    make_binding,
    make_guardian,
    make_reader,
    make_school,
    make_student,
)

FIVE = datetime.fromisoformat("2026-11-23T17:00:00+08:00")


def _come(session: Session, binding: Binding, now: datetime) -> None:
    came = now.replace(hour=7, minute=41)
    session.add(
        AttendanceDay(student_id=binding.student_id, school_day=now.date(), arrived_at=came)
    )


@pytest.fixture
def family(house: House) -> House:
    """Ming came at 07:41. Mei wants to know at five, Hua at half past."""
    with transaction(house.engine) as session:
        make_school(session)
        make_reader(session, house)
        ming = make_student(session, house)
        for line_user_id, clock in ((MEI, time(17, 0)), (HUA, time(17, 30))):
            binding = make_binding(session, make_guardian(session, house, line_user_id), ming)
            binding.tap_out_by = clock
        _come(session, binding, FIVE)
    return house


def _tick(house: House, minutes: float, *, heard: bool = True) -> list[str | None]:
    """Let time pass from five o'clock, and return who is told of whom by then."""
    now = FIVE + timedelta(minutes=minutes)
    house.clock.move_to(now)
    with transaction(house.engine) as session:
        if heard:
            session.exec(select(Reader)).one().last_contact_at = now
    run_tap_out_tick(house)
    with transaction(house.engine) as session:
        told = select(Notice).where(Notice.kind == NoticeKind.NO_TAP_OUT)
        return sorted(str(one.line_user_id) for one in session.exec(told))


def test_each_guardian_is_told_once_at_the_hour_they_chose(family: House) -> None:
    assert _tick(family, -1) == []
    for minutes in (0, 1, 29):
        assert _tick(family, minutes) == [MEI]
    for minutes in (30, 31, 90):
        assert _tick(family, minutes) == sorted([MEI, HUA])


def test_each_child_and_each_day_is_told_of(family: House) -> None:
    with transaction(family.engine) as session:
        mei = session.exec(select(Binding).where(Binding.tap_out_by == time(17, 0))).one()
        second = make_student(session, family, number="11510002", name="王小華")
        binding = Binding(**mei.model_dump(exclude={"id", "student_id"}), student_id=second.id)
        binding.tap_out_by = time(17, 10)
        session.add(binding)
        _come(session, binding, FIVE)
        _come(session, mei, FIVE + timedelta(days=1))
    assert _tick(family, 0) == [MEI]
    assert _tick(family, 10) == [MEI, MEI]
    assert _tick(family, 24 * 60) == [MEI, MEI, MEI]


def test_news_of_the_arrival_is_no_news_of_the_way_home(family: House) -> None:
    with transaction(family.engine) as session:
        binding = session.exec(select(Binding).where(Binding.tap_out_by == time(17, 0))).one()
        came = FIVE.replace(hour=7, minute=41)
        facts = {"direction": Direction.IN, "recorded_by": "staff:x", "reason": "忘帶卡"}
        record_make_up(session, "liff", student_id=binding.student_id, at=came, now=came, **facts)  # type: ignore[arg-type]
    assert _tick(family, 0) == [MEI]


def _leave(day: AttendanceDay, _binding: Binding) -> None:
    day.departed_at = FIVE - timedelta(hours=1)


def _never_come(day: AttendanceDay, _binding: Binding) -> None:
    day.arrived_at = None


def _come_yesterday(day: AttendanceDay, _binding: Binding) -> None:
    day.school_day -= timedelta(days=1)


def _part(_day: AttendanceDay, binding: Binding) -> None:
    binding.ended_at = FIVE - timedelta(hours=1)


@pytest.mark.parametrize("happen", [_leave, _never_come, _come_yesterday, _part])
def test_nobody_is_told_of_a_child_that_is_not_waited_for(
    family: House, happen: Callable[[AttendanceDay, Binding], None]
) -> None:
    with transaction(family.engine) as session:
        mei = session.exec(select(Binding).where(Binding.tap_out_by == time(17, 0))).one()
        happen(session.exec(select(AttendanceDay)).one(), mei)
    assert _tick(family, 0) == []


def test_silent_gate_says_nothing_of_who_left(family: House) -> None:
    with transaction(family.engine) as session:
        make_school(session, "353608")
        make_reader(session, family, school_code="353608", contact_at=FIVE)
        mei = session.exec(select(Binding).where(Binding.tap_out_by == time(17, 0))).one()
        other = make_student(session, family, number="11510002", school_code="353608")
        binding = Binding(**mei.model_dump(exclude={"id", "student_id"}), student_id=other.id)
        session.add(binding)
        _come(session, binding, FIVE)
    family.clock.move_to(FIVE)
    run_tap_out_tick(family)
    with transaction(family.engine) as session:
        told = session.exec(select(Notice).where(Notice.kind == NoticeKind.NO_TAP_OUT)).one()
        assert told.student_id == other.id


def test_hour_that_passed_long_ago_is_told_no_more(family: House) -> None:
    assert _tick(family, 61) == [HUA]
