"""Siblings at the gate: one push for their guardian, billed once, repeated as it was."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from sqlmodel import select

from core.attendance.leaves import Filer, file_leave
from core.attendance.tables import LeaveReason
from core.db import transaction
from core.delivery.claims import claim
from core.house import House
from core.kinds import DayPart, NoticeKind, NoticeState
from core.notices.tables import Notice
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


def test_no_show_neither_waits_nor_rides(house: House, walk: Walk) -> None:
    walk("07:41:00", "11510001")
    with transaction(house.engine) as session:
        arrival = session.exec(select(Notice)).one()
        session.add(
            Notice(
                **{
                    **arrival.model_dump(exclude={"id", "retry_key"}),
                    "retry_key": uuid4(),
                    "kind": NoticeKind.NO_SHOW,
                    "may_ride": False,
                    "student_id": session.exec(
                        select(Student.id).where(Student.student_number == "11520002")
                    ).one(),
                    "due_at": house.clock.now(),
                }
            )
        )
    with transaction(house.engine) as session:
        pushes = claim(session, now=house.clock.now(), limit=10)
    assert [(one.kind, one.riders) for one in pushes] == [("no_show", ())]
