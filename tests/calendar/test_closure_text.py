"""Closure notices: what is plain becomes a proposal, everything else nothing."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from core.calendar.closure_finds import store_finds
from core.calendar.closure_text import CITY, COUNTIES, DISTRICTS, read_closure_text
from core.calendar.closures import ClosureState, decline_closure, propose_closure, state_of
from core.calendar.scopes import ClosureScope
from core.calendar.tables import Closure
from core.clock import TAIPEI
from core.db import transaction
from core.house import House
from core.kinds import DayPart
from tests.factories import make_school

# A Monday evening, and the dawn of the Tuesday after it.
EVENING = datetime(2026, 11, 23, 20, 5, tzinfo=TAIPEI)
DAWN = datetime(2026, 11, 24, 4, 25, tzinfo=TAIPEI)
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
WHOLE, MORNING, AFTERNOON = DayPart.WHOLE, DayPart.MORNING, DayPart.AFTERNOON
TAIL = "行政院人事行政總處。如有任何問題請撥1999(市內直撥)。"


def read(text: str, announced_at: datetime = EVENING) -> list[tuple[str | None, date, DayPart]]:
    return [
        (one.scope.district, one.day, one.part) for one in read_closure_text(text, announced_at)
    ]


@pytest.mark.parametrize(
    ("said", "day", "part"),
    [
        ("明天停止上班、停止上課。", TUESDAY, WHOLE),
        ("11/24停止上班、停止上課。", TUESDAY, WHOLE),
        ("11-24停止上班、停止上課。", TUESDAY, WHOLE),
        ("11月24日(星期二)停止上班、停止上課。", TUESDAY, WHOLE),
        ("明天(24日)停止上班、停止上課。", TUESDAY, WHOLE),
        ("115年11月24日停止上班、停止上課。", TUESDAY, WHOLE),
        ("2026/11/24停止上班、停止上課。", TUESDAY, WHOLE),
        ("明天已達停止上班及上課標準。", TUESDAY, WHOLE),
        ("明天照常上班、停止上課。", TUESDAY, WHOLE),
        ("明日停班停課。", TUESDAY, WHOLE),
        ("明天停止上課。", TUESDAY, WHOLE),
        ("明天上午停止上班、停止上課。", TUESDAY, MORNING),
        ("今天下午停止上班、停止上課。", MONDAY, AFTERNOON),
        ("今天下午照常上班、停止上課。", MONDAY, AFTERNOON),
        ("今天下午1:30起停止上班、停止上課。", MONDAY, AFTERNOON),
        ("今天下午13:00起已達停止上班及上課標準。", MONDAY, AFTERNOON),
        ("今天中午12:00起停止上班、停止上課。", MONDAY, AFTERNOON),
        ("今天下午2時30分起停止上班、停止上課。", MONDAY, AFTERNOON),
        ("今天上午10:00起停止上班、停止上課。", MONDAY, WHOLE),
        ("明天00:00起停止上班、停止上課。", TUESDAY, WHOLE),
    ],
)
def test_plain_closure_of_the_city_is_found(said: str, day: date, part: DayPart) -> None:
    assert read(f"[停班停課通知]臺北市:{said}{TAIL}") == [(None, day, part)]


@pytest.mark.parametrize(
    "said",
    [
        "明天照常上班、照常上課。",
        "明天停止上班、照常上課。",
        "明天未達停止上班及上課標準。",
        "尚未宣布消息。",
        "11/24尚未列入警戒區。",
        "今天晚上停止上班、停止上課。",
        "今天晚上6:00起停止上班、停止上課。",
        "今天下午5:00起停止上班、停止上課。",
        "停止上班、停止上課。",
        "後天停止上班、停止上課。",
        "11/23至11/24停止上班、停止上課。",
        "2/29停止上班、停止上課。",
        "13/1停止上班、停止上課。",
        "11/22停止上班、停止上課。",
        "12/24停止上班、停止上課。",
        "明天(25日)停止上班、停止上課。",
        "士東國小明天停止上課。",
        "明天陽明山國小停止上課。",
        "明天停止上班。",
        "明天停止上班、停止上課。明天照常上班、照常上課。",
        "明天停止上班、停止上課,撤回。",
        "明天停止上班、停止上課為假訊息。",
        "測試:明天停止上班、停止上課。",
    ],
)
def test_open_evening_unsure_and_unclear_yield_nothing(said: str) -> None:
    assert read(f"[停班停課通知]臺北市:{said}{TAIL}") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "臺北市",
        "新北市:明天停止上班、停止上課。",
        "臺中市北區:明天停止上班、停止上課。",
        "基隆市中正區:明天停止上班、停止上課。",
        "網傳臺北市:明天停止上班、停止上課。",
        "陽明山國小(臺北市):明天停止上課。",
        "照常上課:臺北市,明天停止上課。",
        "基隆市。臺北市。新北市。桃園市:桃園區、中壢區。",
        "臺北市士林區菁山里:明天停止上課。",
        "臺北市:明天停止上班、停止上課。臺北市:明天照常上班、照常上課。",
        "臺北市:明天停止上班、停止上課。臺北市北投區:照常上課。",
    ],
)
def test_text_about_others_or_at_odds_yields_nothing(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "台北市:明天停止上班、停止上課。",
        "【停班停課通知】臺北市：明天停止上班、停止上課。",
        "［停班停課通知］台北市：１１／２４停止上班、停止上課。",
        " 臺北市 : 明天 停止上班、停止上課 。 ",
        "臺北市政府宣布,明天停止上班、停止上課。",
        "臺北市:明天停止上班,停止上課",
        "宜蘭縣:明天停止上班、停止上課。臺北市:明天停止上班、停止上課。",
        "臺北市、新北市、基隆市:明天停止上班、停止上課。",
        "臺北市:明天停止上班、停止上課,新北市:照常上班、照常上課。",
        "宜蘭縣:明天照常上班、照常上課\n臺北市:明天停止上班、停止上課\n",
        "臺北市:明天停止上班、停止上課。花蓮縣:未達停止上班及上課標準。",
    ],
)
def test_marks_spelling_and_other_areas_do_not_matter(text: str) -> None:
    assert read(text) == [(None, TUESDAY, WHOLE)]


def test_districts_are_found_each_for_itself() -> None:
    text = "臺北市北投區、士林區:明天停止上班、停止上課。新北市瑞芳區:明天停止上班、停止上課。"
    assert read(text) == [("北投區", TUESDAY, WHOLE), ("士林區", TUESDAY, WHOLE)]


def test_district_named_after_its_city_belongs_to_it() -> None:
    text = "臺北市:照常上班、照常上課。北投區:明天停止上班、停止上課。"
    assert read(text) == [("北投區", TUESDAY, WHOLE)]


def test_two_days_of_one_notice_are_two_finds() -> None:
    text = "臺北市:今天下午停止上班、停止上課,明天停止上班、停止上課。"
    assert read(text) == [(None, MONDAY, AFTERNOON), (None, TUESDAY, WHOLE)]


def test_today_is_the_announcement_s_own_day() -> None:
    """The feed shows a notice for weeks; that does not move its day."""
    text = "臺北市:今天停止上班、停止上課。expires 2026-12-31T23:59:59"
    assert read(text, DAWN) == [(None, TUESDAY, WHOLE)]


def test_notice_on_the_last_evening_names_the_new_year() -> None:
    evening = datetime(2026, 12, 31, 20, 0, tzinfo=TAIPEI)
    assert read("臺北市:1/1停止上班、停止上課。", evening) == [(None, date(2027, 1, 1), WHOLE)]


def test_notice_names_a_leap_day() -> None:
    evening = datetime(2028, 2, 28, 20, 0, tzinfo=TAIPEI)
    assert read("臺北市:明天停止上課。", evening) == [(None, date(2028, 2, 29), WHOLE)]
    assert read("臺北市:2/29停止上課。", evening) == [(None, date(2028, 2, 29), WHOLE)]


WORDS = [
    *COUNTIES.split("|")[:4],
    *DISTRICTS.split("|")[:4],
    "台北市",
    "今天",
    "明天",
    "11/24",
    "11月24日",
    "上午",
    "下午",
    "晚上",
    "1:30起",
    "停止上班",
    "停止上課",
    "照常上班",
    "照常上課",
    "已達",
    "未達",
    "停止上班及上課標準",
    "停班停課",
    "[停班停課通知]",
    "政府",
    "宣布",
    "國小",
    "尚未",
    *":：、,。;()\n ",
]
PROSE = st.lists(st.sampled_from(WORDS), max_size=24).map("".join)


@given(st.one_of(st.text(), PROSE))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for find in read_closure_text(text, EVENING):
        assert MONDAY <= find.day <= MONDAY + timedelta(days=7)
        assert find.scope in [ClosureScope(), *map(_district, DISTRICTS.split("|"))]


def _district(name: str) -> ClosureScope:
    return ClosureScope(district=name)


@given(
    st.sampled_from(["照常上課", "照常上班、照常上課", "未達停止上班及上課標準"]),
    st.sampled_from(["", "今天", "明天", "11/24", "明天上午", "停止上班、"]),
    st.lists(st.sampled_from([word for word in WORDS if "市" not in word and "區" not in word])),
)
def test_no_text_that_says_open_for_the_city_closes_it(
    said: str, when: str, around: list[str]
) -> None:
    middle = len(around) // 2
    before, after = "".join(around[:middle]), "".join(around[middle:])
    assert read(f"{CITY}:{before}{when}{said}{after}") == []


def keep(house: House, text: str, announced_at: datetime = EVENING) -> list[Closure]:
    with transaction(house.engine) as session:
        return store_finds(
            session,
            read_closure_text(text, announced_at),
            source="行政院人事行政總處",
            announced_at=announced_at,
            now=house.clock.now(),
        )


NOTICE = "[停班停課通知]臺北市:明天停止上班、停止上課。"


def test_find_is_kept_once_and_counts_for_nothing(house: House) -> None:
    house.clock.move_to(EVENING + timedelta(minutes=1))
    (find,) = keep(house, NOTICE)
    assert state_of(find, house.clock.now()) is ClosureState.FOUND
    assert (find.found_in, find.source_at) == (NOTICE[:-1], EVENING)
    house.clock.move_to(DAWN)
    assert keep(house, NOTICE) == []
    with transaction(house.engine) as session:
        assert len(session.exec(select(Closure)).all()) == 1


def test_declined_find_comes_back_only_with_a_new_announcement(house: House) -> None:
    (find,) = keep(house, NOTICE)
    with transaction(house.engine) as session:
        decline_closure(session, find.id, "staff:lin", house.clock.now())
    assert keep(house, NOTICE) == []
    assert len(keep(house, NOTICE, EVENING + timedelta(hours=1))) == 1


def test_find_that_people_asked_for_already_is_not_kept(house: House) -> None:
    house.clock.move_to(EVENING)
    with transaction(house.engine) as session:
        make_school(session)
        propose_closure(
            session,
            scope=ClosureScope(),
            day=TUESDAY,
            part=WHOLE,
            source="臺北市政府",
            source_at=EVENING,
            by="staff:lin",
            now=EVENING,
        )
    assert keep(house, NOTICE) == []


def test_find_of_a_day_gone_by_is_not_kept(house: House) -> None:
    house.clock.move_to(datetime(2026, 11, 25, 6, 0, tzinfo=TAIPEI))
    assert keep(house, NOTICE) == []
