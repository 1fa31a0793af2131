"""綁定 in the chat: the queue, opening a closed child, and a child who moved."""

import pytest
from sqlmodel import Session, select

from core.binding.closed import is_closed
from core.binding.rules import Rules, save_rules
from core.binding.trying import bind_child
from core.db import transaction
from core.duty.binding_tick import tidy_bindings
from core.house import House
from core.notices.tables import Notice
from core.people.bindings import children_of
from core.people.guardians import find_guardian
from core.people.tables import EnrollmentStatus, Guardian, Student
from tests.bot.conversation import hear
from tests.bot.happenings import make_postback
from tests.bot.line_limits import words_of
from tests.bot.staff_room import GAO, HO, OTHER_SCHOOL, SCHOOL, labels, make_room, press, tell
from tests.factories import HUA, MEI, claim_for, make_guardian


@pytest.fixture
def ming(house: House) -> Student:
    """Ming of 603, bound to Mei."""
    return make_room(house)


def try_to_bind(session: Session, house: House, who: Guardian, ming: Student, name: str) -> None:
    """Somebody states five facts."""
    bind_child(
        session,
        house.vault,
        guardian_id=who.id,
        claim=claim_for(ming, name=name),
        relationship="father",
        now=house.clock.now(),
    )


def children(house: House, user: str) -> list[tuple[str, str]]:
    """Name and school of a LINE user's children."""
    with transaction(house.engine) as session:
        guardian = find_guardian(session, user)
        assert guardian
        return [(one.name, one.school_code) for one in children_of(session, guardian.id)]


@pytest.mark.parametrize("asked", ["審核", "審核 綁定"])
@pytest.mark.parametrize(("label", "count"), [("核准", 1), ("退回", 0)])
def test_queue_is_answered_once_by_who_runs_the_school(
    house: House, ming: Student, asked: str, label: str, count: int
) -> None:
    with transaction(house.engine) as session:
        now = house.clock.now()
        save_rules(session, SCHOOL, Rules(needs_approval=True), by="staff:x", now=now)
        hua = make_guardian(session, house, HUA, name="陳淑華")
        try_to_bind(session, house, hua, ming, "王小明")
    queue = tell(house, asked, HO)
    assert labels(queue) == ["退回", "核准"]
    assert labels(tell(house, asked, GAO)) == []
    assert words_of(press(house, queue, label, HO).messages)[0].startswith(f"已{label}。")
    again = words_of(press(house, queue, label, HO).messages)
    assert again == [f"您已經{label}了，不需要再按。"]
    assert len(children(house, HUA)) == count


def test_closed_child_is_opened_after_asking_back(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        for n in range(10):
            stranger = make_guardian(session, house, f"U{n:032x}")
            try_to_bind(session, house, stranger, ming, "王大明")
        assert is_closed(session, house.vault, ming, house.clock.now())
    asked = tell(house, "開放 11510001", HO)
    assert words_of(press(house, asked, "開放", HO).messages) == ["已開放，今天可以再核對 10 次。"]
    with transaction(house.engine) as session:
        assert not is_closed(session, house.vault, ming, house.clock.now())


@pytest.mark.parametrize(
    ("label", "said", "school"),
    [
        ("沿用", "已沿用原來的綁定和訂閱。", OTHER_SCHOOL),
        ("不用了", "已記下，不沿用。要綁定時，輸入「加入學生」。", SCHOOL),
    ],
)
def test_child_who_moved_follows_at_one_tap_of_the_guardian(
    house: House, ming: Student, label: str, said: str, school: str
) -> None:
    with transaction(house.engine) as session:
        session.get_one(Student, ming.id).status = EnrollmentStatus.TRANSFERRED
        facts = ming.model_dump(exclude={"id", "school_code"})
        session.add(Student(**facts, school_code=OTHER_SCHOOL))
    tidy_bindings(house)
    with transaction(house.engine) as session:
        content = session.exec(select(Notice.content).where(Notice.kind == "moved_up")).one()
    data = data_behind(content.decode(), label)
    by_stranger = make_postback(data, user=HO, at=house.clock.now())
    assert words_of(hear(house, by_stranger).messages) == ["這個按鈕不能在這裡使用。"]
    pressed = make_postback(data, user=MEI, at=house.clock.now())
    assert words_of(hear(house, pressed).messages) == [said]
    assert children(house, MEI) == [("王小明", school)]


def data_behind(content: str, label: str) -> str:
    """Return the data of a button in a frozen message."""
    before, _, _ = content.partition(f'","displayText":"{label}"')
    return before.rpartition('"data":"')[2]
