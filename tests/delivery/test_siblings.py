"""Siblings at the gate: one push for their guardian, billed once, repeated as it was."""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import select

from core.attendance.leaves import Filer, file_leave
from core.attendance.tables import LeaveReason
from core.calendar.policy import NewRule, add_rule
from core.db import transaction
from core.duty.no_show_tick import run_no_show_tick
from core.house import House
from core.kinds import DayPart, NoticeState
from core.people.tables import Guardian, Student
from tests.delivery.siblings import NAMES, Walk, later, send, states
from tests.factories import (
    card_uid_of,
    make_binding,
    make_student,
)
from tests.fakes import FakeLine
from tests.gate.conftest import SigningReader


def test_children_who_come_together_are_one_push(house: House, walk: Walk, line: FakeLine) -> None:
    walk("07:41:00", *NAMES)
    assert send(house, line) == [["以安 07:41 到校", "小明 07:41 到校", "晴晴 07:41 到校"]]
    assert states(house) == [NoticeState.ACCEPTED] * 3


def test_first_child_waits_a_moment_for_the_others(
    house: House, walk: Walk, line: FakeLine
) -> None:
    walk("07:41:00", "11510001")
    assert send(house, line) == []
    walk("07:41:02", "11520002")
    walk("07:41:03", "11530003")
    assert send(house, line) == [["以安 07:41 到校", "小明 07:41 到校", "晴晴 07:41 到校"]]


def test_nobody_waits_longer_than_a_moment(house: House, walk: Walk, line: FakeLine) -> None:
    walk("07:41:00", "11510001")
    later(house, seconds=4)
    assert send(house, line) == [["小明 07:41 到校"]]
    walk("07:55:00", "11520002", "11530003")
    assert send(house, line) == [["以安 07:55 到校", "晴晴 07:55 到校"]]


def test_only_child_is_told_at_once(house: House, walk: Walk, line: FakeLine) -> None:
    walk("07:41:00", "11540004")
    assert send(house, line) == [["小安 07:41 到校"]]


def test_child_on_leave_is_not_waited_for(
    house: House, mother: Guardian, walk: Walk, line: FakeLine
) -> None:
    house.clock.move_to(datetime.fromisoformat("2026-11-23T07:30:00+08:00"))
    with transaction(house.engine) as session:
        for number in ("11520002", "11530003"):
            child = session.exec(select(Student).where(Student.student_number == number)).one()
            day = house.clock.now().date()
            file_leave(
                session,
                "liff",
                student_id=child.id,
                first_day=day,
                last_day=day,
                part=DayPart.WHOLE,
                reason=LeaveReason.SICK,
                filer=Filer("guardian:x", mother.id),
                now=house.clock.now(),
            )
    walk("07:41:00", "11510001")
    assert send(house, line) == [["小明 07:41 到校"]]


def test_who_goes_home_waits_for_who_is_still_inside(
    house: House, walk: Walk, line: FakeLine
) -> None:
    walk("07:41:00", "11510001", "11520002")
    send(house, line)
    walk("16:00:00", "11510001")
    assert send(house, line) == []
    walk("16:00:03", "11520002")
    assert send(house, line) == [["以安 16:00 離校", "小明 16:00 離校"]]


def test_late_upload_waits_for_nobody(
    house: House,
    mother: Guardian,
    make_signing_reader: Callable[..., SigningReader],
    line: FakeLine,
) -> None:
    house.clock.move_to(datetime.fromisoformat("2026-11-23T08:00:00+08:00"))
    make_signing_reader().statuses((1, card_uid_of("11510001"), "2026-11-23T07:41:00+08:00"))
    assert send(house, line) == [["小明 07:41 到校"]]


def test_doubtful_push_is_repeated_as_it_was(house: House, walk: Walk, line: FakeLine) -> None:
    line.accepts_before_failing = True
    line.script = [(500, "{}")]
    walk("07:41:00", "11510001", "11520002")
    later(house, seconds=4)
    send(house, line)
    walk("07:41:06", "11530003")
    later(house, seconds=5)
    send(house, line)
    first, *others = line.requests
    again = [one for one in others if one["key"] == first["key"]]
    assert [one["messages"] for one in again] == [first["messages"]]
    assert len(line.accepted) == 2, "the third child came too late for the first push"
    assert states(house) == [NoticeState.ACCEPTED] * 3


def test_more_children_than_a_push_may_hold_go_in_two(
    house: House, mother: Guardian, walk: Walk, line: FakeLine
) -> None:
    more = [f"1155000{n}" for n in range(4)]
    with transaction(house.engine) as session:
        for number in more:
            child = make_student(session, house, number=number, name=f"王小{number[-1]}")
            make_binding(session, session.get_one(Guardian, mother.id), child)
    walk("07:41:00", *NAMES, *more)
    assert sorted(len(one) for one in send(house, line)) == [2, 5]


def test_no_show_neither_waits_nor_rides(house: House, walk: Walk, line: FakeLine) -> None:
    walk("07:20:00", "11540004")
    with transaction(house.engine) as session:
        rule = NewRule(grace_minutes=0)
        add_rule(session, "353607", rule, by="operator", now=house.clock.now())
    send(house, line)
    walk("08:29:59", "11510001")
    house.clock.move_to(datetime.fromisoformat("2026-11-23T08:30:00+08:00"))
    run_no_show_tick(house)
    # The first child's arrival waits for the others until 08:30:03.
    missing = [["以安截至 08:30 尚無刷卡紀錄"], ["晴晴截至 08:30 尚無刷卡紀錄"]]
    assert sorted(send(house, line)) == missing
    later(house, seconds=4)
    assert send(house, line) == [["小明 08:29 到校"]]
