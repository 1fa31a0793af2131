"""What staff type, taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.staff_commands import StaffAsk, StaffVerb, names_number, read_number, read_staff


@pytest.mark.parametrize(
    ("text", "verb", "words"),
    [
        ("今日 603", StaffVerb.TODAY, "603"),
        ("今天603", StaffVerb.TODAY, "603"),
        ("/今日 ６０３班", StaffVerb.TODAY, "603班"),
        ("今日名單", StaffVerb.TODAY, ""),
        ("未到", StaffVerb.MISSING, ""),
        ("未到 6 年級", StaffVerb.MISSING, "6 年級"),
        ("补登 10723456 07:50 忘带卡", StaffVerb.MAKE_UP, "10723456 07:50 忘带卡"),
        ("更正補登 10723456 07:50", StaffVerb.MAKE_UP_UNDO, "10723456 07:50"),
        ("取消請假 10723456 11/24", StaffVerb.LEAVE_DROP, "10723456 11/24"),
        ("取消", StaffVerb.CANCEL, ""),
        ("停課 明天", StaffVerb.CLOSE, "明天"),
        ("復原停課", StaffVerb.REOPEN, ""),
    ],
)
def test_a_verb_and_what_it_is_about(text: str, verb: StaffVerb, words: str) -> None:
    assert read_staff(text) == StaffAsk(verb, words)


@pytest.mark.parametrize(
    "text", ["今天到了嗎", "未到校", "取消訂閱", "放行嗎", "刷卡機壞了", "本週", "", "說明書"]
)
def test_what_parents_write_is_no_command_of_staff(text: str) -> None:
    assert read_staff(text) is None


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        ("請假 10723456 11/24", True),
        ("請假 A1234567 11/24", True),
        ("請假 115:10723456 11/24", True),
        ("請假 11/24", False),
        ("請假 小明 明天", False),
        ("請假 明天", False),
        ("請假", False),
        ("補登 07:50", False),
    ],
)
def test_a_childs_number_tells_staff_from_parents(text: str, is_number: bool) -> None:
    ask = read_staff(text)

    assert ask is not None
    assert names_number(ask) is is_number


def test_a_number_may_name_its_year_of_entry() -> None:
    found, rest = read_number("115:10723456 07:50 忘帶卡")

    assert found is not None
    assert (found.number, found.year, rest) == ("10723456", 115, "07:50 忘帶卡")
    assert read_number("王小明 07:50")[0] is None


@given(st.text(max_size=80))
def test_no_text_is_too_strange(text: str) -> None:
    ask = read_staff(text)

    if ask is not None:
        names_number(ask)
        read_number(ask.words)
