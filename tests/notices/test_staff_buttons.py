"""Questions to staff: whom they reach, what the buttons mean, how many children fit."""

from uuid import UUID

import pytest

from core.house import House
from core.kinds import HoldReason
from core.notices.staff_notices import staff_desk
from core.postback import Action, PostbackProblem, Press
from tests.bot.line_limits import assert_line_takes
from tests.notices.staff_cast import (
    ADMIN,
    NOW,
    OFFICER,
    OTHER_CLASS,
    actions_of,
    child,
    held,
    review,
    tell,
    told,
)

pytestmark = pytest.mark.usefixtures("staff_people")


def test_class_without_a_teacher_is_asked_of_the_officer(house: House) -> None:
    tell(house, lambda s, desk: review(s, desk, child(homeroom="605"), child(homeroom="604")))

    assert sorted(who for who, _ in told(house)) == sorted([OTHER_CLASS, OFFICER])


def test_teacher_answers_with_buttons_nobody_else_can_use(house: House) -> None:
    tell(house, review)
    who, messages = told(house)[0]
    codec = staff_desk(house.settings).codec
    found_buttons = actions_of(messages)

    pressed = [codec.open(one["data"], who, NOW) for one in found_buttons]
    detail = f"{UUID(int=12)}/2026-11-23"
    answers = (Action.REVIEW_PRESENT, Action.REVIEW_LEAVE, Action.REVIEW_ABSENT)
    assert pressed == [Press(action, detail) for action in answers]
    assert codec.open(found_buttons[0]["data"], OFFICER, NOW) is PostbackProblem.FORWARDED
    assert [one["displayText"] for one in found_buttons] == [
        "12 王○明 已到校",
        "12 王○明 請假",
        "12 王○明 未到校",
    ]


def test_held_asks_release_or_cancel_after_the_list(house: House) -> None:
    tell(house, held)
    who, messages = told(house)[0]
    page, *acts = actions_of(messages)

    assert page["uri"].endswith("/staff/held")
    pressed = [staff_desk(house.settings).codec.open(one["data"], who, NOW) for one in acts]
    detail = "353607/2026-11-23/0820"
    assert pressed == [Press(Action.HELD_RELEASE, detail), Press(Action.HELD_CANCEL, detail)]


def test_held_for_another_reason_is_told_again(house: House) -> None:
    tell(house, held)

    again = tell(house, lambda s, desk: held(s, desk, reason=HoldReason.GAP))
    assert again == len({OFFICER, ADMIN})


@pytest.mark.parametrize(
    ("count", "messages", "bubbles"), [(1, 1, 1), (10, 1, 1), (11, 1, 2), (30, 2, 3), (90, 5, 9)]
)
def test_many_missing_children_fit_lines_limits(
    house: House, count: int, messages: int, bubbles: int
) -> None:
    names = ["高山青・瓦歷斯・諾幹" for _ in range(count)]
    missing = [child(number, name) for number, name in enumerate(names, start=1)]
    tell(house, lambda s, desk: review(s, desk, *missing))

    sent = [one for _, one in told(house)]
    assert len(sent) == messages
    contents = [one[0]["contents"] for one in sent]
    assert sum(len(one.get("contents", [one])) for one in contents) == bubbles
    assert sum(len(actions_of(one)) for one in sent) == 3 * count
    for one in sent:
        assert_line_takes(one)
