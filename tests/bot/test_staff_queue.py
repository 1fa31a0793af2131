"""審核: make-ups that guardians asked for, one tap each; the first answer counts."""

from datetime import timedelta

import pytest
from sqlmodel import select

from core.attendance.tables import AttendanceDay
from core.db import transaction
from core.gate.make_up_requests import NewRequest, ask_make_up
from core.gate.tables import MakeUpRequest
from core.house import House
from core.kinds import Direction, MakeUpReason, NoticeKind
from core.notices.staff_desk import staff_desk
from core.notices.tables import Notice
from core.people.bindings import children_of
from core.people.guardians import find_guardian
from core.people.tables import Student
from tests.bot.line_limits import words_of
from tests.bot.staff_room import GAO, HO, LIN, WU, labels, make_room, press, tell
from tests.factories import MEI, make_binding, make_guardian


@pytest.fixture
def ming(house: House) -> Student:
    """Ming of 603, for whom Mei asked this morning."""
    ming = make_room(house)
    ask(house)
    return ming


def ask(house: House, direction: Direction = Direction.IN) -> None:
    """Mei asks for a tap ten minutes ago."""
    now = house.clock.now()
    wish = NewRequest(
        at=now - timedelta(minutes=10), direction=direction, reason=MakeUpReason.FORGOTTEN
    )
    with transaction(house.engine) as session:
        mei = find_guardian(session, MEI)
        assert mei
        (child,) = children_of(session, mei.id)
        desk = staff_desk(house.settings)
        ask_make_up(session, house.vault, desk, child, mei.id, wish, back=5, now=now)


def state(house: House) -> str:
    with transaction(house.engine) as session:
        return session.exec(select(MakeUpRequest.state)).one()


def test_teacher_enters_what_was_asked_with_one_tap(house: House, ming: Student) -> None:
    queue = tell(house, "審核", LIN)
    assert labels(queue) == ["不登記", "登記"]
    assert "原因：忘帶卡" in words_of(queue.messages)

    said = words_of(press(house, queue, "登記", LIN).messages)

    assert said[0].startswith("已登記：603 班 12 王○明 11/23（一）到校 07:10（補登）。")
    assert said[1] == "目前沒有待審的申請。"
    with transaction(house.engine) as session:
        day = session.exec(select(AttendanceDay)).one()
    assert day.arrival_is_make_up


def test_saying_no_asks_for_the_reason_the_guardian_reads(house: House, ming: Student) -> None:
    asked = press(house, tell(house, "審核", LIN), "不登記", LIN)
    assert state(house) == "open"

    said = words_of(press(house, asked, "老師當天沒有看到孩子", LIN).messages)

    assert said[0].startswith("沒有登記：603 班 12 王○明")
    assert state(house) == "refused"


@pytest.mark.parametrize("label", ["登記", "不登記"])
def test_of_two_answers_the_first_counts(house: House, ming: Student, label: str) -> None:
    of_lin, of_ho = tell(house, "審核", LIN), tell(house, "審核", HO)
    press(house, of_lin, "登記", LIN)

    answer = press(house, of_ho, label, HO)
    if label == "不登記":
        answer = press(house, answer, "請直接和老師聯絡", HO)

    assert words_of(answer.messages) == ["已有人處理。"]
    assert state(house) == "approved"


@pytest.mark.parametrize(("label", "own"), [("登記", "登記"), ("不登記", "回覆不登記")])
def test_who_answered_hears_it_of_a_second_press(
    house: House, ming: Student, label: str, own: str
) -> None:
    card = tell(house, "審核", LIN)
    said = press(house, card, label, LIN)
    if label == "不登記":
        card, label = said, "請直接和老師聯絡"
        press(house, card, label, LIN)

    again = words_of(press(house, card, label, LIN).messages)

    assert again == [f"您已經{own}了，不需要再按。"]


def test_others_see_nothing_of_it(house: House, ming: Student) -> None:
    for user in (WU, GAO):
        assert words_of(tell(house, "審核", user).messages) == ["目前沒有待審的申請。"]


def test_after_one_the_next_is_offered(house: House, ming: Student) -> None:
    ask(house, Direction.OUT)

    first = tell(house, "審核", LIN)
    assert words_of(first.messages)[0] == "待審：補登 2"
    then = press(house, first, "登記", LIN)

    assert labels(then) == ["不登記", "登記"]


def test_teacher_is_asked_with_the_answers_in_the_message(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        notice = session.exec(select(Notice).where(Notice.kind == NoticeKind.MAKE_UP_ASKED)).one()

    assert notice.line_user_id == LIN
    assert "不登記" in notice.content.decode()


@pytest.mark.parametrize("asked", ["審核 補登", "審核 補登申請", "審核補登"])
def test_the_queue_of_make_ups_alone(house: House, ming: Student, asked: str) -> None:
    queue = tell(house, asked, LIN)

    assert words_of(queue.messages)[0] == "待審：補登 1"
    assert labels(queue) == ["不登記", "登記"]


@pytest.mark.parametrize("user", [LIN, HO])
def test_the_queue_of_bindings_alone_says_when_there_are_none(
    house: House, ming: Student, user: str
) -> None:
    answer = tell(house, "審核 綁定", user)

    assert words_of(answer.messages) == ["沒有待審的綁定。"]


def test_what_a_command_does_not_take_is_no_matter_of_rights(house: House, ming: Student) -> None:
    said = words_of(tell(house, "審核 嘿", LIN).messages)

    assert said == ["不太確定您要查什麼。請輸入「說明」，看可以使用的指令。"]
    assert "您的權限不包含這個指令。" in words_of(tell(house, "名冊 603", LIN).messages)[0]


def test_a_teachers_question_as_a_parent_is_answered_from_the_guide(
    house: House, ming: Student
) -> None:
    with transaction(house.engine) as session:
        make_binding(session, make_guardian(session, house, LIN), ming)

    said = words_of(tell(house, "未到校怎麼辦", LIN).messages)

    assert said[0] == "孩子在學校，為什麼收到「尚無刷卡紀錄」？"
