"""Words of somebody who may be looking for a child."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.worries import is_worried
from core.guide.questions import GUIDE
from core.house import House
from core.people.tables import Student
from tests.bot.conversation import say
from tests.bot.line_limits import words_of
from tests.bot.staff_room import LIN, make_room, tell

NAMES = [("小明", "王小明")]
HELP = "本服務不是緊急服務。有立即危險請撥 110。"


@pytest.mark.parametrize(
    "text",
    [
        *("找不到孩子", "我的孩子不見了！", "救命", "小明不見了", "王小明人不見了", "女兒不見了"),
        *("兒子失蹤了", "找不到小明", "我找不到我女兒", "小明聯絡不到", "小明走丟了", "孩子被綁架"),
        *("小孩被帶走了", "My child is missing", "I can't find my son", "Con tôi mất tích"),
        *("小孩還沒回家，我好擔心", "孩子到現在還沒回來 電話也不接", "都六點了還沒到家怎麼辦"),
        *("老師說小明沒到 可是我有送她到校門口", "我早上送他去的，老師說他不在學校"),
        *("không tìm thấy con", "anak saya hilang", "子どもがいません", "子供が行方不明です"),
    ],
)
def test_whoever_looks_for_a_child_is_heard(text: str) -> None:
    assert is_worried(text, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "孩子在哪",
            "小明的卡不見了",
            "學生證不見了",
            "找不到小明的卡片",
            "卡片不見",
            "小明今天沒到校",
        ),
        *("孩子的學生證找不到", "找不到學生證", "找不到頁面", "沒收到", "小華不見"),
        *("小明找不到學生證", "女兒找不到悠遊卡", "弟弟不見他的卡", "兒子找不到書包"),
        *("小明還沒回家", "孩子還沒回來", "小明回家了", "電話不接", "擔心收不到通知怎麼辦"),
        *("我送小明到校了，為什麼沒有到校通知", "請假沒有送出", "小明沒到校"),
        *("補登 小明 07:50 我有送他到校 沒有到校刷卡紀錄", "請假 小明 今天 送急診 沒到學校"),
        *(
            "訊息有發送但沒有到",
            "我傳送的檔案沒有到",
            "送了報名表，沒有進度",
            "會晚點送他去，還沒到校",
        ),
        *("I lost connection", "My child has lost his card", "I can't find my son's card"),
        *("My card is missing", "kartu hilang", "kartu anak hilang", "学生証が見つかりません"),
    ],
)
def test_whoever_looks_for_a_card_is_not(text: str) -> None:
    assert not is_worried(text, NAMES)


@given(st.text(max_size=80))
def test_no_text_is_too_strange(text: str) -> None:
    assert is_worried(text, NAMES) in (True, False)
    assert is_worried(f"{text} 救命", NAMES)


def test_no_question_of_the_guide_cries_for_help() -> None:
    every = [one for section in GUIDE for one in section.questions]
    assert [one.title for one in every if is_worried(one.title, NAMES)] == []


def test_a_lost_child_is_no_lost_card(house: House, ming: Student) -> None:
    said = say(house, "小明不見了")
    assert said[0] == HELP
    assert "撥電話給學校" in said


def test_staff_write_of_getting_lost(house: House) -> None:
    make_room(house)
    asked = words_of(tell(house, "發送 603 明天校外教學，請提醒孩子不要走失。", LIN).messages)
    assert HELP not in asked
    assert words_of(tell(house, "學生走失", LIN).messages)[0] == HELP
