"""Siblings at the gate: one push for their guardian, billed once, repeated as it was."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import col, select

from core.attendance.leaves import Filer, file_leave
from core.attendance.tables import LeaveReason
from core.db import snapshot, transaction
from core.delivery.claims import claim
from core.delivery.sender import Sender
from core.house import House
from core.kinds import DayPart, NoticeKind, NoticeState
from core.notices.partings import part
from core.notices.tables import Notice
from core.people.tables import Binding, Guardian, Student
from core.settings import load_settings
from tests.factories import card_uid_of, make_binding, make_guardian, make_school, make_student
from tests.fakes import FakeLine, fake_line
from tests.gate.conftest import SigningReader

NAMES = {"11510001": "王小明", "11520002": "王以安", "11530003": "王晴晴"}
Walk = Callable[..., None]


@pytest.fixture
def mother(house: House) -> Guardian:
    """A mother of three at one school, and a neighbour's child without siblings."""
    with transaction(house.engine) as session:
        make_school(session)
        guardian = make_guardian(session, house)
        for number, name in NAMES.items():
            make_binding(session, guardian, make_student(session, house, number=number, name=name))
        other = make_student(session, house, number="11540004", name="陳小安")
        make_binding(session, make_guardian(session, house, "U" + "d" * 32), other)
    return guardian


@pytest.fixture
def walk(house: House, mother: Guardian, make_signing_reader: Callable[..., SigningReader]) -> Walk:
    """Let children pass the gate at a clock time, one request for all of them."""
    reader, seqs = make_signing_reader(), iter(range(1, 100))

    def pass_gate(clock: str, *numbers: str) -> None:
        at = f"2026-11-23T{clock}+08:00"
        house.clock.move_to(datetime.fromisoformat(at))
        reader.statuses(*[(next(seqs), card_uid_of(number), at) for number in numbers])

    return pass_gate


@pytest.fixture
def line(house: House) -> FakeLine:
    with fake_line() as line:
        yield line


def _send(house: House, line: FakeLine) -> list[list[str]]:
    """Send what is due; return for each request that came what its lock screens say."""
    before = len(line.requests)
    settings = load_settings(_env_file=None, line_api_base=line.origin)
    Sender(replace(house, settings=settings)).drain()
    return [
        sorted(message["altText"] for message in request["messages"])
        for request in line.requests[before:]
    ]


def _later(house: House, **step: float) -> None:
    house.clock.move_to(house.clock.now() + timedelta(**step))


def _states(house: House) -> list[str]:
    with snapshot(house.engine) as session:
        return sorted(session.scalars(select(col(Notice.state))))


def test_children_who_come_together_are_one_push(house: House, walk: Walk, line: FakeLine) -> None:
    walk("07:41:00", *NAMES)
    assert _send(house, line) == [["以安 07:41 到校", "小明 07:41 到校", "晴晴 07:41 到校"]]
    assert _states(house) == [NoticeState.ACCEPTED] * 3


def test_first_child_waits_a_moment_for_the_others(
    house: House, walk: Walk, line: FakeLine
) -> None:
    walk("07:41:00", "11510001")
    assert _send(house, line) == []
    walk("07:41:02", "11520002")
    walk("07:41:03", "11530003")
    assert _send(house, line) == [["以安 07:41 到校", "小明 07:41 到校", "晴晴 07:41 到校"]]


def test_nobody_waits_longer_than_a_moment(house: House, walk: Walk, line: FakeLine) -> None:
    walk("07:41:00", "11510001")
    _later(house, seconds=4)
    assert _send(house, line) == [["小明 07:41 到校"]]
    walk("07:55:00", "11520002", "11530003")
    assert _send(house, line) == [["以安 07:55 到校", "晴晴 07:55 到校"]]


def test_only_child_is_told_at_once(house: House, walk: Walk, line: FakeLine) -> None:
    walk("07:41:00", "11540004")
    assert _send(house, line) == [["小安 07:41 到校"]]


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
    assert _send(house, line) == [["小明 07:41 到校"]]


def test_who_goes_home_waits_for_who_is_still_inside(
    house: House, walk: Walk, line: FakeLine
) -> None:
    walk("07:41:00", "11510001", "11520002")
    _send(house, line)
    walk("16:00:00", "11510001")
    assert _send(house, line) == []
    walk("16:00:03", "11520002")
    assert _send(house, line) == [["以安 16:00 離校", "小明 16:00 離校"]]


def test_late_upload_waits_for_nobody(
    house: House,
    mother: Guardian,
    make_signing_reader: Callable[..., SigningReader],
    line: FakeLine,
) -> None:
    house.clock.move_to(datetime.fromisoformat("2026-11-23T08:00:00+08:00"))
    make_signing_reader().statuses((1, card_uid_of("11510001"), "2026-11-23T07:41:00+08:00"))
    assert _send(house, line) == [["小明 07:41 到校"]]


def test_doubtful_push_is_repeated_as_it_was(house: House, walk: Walk, line: FakeLine) -> None:
    line.accepts_before_failing = True
    line.script = [(500, "{}")]
    walk("07:41:00", "11510001", "11520002")
    _later(house, seconds=4)
    _send(house, line)
    walk("07:41:06", "11530003")
    _later(house, seconds=5)
    _send(house, line)
    first, *others = line.requests
    again = [one for one in others if one["key"] == first["key"]]
    assert [one["messages"] for one in again] == [first["messages"]]
    assert len(line.accepted) == 2, "the third child came too late for the first push"
    assert _states(house) == [NoticeState.ACCEPTED] * 3


def test_more_children_than_a_push_may_hold_go_in_two(
    house: House, mother: Guardian, walk: Walk, line: FakeLine
) -> None:
    more = [f"1155000{n}" for n in range(4)]
    with transaction(house.engine) as session:
        for number in more:
            child = make_student(session, house, number=number, name=f"王小{number[-1]}")
            make_binding(session, session.get_one(Guardian, mother.id), child)
    walk("07:41:00", *NAMES, *more)
    assert sorted(len(one) for one in _send(house, line)) == [2, 5]


def _unbind(house: House, mother: Guardian, *, of_head: bool) -> None:
    """Let the mother end a binding: of the child that heads the push, or of one that rides."""
    now, seat = house.clock.now(), col(Notice.rides_with)
    is_there = seat.is_(None) if of_head else seat.is_not(None)
    with transaction(house.engine) as session:
        child = session.exec(select(Notice.student_id).where(is_there)).first()
        bound = session.exec(select(Binding).where(Binding.student_id == child)).one()
        part(session, house.settings, guardian_id=mother.id, binding_id=bound.id, now=now)


def _line_says_slow_down(line: FakeLine) -> None:
    """Certainly nothing was sent."""
    line.script = [(429, '{"message":"The API rate limit has been exceeded."}')]


@pytest.mark.parametrize("of_head", [True, False])
def test_child_unbound_between_two_tries_is_not_told_again(
    house: House, mother: Guardian, walk: Walk, line: FakeLine, of_head: bool
) -> None:
    line.script = [(500, "{}")]
    walk("07:41:00", *NAMES)
    _send(house, line)
    _unbind(house, mother, of_head=of_head)
    _later(house, seconds=5)
    assert _send(house, line) == []
    assert _states(house) == [NoticeState.CANCELLED, NoticeState.UNKNOWN, NoticeState.UNKNOWN]


@pytest.mark.parametrize("of_head", [True, False])
def test_child_of_a_push_may_be_unbound_before_it_leaves(
    house: House, mother: Guardian, walk: Walk, line: FakeLine, of_head: bool
) -> None:
    _line_says_slow_down(line)
    walk("07:41:00", *NAMES)
    _send(house, line)
    _unbind(house, mother, of_head=of_head)
    _later(house, seconds=5)
    assert [len(one) for one in _send(house, line)] == [2]
    assert _states(house) == [NoticeState.ACCEPTED] * 2 + [NoticeState.CANCELLED]


@pytest.mark.parametrize("of_head", [True, False])
def test_doubtful_try_after_a_child_was_unbound_is_repeated(
    house: House, mother: Guardian, walk: Walk, line: FakeLine, of_head: bool
) -> None:
    _line_says_slow_down(line)
    line.script.append((500, "{}"))
    walk("07:41:00", *NAMES)
    _send(house, line)
    _unbind(house, mother, of_head=of_head)
    _later(house, seconds=5)
    _send(house, line)
    _later(house, seconds=5)
    assert [len(one) for one in _send(house, line)] == [2]
    assert _states(house) == [NoticeState.ACCEPTED] * 2 + [NoticeState.CANCELLED]


@pytest.mark.parametrize(
    ("answer", "becomes"), [(429, NoticeState.ACCEPTED), (500, NoticeState.UNKNOWN)]
)
def test_news_whose_first_got_too_old_does_not_wait_with_it(
    house: House, walk: Walk, line: FakeLine, answer: int, becomes: NoticeState
) -> None:
    line.script = [(answer, "{}")]
    walk("07:41:00", "11510001")
    walk("07:41:03", "11520002", "11530003")
    _later(house, seconds=1)
    _send(house, line)
    house.clock.move_to(datetime.fromisoformat("2026-11-23T08:41:01+08:00"))
    _send(house, line)
    with snapshot(house.engine) as session:
        younger = select(Notice.state).where(col(Notice.expires_at) > house.clock.now())
        assert session.exec(younger).all() == [becomes] * 2


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
