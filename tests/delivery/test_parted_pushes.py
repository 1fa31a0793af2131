"""Siblings' pushes that lose a part before LINE took them: the rest goes on, or nothing twice."""

from datetime import datetime

import pytest
from sqlmodel import col, select

from core.db import snapshot, transaction
from core.house import House
from core.kinds import NoticeState
from core.notices.partings import part
from core.notices.tables import Notice
from core.people.tables import Binding, Guardian, Student
from tests.delivery.siblings import NAMES, Walk, later, send, states
from tests.factories import HUA, MEI, make_binding, make_guardian, make_student
from tests.fakes import FakeLine


def _unbind(house: House, mother: Guardian, *, of_head: bool) -> None:
    """Let the mother end a binding: of the child that heads the push, or of one that rides."""
    now, seat = house.clock.now(), col(Notice.rides_with)
    is_there = seat.is_(None) if of_head else seat.is_not(None)
    with transaction(house.engine) as session:
        hers = select(Notice.student_id).where(Notice.guardian_id == mother.id, is_there)
        child = session.exec(hers).first()
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
    send(house, line)
    _unbind(house, mother, of_head=of_head)
    later(house, seconds=5)
    assert send(house, line) == []
    assert states(house) == [NoticeState.CANCELLED, NoticeState.UNKNOWN, NoticeState.UNKNOWN]


def test_child_unbound_is_not_told_again_though_another_push_is_repeated(
    house: House, mother: Guardian, walk: Walk, line: FakeLine
) -> None:
    with transaction(house.engine) as session:
        neighbour = session.exec(select(Guardian).where(Guardian.id != mother.id)).one()
        make_binding(session, neighbour, make_student(session, house, number="11550005"))
    line.script = [(500, "{}")] * 2
    walk("07:41:00", *NAMES, "11540004", "11550005")
    send(house, line)
    _unbind(house, mother, of_head=True)
    later(house, seconds=5)
    assert [len(one) for one in send(house, line)] == [2]
    told = [NoticeState.ACCEPTED] * 2
    assert states(house) == [*told, NoticeState.CANCELLED, *[NoticeState.UNKNOWN] * 2]


@pytest.mark.parametrize("of_head", [True, False])
def test_child_of_a_push_may_be_unbound_before_it_leaves(
    house: House, mother: Guardian, walk: Walk, line: FakeLine, of_head: bool
) -> None:
    _line_says_slow_down(line)
    walk("07:41:00", *NAMES)
    send(house, line)
    _unbind(house, mother, of_head=of_head)
    later(house, seconds=5)
    assert [len(one) for one in send(house, line)] == [2]
    assert states(house) == [NoticeState.ACCEPTED] * 2 + [NoticeState.CANCELLED]


@pytest.mark.parametrize("of_head", [True, False])
def test_doubtful_try_after_a_child_was_unbound_is_repeated(
    house: House, mother: Guardian, walk: Walk, line: FakeLine, of_head: bool
) -> None:
    _line_says_slow_down(line)
    line.script.append((500, "{}"))
    walk("07:41:00", *NAMES)
    send(house, line)
    _unbind(house, mother, of_head=of_head)
    later(house, seconds=5)
    send(house, line)
    later(house, seconds=5)
    assert [len(one) for one in send(house, line)] == [2]
    assert states(house) == [NoticeState.ACCEPTED] * 2 + [NoticeState.CANCELLED]


@pytest.mark.parametrize(
    ("answer", "becomes"), [(429, NoticeState.ACCEPTED), (500, NoticeState.UNKNOWN)]
)
def test_news_whose_first_got_too_old_does_not_wait_with_it(
    house: House, walk: Walk, line: FakeLine, answer: int, becomes: NoticeState
) -> None:
    line.script = [(answer, "{}")]
    walk("07:41:00", "11510001")
    walk("07:41:03", "11520002", "11530003")
    later(house, seconds=1)
    send(house, line)
    house.clock.move_to(datetime.fromisoformat("2026-11-23T08:41:01+08:00"))
    send(house, line)
    with snapshot(house.engine) as session:
        younger = select(Notice.state).where(col(Notice.expires_at) > house.clock.now())
        assert session.exec(younger).all() == [becomes] * 2


def test_news_for_another_account_leaves_the_push_it_rode_in(
    house: House, mother: Guardian, walk: Walk, line: FakeLine
) -> None:
    """As when the mother's link moves, and one of them comes to her in another's stead."""
    _line_says_slow_down(line)
    walk("07:41:00", *NAMES)
    send(house, line)
    with transaction(house.engine) as session:
        rider = session.exec(select(Notice).where(col(Notice.rides_with).is_not(None))).first()
        assert rider is not None
        hua = make_guardian(session, house, HUA)
        make_binding(session, hua, session.get_one(Student, rider.student_id))
        rider.guardian_id, rider.line_user_id = hua.id, HUA
        session.add(rider)
    later(house, seconds=5)
    send(house, line)
    pushes = line.accepted.values()
    assert sorted((one["to"], len(one["messages"])) for one in pushes) == [(MEI, 2), (HUA, 1)]


def test_news_line_finds_fault_with_takes_no_siblings_along(
    house: House, walk: Walk, line: FakeLine
) -> None:
    wrong = '{"message":"The request body has 1 error(s)"}'
    line.script = [(400, wrong), (400, wrong)]
    walk("07:41:00", *NAMES)
    assert [len(one) for one in send(house, line)] == [3]
    assert [len(one) for one in send(house, line)] == [1, 1, 1]
    assert states(house) == [NoticeState.ACCEPTED] * 2 + [NoticeState.DEAD]
    assert [len(one["messages"]) for one in line.accepted.values()] == [1, 1]


def test_push_that_may_have_been_read_before_is_not_taken_apart(
    house: House, walk: Walk, line: FakeLine
) -> None:
    line.script = [(500, "{}"), (400, '{"message":"blocked on the way"}')]
    walk("07:41:00", *NAMES)
    send(house, line)
    later(house, seconds=5)
    send(house, line)
    later(house, seconds=5)
    assert send(house, line) == []
    assert states(house) == [NoticeState.DEAD] * 3
