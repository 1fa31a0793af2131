"""Whatever staff type or press: always an answer LINE takes, never an exception."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.staff_commands import OTHER_WORDS, StaffVerb
from core.house import House
from core.people.tables import Student
from core.postback import Action, PostbackCodec, Press
from tests.bot.conversation import hear
from tests.bot.happenings import make_postback, make_text
from tests.bot.staff_room import FANG, HO, JIAN, LIN, make_room

PEOPLE = [LIN, HO, JIAN, FANG]
WORDS = [
    "603", "６０３班", "6年級", "六年級", "全校", "11510001", "115:11510001", "99999999", "07:50",
    "25:99", "明天", "11/24", "11/24–12/31", "全天", "上午", "全市", "中正區", "國小", "離校",
    "到校", "忘帶卡", "病假", "導師", "教育局", "學校管理者", "林小美", "榕光國小", "0", "-1",
    "臺北市政府", "11/23 06:05", "公布", "{x}", "﹏", "\u202e", "😀", "https://a.example.com",
]  # fmt: skip
FUZZ = settings(
    max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
VERBS = [*(verb.value for verb in StaffVerb), *OTHER_WORDS]


@pytest.fixture
def room(house: House) -> Student:
    return make_room(house)


@FUZZ
@given(
    verb=st.sampled_from(VERBS),
    words=st.lists(st.sampled_from(WORDS) | st.text(max_size=12), max_size=5),
    joint=st.sampled_from([" ", "", "　", "\n"]),
    user=st.sampled_from(PEOPLE),
)
def test_any_command_gets_an_answer_line_takes(
    house: House, room: Student, verb: str, words: list[str], joint: str, user: str
) -> None:
    text = joint.join([verb, *words])

    assert hear(house, make_text(text, user=user, at=house.clock.now()), longest_alt=40).messages


@FUZZ
@given(data=st.text(max_size=300), user=st.sampled_from(PEOPLE))
def test_any_postback_gets_an_answer(house: House, room: Student, data: str, user: str) -> None:
    assert hear(house, make_postback(data, user=user, at=house.clock.now())).messages


STALE = [
    (Action.LOOK_UP, "{id}/call"),
    (Action.ASKED_ENTER, "{id}"),
    (Action.ASKED_REFUSE, "{id}"),
    (Action.ASKED_WHY, "{id}/talk"),
    (Action.SEND_SURE, "{id}"),
    (Action.INVITE_SURE, "{id}"),
    (Action.REVOKE, "{id}"),
    (Action.REVOKE_SURE, "{id}"),
]


@pytest.mark.parametrize(("action", "detail"), STALE, ids=[action for action, _ in STALE])
@pytest.mark.parametrize("user", PEOPLE)
def test_a_button_about_what_is_gone_is_refused_politely(
    house: House, room: Student, action: Action, detail: str, user: str
) -> None:
    press = Press(action, detail.format(id="0" * 32))
    data = PostbackCodec(house.settings).seal(press, user, house.clock.now())

    assert hear(house, make_postback(data, user=user, at=house.clock.now())).messages
