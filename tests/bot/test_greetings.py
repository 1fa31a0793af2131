"""Follow and unfollow: who is greeted how."""

from bot.answer import Answer, MenuKind
from core.db import transaction
from core.house import House
from core.people.guardians import unlink_account
from core.people.tables import Student
from tests.bot.conversation import hear
from tests.bot.happenings import make_follow, make_unfollow
from tests.bot.line_limits import words_of
from tests.bot.staff_room import LIN, make_room
from tests.conftest import MONDAY_MORNING
from tests.factories import HUA, MEI, make_guardian


def test_somebody_new_is_told_what_this_is(house: House) -> None:
    answer = hear(house, make_follow(user=HUA))

    assert answer.messages[0]["altText"] == "您好，這裡是臺北市到離校通知"
    assert answer.menu is MenuKind.UNBOUND
    assert {"1", "登入台北通", "綁定孩子", "開始設定"} <= set(words_of(answer.messages))


def test_a_guardian_who_comes_back_sees_today(house: House, ming: Student) -> None:
    answer = hear(house, make_follow(is_unblocked=True))

    assert words_of(answer.messages)[0] == "歡迎回來，通知已恢復。\n目前會收到小明的通知。"
    assert answer.messages[1]["altText"].startswith("小明：")
    assert answer.menu is MenuKind.PARENT


def test_linked_without_a_child_one_step_is_left(house: House) -> None:
    with transaction(house.engine) as session:
        make_guardian(session, house)

    said = words_of(hear(house, make_follow()).messages)

    assert "已登入台北通（林○婷）。還差一步：綁定孩子。" in said


def test_who_was_linked_before_can_sign_in_again(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        unlink_account(session, line_user_id=MEI, now=MONDAY_MORNING)

    answer = hear(house, make_follow())

    assert "這個 LINE 帳號還沒連結台北通，重新登入就能恢復通知。" in words_of(answer.messages)
    assert answer.menu is MenuKind.UNBOUND


def test_unfollow_is_recorded_without_a_word(house: House, ming: Student) -> None:
    assert hear(house, make_unfollow()) == Answer()


def test_staff_who_come_back_see_what_they_can_type(house: House) -> None:
    make_room(house)

    answer = hear(house, make_follow(user=LIN, is_unblocked=True))

    assert words_of(answer.messages)[:4] == ["歡迎回來。", "學校人員可以輸入", "今天", "今日"]
