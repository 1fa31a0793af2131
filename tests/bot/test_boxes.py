"""訂閱 and 退訂 typed: one box at once, what is on now, and back again."""

import pytest
from sqlmodel import select

from bot.box_words import read_boxes
from core.db import snapshot, transaction
from core.house import House
from core.kinds import Channel, EventKind
from core.languages.language import Language
from core.languages.speech import speaking
from core.people.guardians import find_guardian
from core.people.languages import choose_language
from core.people.subscriptions import boxes_of
from core.people.tables import Binding, Guardian, Student
from tests.bot.conversation import hear
from tests.bot.happenings import make_postback, make_text
from tests.bot.line_limits import words_of
from tests.bot.staff_room import data_of, labels, press, rows_of, tell
from tests.conftest import MONDAY_MORNING
from tests.factories import HUA, MEI, make_binding, make_guardian, make_student

ARRIVAL, DEPARTURE, NO_SHOW = EventKind.ARRIVAL, EventKind.DEPARTURE, EventKind.NO_SHOW
ALL = set(EventKind)
MEANINGS = [
    ("退訂 小明 離校", 0, (DEPARTURE,), None),
    ("退訂小華到校", 1, (ARRIVAL,), None),
    ("退訂 小明 未到校", 0, (NO_SHOW,), None),
    ("訂閱 小明 到離校", 0, (ARRIVAL, DEPARTURE), None),
    ("退訂 小明 全部", 0, (ARRIVAL, DEPARTURE, NO_SHOW), None),
    ("退訂　小明　離校", 0, (DEPARTURE,), None),
    ("退訂 小明 簡訊", 0, (), Channel.SMS),
    ("訂閱 email", None, (), Channel.EMAIL),
    ("退訂", None, (), None),
]


def ticked(house: House, number: int = 0) -> set[EventKind]:
    with snapshot(house.engine) as session:
        binding = session.exec(select(Binding).order_by(Binding.bound_at, Binding.id)).all()[number]  # type: ignore[arg-type]
        return {kind for channel, kind in boxes_of(session, binding.id) if channel is Channel.LINE}


@pytest.mark.parametrize(("text", "child", "kinds", "channel"), MEANINGS)
def test_what_a_line_means(
    text: str, child: int | None, kinds: tuple[EventKind, ...], channel: Channel | None
) -> None:
    found = read_boxes(text, [("小明", "王小明"), ("小華", "王小華")])

    assert (found.child, found.kinds, found.channel) == (child, kinds, channel)


def test_one_line_turns_one_box_and_the_button_turns_it_back(house: House, ming: Student) -> None:
    done = tell(house, "退訂 小明 離校", MEI)

    assert words_of(done.messages)[:2] == [
        "已退訂小明的 LINE 離校通知。",
        "現在：到校 已訂閱・離校 未訂閱・未到校 已訂閱",
    ]
    assert ticked(house) == ALL - {DEPARTURE}
    back = press(house, done, "復原", MEI)
    assert words_of(back.messages)[0] == "已訂閱小明的 LINE 離校通知。"
    assert ticked(house) == ALL


def test_the_word_alone_says_how_the_boxes_stand(house: House, ming: Student) -> None:
    asked = hear(house, make_text("退訂"))

    assert words_of(asked.messages) == [
        "小明的 LINE 通知",
        "到校 已訂閱・離校 已訂閱・未到校 已訂閱",
        "要改哪一項？",
    ]
    words = [item["action"]["text"] for item in asked.messages[0]["quickReply"]["items"]]
    assert words == ["退訂 小明 到校", "退訂 小明 離校", "退訂 小明 未到校"]


def test_giving_up_未到校_is_asked_once(house: House, ming: Student) -> None:
    asked = tell(house, "退訂 未到校", MEI)

    assert words_of(asked.messages)[0] == "退訂後，截止時間沒有刷卡也不會通知您。確定嗎？"
    assert ticked(house) == ALL
    assert labels(asked) == ["保留", "退訂"]
    press(house, asked, "退訂", MEI)
    assert ticked(house) == {ARRIVAL, DEPARTURE}


def test_last_box_off_says_that_the_child_stays_bound(house: House, ming: Student) -> None:
    press(house, tell(house, "退訂 全部", MEI), "退訂", MEI)

    again = words_of(tell(house, "退訂 到校", MEI).messages)

    assert ticked(house) == set()
    assert again[0] == "小明的 LINE 到校通知本來就沒有訂閱。"
    done = words_of(tell(house, "訂閱 到校", MEI).messages)
    assert done[0] == "已訂閱小明的 LINE 到校通知。"


def test_of_several_children_one_is_asked_for(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        make_binding(session, guardian, make_student(session, house, name="王小華", number="2"))

    asked = hear(house, make_text("退訂 離校"))

    assert words_of(asked.messages) == ["要改哪位孩子的通知？"]
    words = [item["action"]["text"] for item in asked.messages[0]["quickReply"]["items"]]
    assert set(words) == {"退訂 小明 離校", "退訂 小華 離校"}


@pytest.mark.parametrize("text", ["退訂 酷課", "訂閱 小明 e-mail"])
def test_other_channels_are_elsewhere(house: House, ming: Student, text: str) -> None:
    before = rows_of(house)

    said = words_of(tell(house, text, MEI).messages)

    assert "開啟小明的網頁" in said
    assert rows_of(house) == before


@pytest.mark.parametrize("language", [one for one in Language if one is not Language.CHINESE])
def test_buttons_of_other_languages_turn_boxes_too(
    house: House, ming: Student, language: Language
) -> None:
    with transaction(house.engine) as session:
        choose_language(session, MEI, language, MONDAY_MORNING)
    with speaking(language):
        asked = hear(house, make_text("退訂"), longest_alt=60)
        off = asked.messages[0]["quickReply"]["items"][1]["action"]["text"]
        hear(house, make_text(off), longest_alt=60)
        assert ticked(house) == ALL - {DEPARTURE}
        asked = hear(house, make_text("退訂"), longest_alt=60)
        on = asked.messages[0]["quickReply"]["items"][1]["action"]["text"]
        hear(house, make_text(on), longest_alt=60)
    assert ticked(house) == ALL


def test_general_members_only_look(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        session.get_one(Guardian, guardian.id).verify_level = "0"

    said = words_of(tell(house, "退訂 離校", MEI).messages)

    assert "只能查看" in said
    assert ticked(house) == ALL


def test_nobody_turns_another_guardians_box(house: House, ming: Student) -> None:
    data = data_of(tell(house, "退訂 離校", MEI), "復原")
    with transaction(house.engine) as session:
        make_guardian(session, house, HUA)

    said = words_of(hear(house, make_postback(data, user=HUA)).messages)

    assert said == ["這個按鈕不能在這裡使用。"]
    assert ticked(house) == ALL - {DEPARTURE}
