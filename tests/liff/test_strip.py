"""The picture of four weeks: what is drawn where, and what is said of it."""

import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from core.attendance.days import DayView
from core.clock import TAIPEI
from core.kinds import DayPart
from core.languages.language import Language
from core.languages.speech import speaking
from liff.strip import MORNING, Strip, first_day, shown_days, strip_of

FRIDAY = date(2026, 11, 20)
CUTOFF = MORNING + 60
POINT = re.compile(r"M([\d.]+) ([\d.]+)")


def at(day: date, clock: str) -> datetime:
    """A Taipei moment."""
    return datetime.combine(day, time.fromisoformat(clock), TAIPEI)


def view_of(day: date, arrived: str = "", departed: str = "", **other: object) -> DayView:
    """A watched day with its bells at 07:50 and 16:00; over at the week's end."""
    view = DayView(
        school_day=day,
        is_school_day=day.weekday() < 5,
        reason="",
        closed_part=None,
        cutoff=time(7, 50),
        departure_from=time(11, 30),
        dismissal=time(16),
        arrived_at=at(day, arrived) if arrived else None,
        departed_at=at(day, departed) if departed else None,
        received_at=None,
        arrival_is_make_up=False,
        departure_is_make_up=False,
        leave=None,
        is_late_upload=False,
        no_show_told=False,
        is_past_cutoff=True,
        is_missing_departure=bool(arrived) and not departed and day < FRIDAY,
        is_known=True,
    )
    return replace(view, **other)  # type: ignore[arg-type]


def month(**changed: DayView) -> list[DayView]:
    """Four weeks of 07:40 to 16:05, but for the days named d1120."""
    days = [first_day(FRIDAY) + timedelta(days=n) for n in range(26)]
    return [
        changed.get(f"d{day:%m%d}")
        or (view_of(day, "07:40", "16:05") if day.weekday() < 5 else view_of(day))
        for day in days
    ]


def drawn(strip: Strip, name: str) -> list[tuple[float, float]]:
    """Where the shapes of one kind begin."""
    return [(float(x), float(y)) for x, y in POINT.findall(strip.paths.get(name, ""))]


def made(**changed: DayView) -> Strip:
    """The picture of that month."""
    strip = strip_of(month(**changed), FRIDAY)
    assert strip
    return strip


def test_twenty_school_days_stand_in_columns_with_weeks_parted() -> None:
    strip = made()
    xs = [x for x, _ in drawn(strip, "arrived")]
    assert len(xs) == len(set(xs)) == 20
    assert len({round(b - a, 1) for a, b in zip(xs, xs[1:], strict=False)} - {15.9, 15.8}) <= 2
    assert len(drawn(strip, "gaps")) == 6
    weeks = [label.text for label in strip.labels if label.anchor == "middle"]
    assert weeks == ["10/26 週", "11/2 週", "11/9 週", "11/16 週"]


def test_arrival_is_so_far_from_the_cutoff_as_it_was_in_time() -> None:
    day = date(2026, 11, 18)
    strip = made(d1118=view_of(day, "07:55", "16:05"))
    ys = sorted({y for _, y in drawn(strip, "arrived")})
    assert ys == [pytest.approx(CUTOFF - 6), pytest.approx(CUTOFF + 3)]


@pytest.mark.parametrize(("clock", "y"), [("05:10", 28.6), ("10:30", 91.4)])
def test_arrival_out_of_range_sits_on_the_bands_edge(clock: str, y: float) -> None:
    day = date(2026, 11, 18)
    strip = made(d1118=view_of(day, clock, "16:05"))
    assert y in {found for _, found in drawn(strip, "arrived")}


@pytest.mark.parametrize(
    ("changed", "shapes"),
    [
        ({"arrived": "07:41"}, {"no-tap": 1, "arrived": 20}),
        ({}, {"no-tap": 1, "arrived": 19, "departed": 19}),
        ({"leave": DayPart.WHOLE}, {"leave": 2, "arrived": 19}),
        ({"is_school_day": False}, {"off": 2, "arrived": 19, "bell": 19, "dismissal": 19}),
        ({"is_known": False}, {"no-tap": 0, "arrived": 19}),
        ({"closed_part": DayPart.MORNING}, {"bell": 19}),
        ({"departed": "12:42", "arrived": "07:41"}, {"departed": 20}),
    ],
)
def test_each_state_has_a_shape_of_its_own(
    changed: dict[str, object], shapes: dict[str, int]
) -> None:
    strip = made(d1118=view_of(date(2026, 11, 18), **changed))  # type: ignore[arg-type]
    assert {name: len(drawn(strip, name)) for name in shapes} == shapes


def test_half_day_has_a_bell_of_its_own_and_both_are_named() -> None:
    wednesday = date(2026, 11, 18)
    strip = made(d1118=view_of(wednesday, "07:41", "12:45", dismissal=time(12, 40)))
    assert len({y for _, y in drawn(strip, "dismissal")}) == 2
    assert {"06:50", "07:50", "12:40", "16:00"} <= {label.text for label in strip.labels}


def test_today_waits_without_alarm_and_days_to_come_are_empty() -> None:
    monday = date(2026, 11, 23)
    days = [first_day(monday) + timedelta(days=n) for n in range(22)]
    views = [view_of(day, "07:40", "16:05") for day in days[:-1] if day.weekday() < 5]
    waiting = view_of(monday, is_past_cutoff=False)
    strip = strip_of([*views, waiting], monday)
    assert strip
    assert (len(drawn(strip, "not-yet")), len(drawn(strip, "no-tap"))) == (1, 0)
    assert max(x for x, _ in drawn(strip, "bell")) < 280


def test_make_up_saturday_gets_a_column() -> None:
    saturday = date(2026, 11, 14)
    views = month(d1114=view_of(saturday, "07:41", "12:01", is_school_day=True))
    assert saturday in [view.school_day for view in shown_days(views)]
    strip = strip_of(views, FRIDAY)
    assert strip
    assert len(drawn(strip, "arrived")) == 21


def test_summary_counts_what_is_there_and_what_is_missing() -> None:
    assert made().summary == "四週到校 20 天，平均 07:40。"
    one = made(d1118=view_of(date(2026, 11, 18), "08:20"))
    assert one.summary == "四週到校 20 天，平均 07:42，1 天未刷離校。"
    two = made(d1118=view_of(date(2026, 11, 18)), d1117=view_of(date(2026, 11, 17), "07:40"))
    assert two.summary == "四週到校 19 天，平均 07:40，1 天未刷卡，1 天未刷離校。"


@pytest.mark.parametrize("language", Language)
def test_picture_speaks_every_language(language: Language) -> None:
    with speaking(language):
        strip = made()
    assert "20" in strip.summary
    assert "07:40" in strip.summary
    assert ("天" in strip.summary) == (language is Language.CHINESE)


def test_without_any_record_there_is_no_picture() -> None:
    views = [view_of(first_day(FRIDAY) + timedelta(days=n)) for n in range(26)]
    assert strip_of(views, FRIDAY) is None
