"""小晴到校了嗎, 女兒請假: what is asked in a parent's own words, about one child."""

import pytest

from bot.answer import Answer
from bot.commands import ACTS, Command, Match
from bot.of_child import of_child
from core.db import transaction
from core.house import House
from core.people.guardians import find_guardian
from core.people.tables import Student
from tests.bot.conversation import hear
from tests.bot.happenings import make_text
from tests.bot.line_limits import words_of
from tests.factories import HUA, MEI, make_binding, make_student

NAMES = [("小晴", "王小晴"), ("小明", "王小明")]
ASKED = [
    ("小晴到校了嗎", Command.TODAY),
    ("王小晴到學校了嗎？", Command.TODAY),
    ("小晴離校了嗎", Command.TODAY),
    ("孩子到學校了嗎", Command.TODAY),
    ("我女兒到學校了嗎", Command.TODAY),
    ("兒子回家了嗎", Command.TODAY),
    ("請問弟弟今天有到校嗎", Command.TODAY),
    ("今天有沒有到學校", Command.TODAY),
    ("妹妹還在學校嗎", Command.TODAY),
    ("小晴幾點到校的", Command.TODAY),
    ("小晴請假", Command.LEAVE),
    ("小晴 請假", Command.LEAVE),
    ("女兒發燒", Command.LEAVE),
    ("小晴的紀錄", Command.WEEK),
    ("小晴忘帶卡", Command.MAKE_UP),
    ("小晴的卡片不見了", Command.LOST_CARD),
    ("小美到校了嗎", Command.TODAY),
    ("小晴到了嗎", Command.TODAY),
    ("小晴在哪裡", Command.TODAY),
    ("女兒現在在哪", Command.TODAY),
    ("小晴忘記帶卡", Command.MAKE_UP),
    ("小晴的學生證不見了", Command.LOST_CARD),
    ("你好 請問小晴有到學校嗎", Command.TODAY),
    ("請問小晴到校了嗎謝謝", Command.TODAY),
    ("老師小晴到了嗎", Command.TODAY),
    ("小晴剛剛有進校門嗎？", Command.TODAY),
    ("我女兒到學校了沒有阿", Command.TODAY),
    ("小晴下課了嗎", Command.TODAY),
    ("孩子到現在還沒回來", Command.TODAY),
    ("小晴怎麼還沒到家", Command.TODAY),
    ("小晴昨天有去學校嗎", Command.WEEK),
    ("小晴上星期五幾點到校", Command.WEEK),
    ("小晴到校了吗", Command.TODAY),
    ("孩子还没到学校吗", Command.TODAY),
    ("小晴到了ㄇ", Command.TODAY),
    ("阿孫有到學校無", Command.TODAY),
    ("他到了嗎", Command.TODAY),
    ("不好意思想問一下小晴到了沒", Command.TODAY),
    ("哥哥跟妹妹都到學校了嗎", Command.TODAY),
    ("兩個都到了嗎", Command.TODAY),
    ("小晴安全到學校了嗎", Command.TODAY),
    ("小晴有沒有準時到", Command.TODAY),
    ("小晴的到校時間", Command.TODAY),
    ("小晴放學沒回家", Command.TODAY),
    ("幫小晴請假", Command.LEAVE),
    ("昨天的紀錄", Command.WEEK),
    ("小晴上週", Command.WEEK),
    ("那昨天呢", Command.WEEK),
    ("這個月的到校紀錄", Command.WEEK),
]


@pytest.mark.parametrize(("text", "command"), ASKED)
def test_what_is_said_of_a_child_is_the_command_without_it(text: str, command: Command) -> None:
    assert of_child(text, NAMES) == Match(command)


@pytest.mark.parametrize("name", ["Hilda", "Hiroki", "好安"])
def test_a_name_that_begins_like_a_greeting_is_a_name(name: str) -> None:
    names = [(name, f"{name} Chen")]
    assert of_child(f"{name}到校了嗎", names) == Match(Command.TODAY)
    assert of_child(f"你好 請問{name}到校了嗎", names) == Match(Command.TODAY)
    assert of_child(f"老師好，{name}請假", names) == Match(Command.LEAVE)


@pytest.mark.parametrize(
    "text",
    ["小晴", "小晴取消", "孩子不去", "孩子確定送出", "小晴放假", "小晴明天", "孩子", ""]
    + ["小晴會遲到", "他的學校", "查小晴", "看公告", "幫我", "看請假", "查小晴的請假"],
)
def test_what_is_about_no_child_stays_as_it_was(text: str) -> None:
    assert of_child(text, NAMES).command is None


@pytest.mark.parametrize("text", ["小晴請假嗎", "小晴請假嗎？謝謝", "小晴退訂了嗎", "小晴掛失嗎"])
def test_a_polite_question_of_a_child_starts_nothing(text: str) -> None:
    assert of_child(text, NAMES).command not in ACTS


@pytest.mark.parametrize("text", ["小晴", "王小晴？", "孩子", "我女兒呢"])
def test_a_name_and_nothing_more_offers_its_day(text: str) -> None:
    assert of_child(text, NAMES) == Match(nearest=Command.TODAY)


@pytest.mark.parametrize("text", ["小美", "你好", "老師", "謝謝", ""])
def test_what_names_no_own_child_offers_nothing(text: str) -> None:
    assert of_child(text, NAMES) == Match()


@pytest.fixture
def hua(house: House, ming: Student) -> Student:
    """小華, Ming's younger sibling."""
    with transaction(house.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        younger = make_student(session, house, name="王小華", number="2")
        make_binding(session, guardian, younger)
    return younger


def tell(house: House, text: str, user: str = MEI) -> Answer:
    return hear(house, make_text(text, user=user))


@pytest.mark.parametrize("text", ["小華到校了嗎", "小華今天離校了嗎", "今天 小華"])
def test_today_of_the_child_that_is_named(house: House, hua: Student, text: str) -> None:
    assert tell(house, text).messages[0]["altText"] == "小華：還沒刷卡（截止 08:30）"


def test_today_of_all_where_none_is_named(house: House, hua: Student) -> None:
    alt = tell(house, "孩子到學校了嗎").messages[0]["altText"]

    assert alt in ("小明、小華今天的紀錄", "小華、小明今天的紀錄")


def test_a_name_of_one_sign_is_no_part_of_today(house: House, hua: Student) -> None:
    with transaction(house.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        make_binding(session, guardian, make_student(session, house, name="歐陽天", number="3"))

    for text in ("今天", "孩子今天到校了嗎"):
        (message,) = tell(house, text).messages
        assert len(message["contents"]["contents"]) == 3, text


def test_who_is_not_linked_is_led_to_sign_in_by_a_question(house: House, ming: Student) -> None:
    asked = tell(house, "孩子到學校了嗎", HUA)

    assert "請先登入台北通並綁定孩子，約 3 分鐘。" in words_of(asked.messages)


def test_a_leave_goes_on_with_the_child_named_first(house: House, hua: Student) -> None:
    assert words_of(tell(house, "小華請假").messages)[0] == "替小華請假，哪一天？"


def test_what_is_only_offered_keeps_the_child(house: House, hua: Student) -> None:
    offered = tell(house, "小華可能要請假").messages[0]

    assert offered["text"] == "不太確定您的意思。您是要「請假」嗎？"
    assert offered["quickReply"]["items"][0]["action"]["text"] == "請假 小華"


def test_a_question_about_nobody_bound_says_so(house: House, ming: Student) -> None:
    asked = tell(house, "小美到校了嗎").messages[0]

    assert asked["text"] == "還沒有綁定「小美」。要看小明今天的紀錄嗎？"
