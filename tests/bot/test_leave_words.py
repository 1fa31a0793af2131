"""請假 小明 明天 發燒: what a line says."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.leave_words import read_leave
from core.attendance.tables import LeaveReason
from core.kinds import DayPart

MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)
ONE = [("小明", "王小明")]
TWO = [("小明", "王小明"), ("明", "歐陽明")]


def test_a_whole_line_is_understood() -> None:
    said = read_leave("請假 小明 11/24–11/26 上午 發燒", TWO, MONDAY)

    assert (said.child, said.first, said.last) == (0, TUESDAY, date(2026, 11, 26))
    assert (said.part, said.reason) == (DayPart.MORNING, LeaveReason.SICK)


@pytest.mark.parametrize(
    ("text", "child"),
    [
        ("請假 小明 明天", 0),
        ("請假小明明天", 0),
        ("請假 王小明 明天", 0),
        ("請假 明 明天", 1),
        ("請假 歐陽明 明天", 1),
        ("請假 明天", None),
        ("請假 小明 歐陽明 明天", None),
        ("請假 小美 明天", None),
    ],
)
def test_of_two_children_the_named_one_is_meant(text: str, child: int | None) -> None:
    said = read_leave(text, TWO, MONDAY)

    assert (said.child, said.first) == (child, TUESDAY)


def test_an_only_child_need_not_be_named() -> None:
    assert read_leave("請假 明天", ONE, MONDAY).child == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("病假", LeaveReason.SICK),
        ("感冒咳嗽", LeaveReason.SICK),
        ("事假", LeaveReason.PERSONAL),
        ("喪假", LeaveReason.BEREAVEMENT),
        ("公假", LeaveReason.OFFICIAL),
        ("回鄉下", LeaveReason.OTHER),
        ("", None),
    ],
)
def test_reasons(text: str, reason: LeaveReason | None) -> None:
    assert read_leave(f"請假 小明 明天 {text}", ONE, MONDAY).reason is reason


@given(text=st.text(max_size=60), names=st.lists(st.tuples(st.text(max_size=5)), max_size=3))
def test_no_line_and_no_name_is_too_strange(text: str, names: list[tuple[str]]) -> None:
    said = read_leave(text, names, MONDAY)

    assert said.child is None or 0 <= said.child < len(names)
