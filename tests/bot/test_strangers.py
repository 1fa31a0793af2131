"""A line that names a child who is not bound never becomes another child's."""

import pytest

from bot.child_words import stranger_in
from bot.commands import SYNONYMS, Command
from bot.tables import Conversation
from core.db import snapshot, transaction
from core.house import House
from core.languages.language import Language
from core.languages.speech import speaking
from core.people.guardians import find_guardian
from core.people.tables import Student
from tests.bot.conversation import hear, say
from tests.bot.happenings import make_text
from tests.bot.staff_room import rows_of
from tests.factories import MEI, make_binding, make_student

QING = [("小晴", "王小晴")]
NAMED = [
    ("請假 小明 明天 發燒", "小明"),
    ("請假小明明天", "小明"),
    ("請假 王大明 明天", "王大明"),
    ("請假 明天 小明", "小明"),
    ("請假 Anna 明天", "Anna"),
    ("我想替小明請假 明天", "小明"),
    ("小明明天要請假", "小明"),
    ("取消請假 安安", "安安"),
    ("補登 小明 07:50 忘帶卡", "小明"),
    ("訂閱小明離校", "小明"),
    ("訂購簡訊小華到離校", "小華"),
    ("今天 小明", "小明"),
]
NOT_NAMED = [
    "請假 小晴 明天",
    "請假 明天 出國",
    "請假 明天 要去看醫生",
    "請假 半天",
    "取消請假 下週一",
    "補登 0750 卡壞了",
    "補登申請 到校 7點50分 卡片不見",
    "退訂 離校",
    "簡訊 費用",
    "今天到了嗎",
]


@pytest.mark.parametrize(("text", "name"), NAMED)
def test_a_name_of_nobody_bound_is_seen(text: str, name: str) -> None:
    assert stranger_in(text, QING) == name


@pytest.mark.parametrize("text", NOT_NAMED)
def test_what_is_no_name_is_taken_for_none(text: str) -> None:
    assert stranger_in(text, QING) == ""


@pytest.mark.parametrize("text", ["今天 補課", "今天 有課嗎", "簡訊 規則", "今天 Anna"])
def test_where_nothing_is_done_a_doubtful_word_is_no_name(text: str) -> None:
    assert stranger_in(text, QING, is_only_shown=True) == ""


@pytest.mark.parametrize("text", ["今天 小明", "註銷簡訊 小明"])
def test_where_nothing_is_done_a_plain_name_is_seen(text: str) -> None:
    assert stranger_in(text, QING, is_only_shown=True) == "小明"


def test_no_command_is_a_name() -> None:
    for command in Command:
        for word in (command.value, *SYNONYMS.get(command, "").split()):
            assert stranger_in(word, QING) == "", word


def test_capitals_of_a_latin_sentence_are_no_names() -> None:
    with speaking(Language.ENGLISH):
        assert stranger_in("Leave Monday", QING) == ""


ASKED = [
    ("請假 小華 明天 發燒", "要替小明請假嗎？", "請假 小明 明天 發燒"),
    ("小華明天要請假", "要替小明請假嗎？", "請假 小明 明天要請假"),
    ("小華請假", "要替小明請假嗎？", "請假 小明"),
    ("取消請假 小華", "要取消小明的請假嗎？", "取消請假 小明"),
    ("補登 小華 07:50 忘帶卡", "要替小明申請補登嗎？", "補登 小明 07:50 忘帶卡"),
    ("退訂 小華 離校", "要改小明的通知嗎？", "退訂 小明 離校"),
    ("訂閱小華離校", "要改小明的通知嗎？", "訂閱 小明 離校"),
    ("註銷簡訊 小華", "要看小明的簡訊服務嗎？", "註銷簡訊 小明"),
    ("請協助確認 小華", "要請學校確認小明嗎？", "請協助確認 小明"),
    ("今天 小華", "要看小明今天的紀錄嗎？", "今天 小明"),
]


@pytest.mark.parametrize(("text", "question", "line"), ASKED)
def test_another_name_is_asked_about_and_nothing_is_begun(
    house: House, ming: Student, text: str, question: str, line: str
) -> None:
    before = rows_of(house)
    answer = hear(house, make_text(text))

    assert answer.messages[0]["text"] == f"還沒有綁定「小華」。{question}"
    items = [one["action"] for one in answer.messages[0]["quickReply"]["items"]]
    assert [one["label"] for one in items] == ["小明", "加入學生"]
    assert items[0]["text"] == line
    assert rows_of(house) == before


def test_of_several_children_it_asks_which(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        make_binding(session, guardian, make_student(session, house, name="王小華", number="2"))

    answer = hear(house, make_text("請假 安安 明天"))

    assert answer.messages[0]["text"] == "還沒有綁定「安安」。替哪位孩子請假？"
    items = [one["action"]["label"] for one in answer.messages[0]["quickReply"]["items"]]
    assert sorted(items) == ["加入學生", "小明", "小華"]


def test_in_an_open_dialogue_another_name_is_no_answer(house: House, ming: Student) -> None:
    say(house, "請假 明天")

    assert say(house, "小華 後天") == ["還沒有綁定「小華」。要替小明請假嗎？"]
    with snapshot(house.engine) as session:
        assert session.get(Conversation, MEI) is None, "a 好 would send the other child's"
