"""Words of somebody who may be looking for a child."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dangers import is_desperate, is_in_danger
from bot.worries import is_worried
from core.guide.questions import GUIDE
from core.house import House
from core.people.tables import Student
from tests.bot.conversation import say
from tests.bot.line_limits import words_of
from tests.bot.staff_room import LIN, make_room, tell
from tests.factories import HUA

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
        *("小明被不認識的人帶走了", "有人要帶走小明", "前夫要來學校把小孩帶走", "小明离家出走了"),
        *("安親班說沒接到小明", "在校門口等不到小明", "阿嬤沒接到人", "安親班說小明沒有去"),
        *("小明七點就出門了，學校說沒到", "小明不见了", "孫子不見了", "子供が帰ってきません"),
        *("My son didn't come home", "anak saya belum pulang, saya khawatir"),
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
        *(
            "頁面沒看到小明",
            "沒看到小明的通知",
            "沒看到小明到校",
            "小明的書包被帶走",
            "弟弟搶妹妹的",
        ),
        *("出門忘了帶卡", "安親班說沒收到通知", "等不到人接電話", "帶走小明書包"),
        *("I lost connection", "My child has lost his card", "I can't find my son's card"),
        *("My card is missing", "kartu hilang", "kartu anak hilang", "学生証が見つかりません"),
    ],
)
def test_whoever_looks_for_a_card_is_not(text: str) -> None:
    assert not is_worried(text, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        *("小明在校門口被車撞了", "小明昏倒了", "小明受傷了", "学校失火", "有人拿刀", "我先生打我"),
        *("校門口有怪人", "有陌生人在校門口", "有人跟蹤小明", "小明被同學打", "孩子被霸凌"),
        *("不要讓爸爸接走小明", "地震了小孩都好嗎", "請叫救護車", "my son had an accident"),
        *("con tôi bị tai nạn", "anak saya kecelakaan", "子供が怪我をしました"),
    ],
)
def test_a_danger_is_heard(text: str) -> None:
    assert is_in_danger(text)


@pytest.mark.parametrize(
    "text",
    [
        *("小明車禍住院請假一週", "請假 小明 今天 被車撞 送急診", "小明昨天跌倒", "地震演習是哪天"),
        *("有陌生人綁定我的孩子", "怪我忘了刷卡", "奇怪人在學校怎麼沒刷", "被打擾很煩", "打我手機"),
        *("手機摔下來壞了", "打孩子電話", "怎麼跟蹤孩子的位置", "霸凌專線", "怪我で休みます"),
        *("嚇死我了", "I pressed it by accident", "地震會停課嗎", "被打槍"),
        *("小明腳受傷今天不去學校", "小明流鼻血止不住，流血，在家休息", "跌倒沒辦法去上學"),
    ],
)
def test_what_lies_behind_or_is_no_danger_is_none(text: str) -> None:
    assert not is_in_danger(text)


@pytest.mark.parametrize(
    "text",
    [
        *("我不想活了", "小明說他想死", "孩子說要跳樓", "小明自残", "I want to die"),
        *("he wants to kill himself", "tôi muốn chết", "bunuh diri", "死にたいです"),
        *("他昨天說不想活了", "小明說想死，今天請假", "不想去學校，一直說想死"),
    ],
)
def test_despair_is_heard(text: str) -> None:
    assert is_desperate(text)


@pytest.mark.parametrize(
    "text", ["想死你了", "笑死我", "累死了", "不想活動", "自殺防治講座幾點", "跳樓大拍賣", "氣死"]
)
def test_a_way_of_speaking_is_no_despair(text: str) -> None:
    assert not is_desperate(text)


@given(st.text(max_size=80))
def test_no_text_is_too_strange(text: str) -> None:
    is_in_danger(text)
    is_desperate(text)
    assert is_worried(f"{text} 救命", NAMES)


def test_no_question_of_the_guide_cries_for_help() -> None:
    every = [one for section in GUIDE for one in section.questions]
    titles = [one.title for one in every]
    heard = [one for one in titles if is_worried(one, NAMES) or is_in_danger(one)]
    assert heard == []


def test_a_lost_child_is_no_lost_card(house: House, ming: Student) -> None:
    said = say(house, "小明不見了")
    assert said[0] == HELP
    assert "撥電話給學校" in said


def test_who_does_not_want_to_live_hears_who_listens(house: House, ming: Student) -> None:
    said = say(house, "小明說他不想活了")
    assert said[:2] == [HELP, "想找人說說話，可以撥安心專線 1925，24 小時、不收費。"]
    assert said[-2:] == ["撥 1925", "撥 110"]
    assert say(house, "小明被車撞了")[0] == HELP
    assert "撥 1925" in say(house, "不想活了", HUA)


def test_an_accident_is_a_reason_while_a_leave_is_asked_for(house: House, ming: Student) -> None:
    say(house, "請假 小明 今天")
    assert HELP not in say(house, "跌倒受傷")


def test_staff_write_of_getting_lost(house: House) -> None:
    make_room(house)
    asked = words_of(tell(house, "發送 603 明天校外教學，請提醒孩子不要走失。", LIN).messages)
    assert HELP not in asked
    assert words_of(tell(house, "學生走失", LIN).messages)[0] == HELP
