"""今天 and 本週 with leave, make-ups, closures and half days."""

from datetime import date, datetime
from typing import Any

import pytest

from core.attendance.tables import AttendanceDay
from core.calendar.policy import NewRule, add_rule
from core.calendar.tables import Closure
from core.clock import TAIPEI
from core.db import transaction
from core.house import House
from core.kinds import DayPart
from core.people.tables import Student
from tests.bot.conversation import alt_of, say
from tests.conftest import MONDAY_MORNING

MONDAY = date(2026, 11, 23)
FRIDAY = date(2026, 11, 20)


def clock(hour: int, minute: int, day: date = MONDAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=TAIPEI)


def record(house: House, student: Student, day: date = MONDAY, **facts: Any) -> None:
    with transaction(house.engine) as session:
        session.add(AttendanceDay(student_id=student.id, school_day=day, **facts))


def close(house: House, part: DayPart, day: date = MONDAY) -> None:
    with transaction(house.engine) as session:
        session.add(
            Closure(
                day=day,
                part=part,
                source="臺北市政府",
                source_at=MONDAY_MORNING,
                proposed_by="staff:1",
                proposed_at=MONDAY_MORNING,
                confirmed_by="staff:2",
                confirmed_at=MONDAY_MORNING,
            )
        )


def rule(house: House, **values: Any) -> None:
    with transaction(house.engine) as session:
        add_rule(session, "353607", NewRule(**values), by="staff:1", now=MONDAY_MORNING)


@pytest.mark.parametrize(
    ("at", "facts", "expected"),
    [
        (clock(9, 0), {"leave": DayPart.WHOLE}, "小明：請假（全天）"),
        (clock(9, 0), {"leave": DayPart.MORNING}, "小明：請假（上午）"),
        (clock(8, 0), {"leave": DayPart.AFTERNOON}, "小明：還沒刷卡（截止 08:30）"),
        (
            clock(9, 0),
            {"arrived_at": clock(7, 50), "arrival_is_make_up": True},
            "小明：到校 07:50（補登）・還沒離校",
        ),
        (
            clock(17, 0),
            {
                "arrived_at": clock(7, 50),
                "departed_at": clock(16, 2),
                "departure_is_make_up": True,
            },
            "小明：到校 07:50・離校 16:02（補登）",
        ),
    ],
)
def test_today_in_one_line(
    house: House, ming: Student, at: datetime, facts: dict[str, Any], expected: str
) -> None:
    house.clock.move_to(at)
    record(house, ming, **facts)

    assert alt_of(house, "今天") == expected


def test_a_closed_day_says_so(house: House, ming: Student) -> None:
    close(house, DayPart.WHOLE)

    assert alt_of(house, "今天") == "小明：停課"
    assert "今天停課" in say(house, "今天")


def test_nobody_is_missing_in_a_closed_morning(house: House, ming: Student) -> None:
    close(house, DayPart.MORNING)
    house.clock.move_to(clock(9, 0))

    assert alt_of(house, "今天") == "小明：上午停課，還沒刷卡"
    assert "上午停課。" in say(house, "今天")


def test_a_closed_afternoon_is_told_beside_the_record(house: House, ming: Student) -> None:
    close(house, DayPart.AFTERNOON)
    record(house, ming, arrived_at=clock(7, 41))

    assert "下午停課。" in say(house, "今天")


def test_the_days_own_cutoff_is_told(house: House, ming: Student) -> None:
    rule(house, day=MONDAY, cutoff=clock(10, 0).time())
    house.clock.move_to(clock(9, 0))

    assert alt_of(house, "今天") == "小明：還沒刷卡（截止 10:00）"


def test_a_missing_way_out_is_named_after_dismissal(house: House, ming: Student) -> None:
    rule(house, dismissal=clock(16, 0).time())
    record(house, ming, arrived_at=clock(7, 41))
    house.clock.move_to(clock(17, 1))

    assert alt_of(house, "今天") == "小明：到校 07:41・未刷離校"
    assert "未刷離校" in say(house, "今天")


def test_leave_and_a_tap_on_one_day_are_both_shown(house: House, ming: Student) -> None:
    record(house, ming, arrived_at=clock(7, 41), leave=DayPart.WHOLE)

    assert "今天有請假，也有刷卡，兩筆紀錄都保留。" in say(house, "今天")


@pytest.mark.parametrize(
    ("leave", "facts"),
    [(DayPart.AFTERNOON, {}), (DayPart.MORNING, {"arrived_at": clock(13, 0)})],
)
def test_half_a_day_of_leave_is_told_in_a_note(
    house: House, ming: Student, leave: DayPart, facts: dict[str, Any]
) -> None:
    record(house, ming, leave=leave, **facts)

    part = "上午" if leave is DayPart.MORNING else "下午"
    assert f"{part}已請假。" in say(house, "今天")


def test_the_week_shows_leave_make_ups_and_closures(house: House, ming: Student) -> None:
    thursday, wednesday = date(2026, 11, 19), date(2026, 11, 18)
    record(house, ming, FRIDAY, leave=DayPart.WHOLE)
    record(
        house,
        ming,
        wednesday,
        arrived_at=clock(7, 50, wednesday),
        departed_at=clock(16, 2, wednesday),
        arrival_is_make_up=True,
    )
    close(house, DayPart.WHOLE, thursday)

    said = say(house, "本週")

    rows = {"11/18（三）", "11/19（四）", "11/20（五）"} & set(said)
    assert len(rows) == 3
    assert said[said.index("11/18（三）") + 1 :][:2] == ["● 07:50 補登", "■ 16:02"]
    assert said[said.index("11/19（四）") + 1] == "– 停課"
    assert said[said.index("11/20（五）") + 1] == "◆ 請假・全天"
