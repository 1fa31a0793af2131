"""Typed words to commands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import SYNONYMS, Command, Match, fold, is_worried, match

SPELLINGS = [
    ("今天", Command.TODAY),
    ("今天到了嗎", Command.TODAY),
    ("到校了嗎？", Command.TODAY),
    ("孩子在哪", Command.TODAY),
    ("today", Command.TODAY),
    ("Hôm nay", Command.TODAY),
    ("ｔｏｄａｙ", Command.TODAY),
    ("/今天。", Command.TODAY),
    (" 今 天 ", Command.TODAY),
    ("本周", Command.WEEK),
    ("這禮拜", Command.WEEK),
    ("這星期呢", Command.WEEK),
    ("tuần này", Command.WEEK),
    ("设定", Command.SETTINGS),
    ("cài đặt", Command.SETTINGS),
    ("加入学生", Command.ADD_CHILD),
    ("歸戶", Command.ADD_CHILD),
    ("？", Command.HELP),
    ("怎麼用？", Command.HELP),
    ("登入臺北通", Command.START),
    ("語言 Language", Command.LANGUAGE),
    ("tiếng việt", Command.VIETNAMESE),
    ("真人", Command.HOTLINE),
    ("請假 小明 明天 發燒", Command.LEAVE),
    ("退訂　小明　離校", Command.UNSUBSCRIBE),
    ("忘記刷卡", Command.MAKE_UP),
    ("沒收到", Command.WHY),
    ("請假小明明天發燒", Command.LEAVE),
    ("取消請假小明", Command.LEAVE_CANCEL),
    ("今日", Command.TODAY),
    ("謝謝！", Command.THANKS),
]


@pytest.mark.parametrize(("text", "command"), SPELLINGS)
def test_spellings_of_a_command(text: str, command: Command) -> None:
    assert match(text) == Match(command)


@pytest.mark.parametrize("command", Command)
def test_every_command_and_synonym_is_understood(command: Command) -> None:
    for word in (command.value, *SYNONYMS.get(command, "").split()):
        assert match(word).command is command, word


@pytest.mark.parametrize(
    ("text", "command"),
    [("setings", Command.SETTINGS), ("加入學升", Command.ADD_CHILD), ("為什麼沒收", Command.WHY)],
)
def test_one_slip_in_a_longer_word_is_forgiven(text: str, command: Command) -> None:
    assert match(text) == Match(command)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("明天", Command.TODAY),
        ("今夭", Command.TODAY),
        ("今大", Command.TODAY),
        ("我想看今天的紀錄", Command.TODAY),
    ],
)
def test_what_may_be_meant_is_only_offered(text: str, command: Command) -> None:
    assert match(text) == Match(nearest=command)


@pytest.mark.parametrize("text", ["", " ", "。", "Good morning", "台北", "a" * 5000, "今天" * 40])
def test_what_is_near_nothing_offers_nothing(text: str) -> None:
    assert match(text) == Match()


def test_the_longer_word_inside_a_sentence_is_meant() -> None:
    assert match("請問怎麼開始設定呢").nearest is Command.START


@pytest.mark.parametrize(
    ("text", "expected"),
    [("找不到孩子", True), ("我的孩子不見了！", True), ("救命", True), ("孩子在哪", False)],
)
def test_worried_words_are_heard(text: str, expected: bool) -> None:
    assert is_worried(text) is expected


@given(st.text(max_size=80))
def test_no_text_is_too_strange(text: str) -> None:
    found = match(text)

    assert found.command is None or found.nearest is None
    is_worried(text)


def slips_of(word: str) -> set[str]:
    """Every text with one character of the word left out, changed or doubled."""
    spots = range(len(word))
    return {
        slip
        for at in spots
        for slip in (
            word[:at] + word[at + 1 :],
            f"{word[:at]}嗯{word[at + 1 :]}",
            f"{word[:at]}校{word[at:]}",
        )
    }


def test_words_of_staff_are_never_guessed() -> None:
    """Whatever is near, a guardian is offered only what a guardian may use."""
    known = {
        fold(word)
        for command in Command
        for word in (command.value, *SYNONYMS.get(command, "").split())
    }
    own = {fold(word) for word in ("校務指令", *SYNONYMS[Command.STAFF].split())}

    for word in known:
        for slip in slips_of(word) - own:
            found = match(slip)

            assert found.nearest is not Command.STAFF, slip
            is_staff_word = any(fold(slip).startswith(one) for one in own)
            assert found.command is not Command.STAFF or is_staff_word, slip


def test_ending_texts_in_one_word_is_about_texts() -> None:
    assert match("註銷") == Match(Command.SMS)
