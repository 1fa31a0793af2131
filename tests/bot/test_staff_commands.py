"""What staff type, taken apart."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.staff_commands import StaffAsk, StaffVerb, names_number, read_number, read_staff
from core.house import House
from core.people.tables import Student
from tests.bot.staff_room import FANG, HO, LIN, make_room, tell

WORDS = ["11510001", "115:11510020", "603", "6年級", "07:50", "25:61", "11/24", "11/24–11/26",
         "明天", "上午", "到校", "離校", "忘帶卡", "病假", "全市"]  # fmt: skip


@pytest.fixture
def room(house: House) -> Student:
    return make_room(house)


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


@settings(
    max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    verb=st.sampled_from(["", *(verb.value for verb in StaffVerb)]),
    words=st.lists(st.sampled_from(WORDS) | st.text(max_size=20), max_size=4),
    user=st.sampled_from([LIN, HO, FANG]),
)
def test_no_text_is_too_strange(
    house: House, room: Student, verb: str, words: list[str], user: str
) -> None:
    typed = " ".join([verb, *words])

    ask = read_staff(typed)
    assert ask is None or not names_number(ask) or read_number(ask.words)[0] is not None
    assert tell(house, typed, user).messages
