"""Every example 說明 and the guide give leads to its own answer, whatever else is open."""

import re
from typing import Any

import pytest

from bot.commands import Command, match
from bot.replies.help import ASK, FIRST_ROWS, ROWS
from bot.replies.questions import told
from core.guide.question import answer_of
from core.guide.questions import all_questions
from core.house import House
from core.kinds import Channel
from core.people.tables import Student
from tests.bot.conversation import hear, say
from tests.bot.happenings import make_text
from tests.bot.line_limits import words_of
from tests.factories import HUA

OPEN = ["", "請假 明天", "請假", "補登申請", "補登申請 到校", "補登申請 到校 07:50"]
QUOTED = re.compile("「(.+?)」")
TITLES = [one.title for one in all_questions() if told(one)]
SAID = [answer_of(one, frozenset(Channel)) for one in all_questions()]
# What the guide says can be typed: 輸入「退訂」.
TOLD = sorted({word for said in SAID for word in re.findall("輸入「(.+?)」", said)})
NAMED = sorted({word for row in (*ROWS, *FIRST_ROWS) for word in row[0].split("・")})


def hear_in(house: House, begun: str, text: str) -> str:
    """All that is said to a text, while something is open or not."""
    if begun:
        say(house, begun)
    return " ".join(words_of(hear(house, make_text(text), longest_alt=60).messages))


@pytest.mark.parametrize("begun", OPEN)
def test_the_question_that_help_gives_as_an_example(
    house: House, ming: Student, begun: str
) -> None:
    [asked] = QUOTED.findall(ASK)

    message = say_bubble(house, begun, asked)

    assert words_of([message])[0] == "卡片不見了？忘了帶卡？"
    assert [step for step in typed_by(message) if len(step) < 5] == [
        "掛失",
        "補登申請",
        "說明",
        "客服",
    ]


def typed_by(message: dict[str, Any]) -> list[str]:
    return [one["action"]["text"] for one in message["quickReply"]["items"]]


def say_bubble(house: House, begun: str, text: str) -> dict[str, Any]:
    if begun:
        say(house, begun)
    return hear(house, make_text(text)).messages[0]


@pytest.mark.parametrize("begun", OPEN)
def test_every_title_leads_to_its_answer(house: House, ming: Student, begun: str) -> None:
    for title in TITLES:
        message = say_bubble(house, begun, title)

        # 沒收到通知 is looked into, which says more than the guide.
        is_command = match(title).command is Command.WHY
        assert words_of([message])[0] == ("為什麼沒收到" if is_command else title)


@pytest.mark.parametrize("begun", OPEN)
def test_every_word_that_is_told_is_obeyed(house: House, ming: Student, begun: str) -> None:
    for word in (*TOLD, *NAMED):
        command = match(word).command

        assert command is not None, word
        said = hear_in(house, begun, word)
        assert "不太確定" not in said, word
        assert "這裡可以查詢" not in said, word


@pytest.mark.parametrize("begun", OPEN)
def test_every_example_is_taken_whole(house: House, ming: Student, begun: str) -> None:
    examples = [what.removeprefix("例如：") for _, what in ROWS if what.startswith("例如：")]
    assert len(examples) == 2
    asked = {
        "請假 明天 病假": "替小明請假：11/24（二）全天，病假。要送出嗎？",
        "退訂 離校": "已退訂小明的 LINE 離校通知。",
    }

    for one in examples:
        assert asked[one] in hear_in(house, begun, one)


def test_a_newcomer_has_the_same_answers(house: House) -> None:
    for title in TITLES:
        if match(title).command is None:
            assert words_of(hear(house, make_text(title, user=HUA)).messages)[0] == title
