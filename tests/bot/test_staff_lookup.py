"""查: one child, for a reason that stays on record; and nobody looks up a whole school."""

import pytest

from bot.handlers.staff.lookup import LIMIT
from core.audit import record_audit
from core.db import transaction
from core.house import House
from core.people.looks import LOOK
from core.people.staff import roles_of
from core.people.tables import Student
from core.privacy.looks import looks_at
from tests.bot.line_limits import words_of
from tests.bot.staff_room import GAO, HO, LIN, labels, make_room, press, tell


@pytest.fixture
def ming(house: House) -> Student:
    return make_room(house)


def test_reason_comes_before_the_child(house: House, ming: Student) -> None:
    asked = tell(house, "查 11510001", LIN)

    assert labels(asked) == ["確認到校", "家長來電", "其他", "返回"]
    assert not any("到校 07" in word for word in words_of(asked.messages))


def test_child_is_shown_with_week_boxes_and_last_notice(house: House, ming: Student) -> None:
    seen = words_of(press(house, tell(house, "查 11510001", LIN), "家長來電", LIN).messages)

    assert seen[0] == "603 班 12 王○明"
    assert seen[1].startswith("今天：還沒刷卡")
    assert "家長訂閱：LINE 到校、離校、未到校" in seen
    assert "最近一次通知：沒有" in seen
    whole = "".join(seen)
    assert ming.student_number not in whole
    assert "王小明" not in whole


def test_guardians_can_read_who_looked_and_why(house: House, ming: Student) -> None:
    press(house, tell(house, "查 11510001", HO), "家長來電", HO)

    with transaction(house.engine) as session:
        looks = looks_at(session, ming.id).looks
    assert {(look.reason, look.role) for look in looks} == {("", "officer"), ("call", "officer")}


def test_a_button_shows_nothing_once_the_child_is_not_theirs(house: House, ming: Student) -> None:
    asked = tell(house, "查 11510001", LIN)
    with transaction(house.engine) as session:
        child = session.get_one(Student, ming.id)
        child.homeroom = "604"
        session.add(child)

    said = words_of(press(house, asked, "其他", LIN).messages)

    assert said == ["查無這個學號，或不在您的範圍內。"]


def test_somebody_elses_button_shows_nothing(house: House, ming: Student) -> None:
    said = words_of(press(house, tell(house, "查 11510001", LIN), "其他", GAO).messages)

    assert said[0].startswith("這個按鈕")


def test_a_days_look_ups_have_an_end(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        (role,) = roles_of(session, LIN)
        for _ in range(LIMIT):
            record_audit(
                session,
                actor=f"staff:{role.id}",
                action=LOOK,
                subject=f"student:{ming.id}",
                now=house.clock.now(),
                reason="call",
            )

    said = words_of(press(house, tell(house, "查 11510001", LIN), "其他", LIN).messages)

    assert said == ["今天查詢已達上限，請洽學校管理者。"]
