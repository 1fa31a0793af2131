"""What staff type, taken apart."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.staff_commands import (
    SeatWords,
    StaffAsk,
    StaffVerb,
    names_number,
    names_seat,
    read_number,
    read_seat,
    read_staff,
)
from core.house import House
from core.people.tables import Student
from tests.bot.line_limits import words_of
from tests.bot.staff_room import FANG, HO, LIN, make_room, tell

WORDS = ["11510001", "603 12", "0750", "115:11510020", "603",
         "6年級", "07:50", "25:61", "11/24", "11/24–11/26",
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
        ("603 12 請假 明天", StaffVerb.LEAVE, "603 12 明天"),
        ("603班12號請假", StaffVerb.LEAVE, "603班12號"),
        ("603 12號 補登 07:50 忘帶卡", StaffVerb.MAKE_UP, "603 12號 07:50 忘帶卡"),
        ("發送 603 12號 請假單請交給導師", StaffVerb.SEND, "603 12號 請假單請交給導師"),
        ("今天誰沒來", StaffVerb.MISSING, ""),
        ("班上有誰沒到？", StaffVerb.MISSING, ""),
        ("今天誰請假", StaffVerb.TODAY, ""),
        ("今天請假名單", StaffVerb.TODAY, ""),
    ],
)
def test_a_verb_and_what_it_is_about(text: str, verb: StaffVerb, words: str) -> None:
    assert read_staff(text) == StaffAsk(verb, words)


@pytest.mark.parametrize(
    "text",
    [
        "誰請假的",
        "12/3 請假",
        "2026 12 請假",
        "今天到了嗎",
        "未到校",
        "取消訂閱",
        "放行嗎",
        "刷卡機壞了",
        "本週",
        "",
        "說明書",
    ],
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


@pytest.mark.parametrize(
    ("text", "is_seat"),
    [
        ("請假 安親班 12 月", False),
        ("請假 夏令營班 3 天", False),
        ("請假 115 11 24", False),
        ("請假 603 12 11/24", True),
        ("請假 五年三班 12 明天", True),
        ("請假 603 12 明天", True),
        ("請假 603班12號", True),
        ("補登 六孝班 5 07:50", True),
        ("請假 60312", False),
        ("請假 10723456 12", False),
        ("請假 11/24 12", False),
        ("請假 小明 12", False),
        ("補登 603 07:50", False),
        ("請假", False),
    ],
)
def test_a_class_and_a_seat_tell_staff_from_parents(text: str, is_seat: bool) -> None:
    ask = read_staff(text)

    assert ask is not None
    assert names_seat(ask) is is_seat


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("603 12 07:50 忘帶卡", SeatWords("603", 12, "07:50 忘帶卡")),
        ("6a班3號", SeatWords("6A", 3, "")),
        ("六孝 5 明天", SeatWords("六孝", 5, "明天")),
        ("603 07:50 忘帶卡", None),
        ("603 12/1 病假", None),
        ("603 123", None),
        ("603", None),
        ("", None),
    ],
)
def test_a_class_and_a_seat_stand_first(words: str, expected: SeatWords | None) -> None:
    assert read_seat(words) == expected


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


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("王小明今天請假", "請假要有學號和日期，"),
        ("我要請假", "請假要有學號和日期，"),
        ("忘記帶卡", "補登要有學號、時間和原因，"),
        ("到校了嗎", "603 班"),
    ],
)
def test_whoever_is_staff_alone_is_answered_as_staff(
    house: House, room: Student, text: str, told: str
) -> None:
    first = words_of(tell(house, text, LIN).messages)[0]

    assert first.startswith(told), first


@pytest.mark.parametrize("text", ["？", "怎麼用", "help"])
def test_help_of_whoever_is_staff_alone_is_the_schools(
    house: House, room: Student, text: str
) -> None:
    asked, told = tell(house, text, LIN), tell(house, "說明", LIN)

    assert words_of(asked.messages) == words_of(told.messages)


@pytest.mark.parametrize("text", ["查 12", "補登 12 07:50 忘帶卡", "請假 98 11/24"])
def test_a_seat_without_its_class_hears_how_to_write_it(
    house: House, room: Student, text: str
) -> None:
    [told] = words_of(tell(house, text, LIN).messages)

    assert told.endswith("也可以寫班級和座號，例如 603 12。"), told
