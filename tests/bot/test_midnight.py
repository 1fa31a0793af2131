"""What is said before midnight and heard, gone on with or sent after it keeps its day."""

from datetime import datetime
from typing import Any

import pytest
from sqlmodel import select

from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.gate.tables import MakeUpRequest
from core.house import House
from core.people.guardians import find_guardian
from core.people.tables import Student
from tests.bot.conversation import hear
from tests.bot.happenings import make_text
from tests.bot.line_limits import words_of
from tests.bot.staff_room import HO, make_room, tell
from tests.factories import MEI, make_binding, make_student

BEFORE = datetime(2026, 11, 23, 23, 59, 50, tzinfo=TAIPEI)
AFTER = datetime(2026, 11, 24, 0, 0, 10, tzinfo=TAIPEI)


def answers(house: House, at: datetime, *texts: str) -> list[str]:
    """Type these one after the other; return the words of the last answer."""
    house.clock.move_to(at)
    return [words_of(tell(house, text, MEI).messages) for text in texts][-1]


def heard_late(house: House, text: str, user: str) -> list[dict[str, Any]]:
    """Return the answer to what was typed before midnight and comes to us after it."""
    house.clock.move_to(AFTER)
    return hear(house, make_text(text, user=user, at=BEFORE)).messages


@pytest.fixture
def hua(house: House, ming: Student) -> None:
    """Ming's sister."""
    with transaction(house.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        make_binding(session, guardian, make_student(session, house, name="王小華", number="2"))


def test_a_day_said_before_the_child_is_kept(house: House, hua: None) -> None:
    answers(house, BEFORE, "請假 明天 病假")

    asked = answers(house, AFTER, "小華")

    assert asked[0] == "替小華請假：11/24（二）全天，病假。要送出嗎？"


@pytest.mark.parametrize("line", ["補登 小明 07:50", "補登 07:50"])
def test_a_time_said_yesterday_stays_of_that_day(house: House, hua: None, line: str) -> None:
    answers(house, BEFORE, line)
    answers(house, AFTER, "小明 到校", "忘帶卡", "送出")

    with snapshot(house.engine) as session:
        [request] = session.exec(select(MakeUpRequest))
    assert request.at == datetime(2026, 11, 23, 7, 50, tzinfo=TAIPEI)


def test_a_leave_heard_late_means_the_day_it_was_typed(house: House, ming: Student) -> None:
    asked = words_of(heard_late(house, "請假 明天 病假", MEI))

    assert asked[0] == "替小明請假：11/24（二）全天，病假。要送出嗎？"


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("請假 603 12 明天 病假", "11/24（二）"),
        ("停課 明天 全天 臺北市政府 20:05 公布", "11/24（二）"),
        ("補登 603 12 07:50 忘帶卡", "11/23（一）"),
    ],
)
def test_staff_mean_the_day_they_typed(house: House, line: str, day: str) -> None:
    make_room(house)

    asked = "".join(words_of(heard_late(house, line, HO)))

    assert day in asked
