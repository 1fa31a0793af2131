"""What typed words say of days."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.day_words import (
    in_24_hours,
    plain,
    read_clock,
    read_days,
    read_gone_days,
    read_packed_clock,
    read_part,
)
from core.kinds import DayPart

MONDAY = date(2026, 11, 23)
ANY_DAY = st.dates(date(2000, 1, 1), date(2100, 12, 31))


def day(number: int, month: int = 11, year: int = 2026) -> date:
    return date(year, month, number)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("今天", day(23), day(23)),
        ("明天發燒", day(24), day(24)),
        ("後天", day(25), day(25)),
        ("大後天", day(26), day(26)),
        ("昨天", day(22), day(22)),
        ("11/24", day(24), day(24)),
        ("１１／２４", day(24), day(24)),
        ("11/24（二）", day(24), day(24)),
        ("12月1日", day(1, 12), day(1, 12)),
        ("2026-11-24", day(24), day(24)),
        ("115/11/24", day(24), day(24)),
        ("11/24–11/26", day(24), day(26)),
        ("11/24-26", day(24), day(26)),
        ("11/24（二）–11/26（四）", day(24), day(26)),
        ("11/24 到 11/26", day(24), day(26)),
        ("明天到後天", day(24), day(25)),
        ("11/24 病假 –11/26", day(24), day(26)),
        ("週一", day(23), day(23)),
        ("星期三", day(25), day(25)),
        ("這週五", day(27), day(27)),
        ("下週一", day(30), day(30)),
        ("上週五", day(20), day(20)),
        ("上星期三到上星期五", day(18), day(20)),
        ("上上週一", day(9), day(9)),
        ("早上週五", day(27), day(27)),
        ("下禮拜天", day(6, 12), day(6, 12)),
        ("下下週二", day(8, 12), day(8, 12)),
        ("下週一到週三", day(30), day(2, 12)),
        ("12/30–1/2", day(30, 12), day(2, 1, 2027)),
        ("明後天", day(24), day(25)),
        ("明、後天", day(24), day(25)),
        ("下週一到三", day(30), day(2, 12)),
        ("下星期一至三", day(30), day(2, 12)),
        ("下週三到三峽", day(2, 12), day(2, 12)),
        ("11/24、3年級", day(24), day(24)),
        ("明天,7:50", day(24), day(24)),
        ("明天 3 班", day(24), day(24)),
        ("11/24到11/26請假三天", day(24), day(26)),
        ("11/24–11/26 共 3 天", day(24), day(26)),
        ("11月24日起至11月26日止", day(24), day(26)),
        ("明天到後天 兩天", day(24), day(25)),
        ("明天起床晚了", day(24), day(24)),
        ("11/20", day(20), day(20)),
    ],
)
def test_one_span_of_days(text: str, first: date, last: date) -> None:
    found = read_days(plain(text), MONDAY)

    assert (found.first, found.last, found.is_unclear) == (first, last, False)


@pytest.mark.parametrize(
    "text",
    ["13/45", "2/30", "11/24、11/26", "11/24 11/25 11/26", "到明天", "1/2/3/4", "26/11/24",
     "99999-1-1", "9999-12-31", "1000-1-1", "11/24-40", "11/24-20/30", "11/24-11/25-11/26",
     "11/24、25", "11/24,25", "11/24和26", "11月24、25日", "下週三、四", "週三四", "明天起三天",
     "明天開始請 3 天", "11/24-26、28", "11/24-11/26、28", "11/24起", "明天連續三天"],
)  # fmt: skip
def test_days_that_are_no_one_span_are_unclear(text: str) -> None:
    found = read_days(plain(text), MONDAY)

    assert (found.first, found.is_unclear) == (None, True)


@pytest.mark.parametrize(
    "text", ["", "發燒", "07:50", "10723456 忘帶卡", "6年級", "週記", "9" * 5000]
)
def test_no_day_is_none(text: str) -> None:
    found = read_days(plain(text), MONDAY)

    assert (found.first, found.is_unclear) == (None, False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("週五", day(20)),
        ("早上週五", day(20)),
        ("星期二", day(17)),
        ("週一", day(23)),
        ("昨天", day(22)),
        ("11/20", day(20)),
    ],
)
def test_of_what_has_been_a_weekday_is_the_last_one(text: str, told: date) -> None:
    found = read_gone_days(f"{text} 07:50", MONDAY)
    assert (found.first, found.last) == (told, told)


@pytest.mark.parametrize("text", ["這週五", "明天", "11/27", "下星期二", "12/1 週二"])
def test_what_lies_ahead_for_certain_stays_there(text: str) -> None:
    assert read_gone_days(text, MONDAY) == read_days(text, MONDAY)


def test_around_new_year_the_nearest_day_is_meant() -> None:
    assert read_days("1/4", date(2026, 12, 28)).first == date(2027, 1, 4)
    assert read_days("12/30", date(2027, 1, 3)).first == date(2026, 12, 30)
    assert read_days("2/29", MONDAY).is_unclear
    assert read_days("2/29", date(2028, 1, 5)).first == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("上午", DayPart.MORNING),
        ("早上看牙", DayPart.MORNING),
        ("下午", DayPart.AFTERNOON),
        ("整天", DayPart.WHOLE),
        ("上午和下午", DayPart.WHOLE),
        ("發燒", None),
    ],
)
def test_parts_of_the_day(text: str, part: DayPart | None) -> None:
    assert read_part(text)[0] is part


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("07:50 忘帶卡", time(7, 50)),
        ("7:05", time(7, 5)),
        ("23:59", time(23, 59)),
        ("24:00", None),
        ("7:5", None),
        ("07:60", None),
        ("1:07:50", None),
        ("7點50", None),
    ],
)
def test_times_of_day(text: str, clock: time | None) -> None:
    assert read_clock(text)[0] == clock


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("昨天 下午4:30 忘帶卡", time(16, 30)),
        ("晚上 06:05", time(18, 5)),
        ("下午 16:30", time(16, 30)),
        ("下午 12:30", time(12, 30)),
        ("中午 1:00", time(13)),
        ("上午 7:50", time(7, 50)),
    ],
)
def test_times_after_noon(text: str, clock: time) -> None:
    assert read_packed_clock(in_24_hours(text))[0] == clock


@given(text=st.text(max_size=60), today=ANY_DAY)
def test_no_text_is_too_strange(text: str, today: date) -> None:
    found = read_days(plain(text), today)

    assert (found.first is None) == (found.last is None)
    assert found.first is None or not found.is_unclear
    read_part(text)
    read_clock(text)


@given(meant=ANY_DAY, today=ANY_DAY)
def test_a_whole_date_is_read_as_it_is_written(meant: date, today: date) -> None:
    for written in (f"{meant}", f"{meant.year}/{meant.month}/{meant.day}"):
        assert read_days(written, today).first == meant


@given(today=ANY_DAY, ahead=st.integers(0, 120))
def test_a_short_date_ahead_is_never_another_day(today: date, ahead: int) -> None:
    meant = date.fromordinal(today.toordinal() + ahead)

    assert read_days(f"{meant.month}/{meant.day}", today).first == meant


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("0750 忘帶卡", time(7, 50)),
        ("11/24 0750", time(7, 50)),
        ("1124 07:50", time(7, 50)),
        ("1124 0750", None),
        ("0750 1124", None),
        ("2450", None),
    ],
)
def test_time_without_a_colon_is_read_where_nothing_else_may_be_one(
    text: str, clock: time | None
) -> None:
    assert read_packed_clock(text)[0] == clock
