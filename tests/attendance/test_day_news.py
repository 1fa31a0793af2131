"""What is news of a decided day: each change of side once, and nothing a closure made known."""

from datetime import date, datetime
from uuid import UUID, uuid4

import pytest

from core.attendance.day_news import happenings_of
from core.attendance.decision import Day, Passing, TapFact
from core.kinds import DayPart, Direction, NoticeKind
from core.notices.happenings import Happening

KEY = (UUID(int=1), date(2026, 11, 23))
IN, OUT = NoticeKind.ARRIVAL, NoticeKind.DEPARTURE


def _passing(kind: NoticeKind, clock: str) -> Passing:
    at = datetime.fromisoformat(f"2026-11-23T{clock}:00+08:00")
    side = Direction.IN if kind is IN else Direction.OUT
    tap = TapFact(
        tap_id=uuid4(), reader_id=UUID(int=2), at=at, received_at=at, direction=side, gate=""
    )
    return Passing(kind, 1, tap)


def _news(*passings: Passing, closed: DayPart | None = None) -> list[Happening]:
    new = {one.tap.tap_id for one in passings}
    return happenings_of(KEY, Day(passings), new, numbers={}, closed=closed)


def test_two_changes_that_come_together_are_both_news() -> None:
    assert [one.kind for one in _news(_passing(IN, "07:41"), _passing(OUT, "08:05"))] == [IN, OUT]


def test_way_out_before_the_way_in_does_not_say_that_the_child_had_come() -> None:
    way_out, way_in = _passing(OUT, "07:30"), _passing(IN, "07:50")
    assert [one.arrived_at for one in _news(way_out, way_in)] == [None, way_in.tap.at]


@pytest.mark.parametrize(
    ("closed", "kind", "clock", "is_hushed"),
    [
        (DayPart.WHOLE, IN, "07:41", True),
        (DayPart.MORNING, IN, "11:59", True),
        (DayPart.MORNING, IN, "12:00", False),
        (DayPart.AFTERNOON, IN, "11:59", False),
        (DayPart.AFTERNOON, IN, "12:00", True),
        (DayPart.AFTERNOON, OUT, "16:00", True),
        (None, IN, "07:41", False),
    ],
)
def test_closure_hushes_the_passings_of_its_part_of_the_day(
    closed: DayPart | None, kind: NoticeKind, clock: str, *, is_hushed: bool
) -> None:
    (news,) = _news(_passing(kind, clock), closed=closed)
    assert news.is_in_closure is is_hushed


def test_child_that_came_is_told_home_from_a_closed_day() -> None:
    came, went = _news(_passing(IN, "07:41"), _passing(OUT, "09:00"), closed=DayPart.WHOLE)
    assert (came.is_in_closure, went.is_in_closure) == (True, False)
