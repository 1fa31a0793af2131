"""Every staff command by everybody: whoever may not changes no row and learns no name."""

from datetime import timedelta

import pytest

from bot.answer import MenuKind
from bot.menu_areas import areas_of
from bot.replies.staff.help import GROUPS
from bot.replies.staff.samples import SAMPLES
from bot.staff_commands import StaffVerb
from core.db import transaction
from core.house import House
from core.people.staff import roles_of
from core.people.tables import Student
from tests.bot.line_limits import words_of
from tests.bot.staff_room import (
    BAI,
    FANG,
    GAO,
    HO,
    JIAN,
    LIN,
    WU,
    make_room,
    rows_of,
    tell,
)
from tests.conftest import MONDAY_MORNING
from tests.factories import HUA, MEI

PARENT = "這個指令要學校人員才能用。您可以使用：今天、本週、請假、設定、說明。"
STRANGER = "還不是學校人員，請輸入邀請碼。"
REVOKED = "權限已撤銷。"
FORBIDDEN = "您的權限不包含這個指令。目前可以使用："
NOT_FOUND = "查無這個學號，或不在您的範圍內。"
NOT_YOURS = "這個範圍不在您的權限內。"
NO_CLASS = "查無這個班級，或不在您的範圍內。"
OUTSIDERS = {MEI: PARENT, HUA: STRANGER, BAI: REVOKED}
RUNNERS = (HO, JIAN)
# Who looked, and what waits for somebody to say that it is right.
KEPT = ("audit_entry", "one_time_text")
# Text, how its answer begins for those who may, who they are, and what the other staff hear.
COMMANDS = {
    "今日 603": ("603 班", (LIN, HO, JIAN, GAO), {WU: NO_CLASS, FANG: FORBIDDEN}),
    "未到": ("", (LIN, WU, HO, JIAN, GAO), {FANG: FORBIDDEN}),
    "未到 6": ("", (LIN, WU, HO, JIAN, GAO), {FANG: FORBIDDEN}),
    "補登 11510001 07:10 忘帶卡": (
        "603 班 12 王○明 11/23（一）補登到校 07:10，原因：忘帶卡？",
        (LIN, *RUNNERS),
        {WU: NOT_FOUND, GAO: NOT_FOUND, FANG: FORBIDDEN},
    ),
    "更正補登 11510001 07:10": (
        "603 班 12 王○明 07:10 沒有補登紀錄。",
        (LIN, *RUNNERS),
        {WU: NOT_FOUND, GAO: NOT_FOUND, FANG: FORBIDDEN},
    ),
    "請假 11510001 11/24 病假": (
        "603 班 12 王○明 11/24（二）全天病假？",
        (LIN, *RUNNERS),
        {WU: NOT_FOUND, GAO: NOT_FOUND, FANG: FORBIDDEN},
    ),
    "取消請假 11510001 11/24": (
        "603 班 12 王○明 11/24（二）沒有請假。",
        (LIN, *RUNNERS),
        {WU: NOT_FOUND, GAO: NOT_FOUND, FANG: FORBIDDEN},
    ),
    "放行": ("目前沒有保留的通知。", (*RUNNERS, GAO), {LIN: FORBIDDEN, FANG: FORBIDDEN}),
    "停課": ("發起停課", (*RUNNERS, GAO, FANG), {LIN: FORBIDDEN, WU: FORBIDDEN}),
    "停課 11/24 全天 臺北市政府 11/23 06:05 公布": (
        "預覽・尚未送出",
        (*RUNNERS, GAO),
        {LIN: FORBIDDEN, WU: FORBIDDEN},
    ),
    "停課 11/24 全天 全市 臺北市政府 11/23 06:05 公布": (
        "預覽・尚未送出",
        (FANG,),
        {LIN: FORBIDDEN, HO: FORBIDDEN, GAO: FORBIDDEN},
    ),
    "復原停課": ("目前沒有生效中的停課。", (*RUNNERS, GAO, FANG), {LIN: FORBIDDEN}),
    "刷卡機": ("", (*RUNNERS, GAO), {LIN: FORBIDDEN, FANG: FORBIDDEN}),
    "綁定碼 603": ("603 班 ", (LIN, *RUNNERS, GAO), {WU: NO_CLASS, FANG: FORBIDDEN}),
    "審核": ("目前沒有待審的申請。", (LIN, WU, *RUNNERS, GAO), {FANG: FORBIDDEN}),
    "查 11510001": (
        "603 班 12 王○明：請選查詢原因",
        (LIN, *RUNNERS),
        {WU: NOT_FOUND, GAO: NOT_FOUND, FANG: FORBIDDEN},
    ),
    "發送 603 明天請帶水壺": ("", (LIN, *RUNNERS, GAO, FANG), {WU: NO_CLASS}),
    "發送 6年級 明天請帶水壺": ("", (*RUNNERS, GAO, FANG), {LIN: NOT_YOURS, WU: NOT_YOURS}),
    "發送 全校 明天請帶水壺": ("", (*RUNNERS, GAO, FANG), {LIN: NOT_YOURS, WU: NOT_YOURS}),
    "名冊": ("名冊匯入", (JIAN,), {LIN: FORBIDDEN, HO: FORBIDDEN, FANG: FORBIDDEN}),
    "邀請 導師 603 林小美": (
        "邀請 林○美 成為榕光國小 603 班 導師？",
        (JIAN,),
        {LIN: FORBIDDEN, HO: FORBIDDEN, GAO: FORBIDDEN, FANG: "這個身分或學校不在您的權限內。"},
    ),
    "邀請 教育局 方小文": (
        "邀請 方○文 成為教育局？",
        (FANG,),
        {LIN: FORBIDDEN, HO: FORBIDDEN, JIAN: "這個身分或學校不在您的權限內。"},
    ),
    "撤銷": ("目前的學校人員", (JIAN, FANG), {LIN: FORBIDDEN, HO: FORBIDDEN}),
    "稽核": ("最近 ", (JIAN, FANG), {LIN: FORBIDDEN, HO: FORBIDDEN, GAO: FORBIDDEN}),
    "開放 11510001": (
        "603 班 12 王○明今天沒有暫停核對",
        RUNNERS,
        {LIN: FORBIDDEN, GAO: NOT_FOUND, FANG: FORBIDDEN},
    ),
    "封存 11510001": (
        "603 班 12 王○明：封存",
        RUNNERS,
        {LIN: FORBIDDEN, GAO: NOT_FOUND, FANG: FORBIDDEN},
    ),
    "解除綁定 11510001": (
        "603 班 12 王○明：解除綁定",
        RUNNERS,
        {LIN: FORBIDDEN, GAO: NOT_FOUND, FANG: FORBIDDEN},
    ),
    "報表": ("", (*RUNNERS, GAO), {LIN: FORBIDDEN, FANG: FORBIDDEN}),
}
TWO_MEANINGS = ("服務狀態", "說明", "取消")


@pytest.fixture
def room(house: House) -> Student:
    return make_room(house)


@pytest.mark.parametrize("text", COMMANDS)
def test_who_may_is_answered_and_writes_only_who_looked(
    house: House, room: Student, text: str
) -> None:
    begin, may, _ = COMMANDS[text]
    before = rows_of(house, *KEPT)

    for user in may:
        first = words_of(tell(house, text, user).messages)[0]
        assert first.startswith(begin), user
        assert first not in (NOT_FOUND, NO_CLASS)
        assert not first.startswith(FORBIDDEN), user

    assert rows_of(house, *KEPT) == before


@pytest.mark.parametrize("text", COMMANDS)
def test_who_may_not_changes_no_row(house: House, room: Student, text: str) -> None:
    _, _, others = COMMANDS[text]
    before = rows_of(house)

    for user, expected in (OUTSIDERS | others).items():
        said = words_of(tell(house, text, user).messages)
        assert len(said) == 1, (user, said)
        assert said[0].startswith(expected), user

    assert rows_of(house) == before


def test_every_verb_stands_in_the_table() -> None:
    first = {text.split(" ")[0] for text in (*COMMANDS, *TWO_MEANINGS)}

    assert first == {verb.value for verb in StaffVerb}


def test_help_names_only_what_the_person_may_do(house: House, room: Student) -> None:
    teacher = words_of(tell(house, "說明", LIN).messages)
    bureau = words_of(tell(house, "說明", FANG).messages)

    assert "補登" in teacher
    assert "放行" not in teacher
    verbs = [word for word in bureau if word in list(StaffVerb)]
    assert verbs == [
        *("發送", "停課", "停課", "復原停課"),
        *("邀請", "撤銷", "稽核", "服務狀態", "說明"),
    ], "停課 is a noun too"


def test_samples_are_of_what_the_person_may_see(house: House, room: Student) -> None:
    for user, homeroom in ((LIN, "603"), (HO, "603")):
        shown = words_of(tell(house, "說明", user).messages)
        assert f"今日 {homeroom}" in shown
        for sample in ("補登 11510001 07:50 忘帶卡", "請假 11510001 11/24 病假", "查 11510001"):
            assert sample in shown
            assert "查無" not in str(words_of(tell(house, sample, user).messages)), sample


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("補登", "請寫：補登 {number} 07:50 忘帶卡"),
        ("更正補登", "請寫：更正補登 {number} 07:50"),
        ("請假", "請寫：請假 {number} 11/24 病假"),
        ("取消請假", "請寫：取消請假 {number} 11/24"),
        ("查", "請寫：查 {number}"),
        ("查 王小明", "例如 {number}。"),
    ],
)
def test_a_refusal_shows_a_number_the_person_may_see(
    house: House, room: Student, text: str, told: str
) -> None:
    for user, number in ((LIN, "11510001"), (GAO, "11510030")):
        (said,) = words_of(tell(house, text, user).messages)
        assert told.format(number=number) in said


def test_on_a_friday_the_sample_is_of_monday(house: House, room: Student) -> None:
    house.clock.move_to(MONDAY_MORNING + timedelta(days=4))

    assert "請假 11510001 11/30 病假" in words_of(tell(house, "說明", LIN).messages)


def test_every_verb_stands_in_one_group_with_what_it_does() -> None:
    assert sorted(verb for group in GROUPS.values() for verb in group) == sorted(StaffVerb)
    assert all(SAMPLES[verb][0] for verb in StaffVerb)


def test_officers_read_what_封存_and_開放_do(house: House, room: Student) -> None:
    shown = words_of(tell(house, "說明", HO).messages)
    assert "停止新的綁定，也查不到這位學生" in shown
    assert "核對錯太多次，重新開放綁定" in shown


def test_what_nobody_knows_is_answered_with_what_one_may_do(house: House, room: Student) -> None:
    assert words_of(tell(house, "點心", LIN).messages) == [
        "不太確定您要查什麼。請輸入「說明」，看可以使用的指令。"
    ]
    assert words_of(tell(house, "稽核", LIN).messages)[0].startswith(FORBIDDEN)


@pytest.mark.parametrize(
    "text",
    ["誰還沒到", "誰沒來", "誰沒到？", "還有誰沒刷", "還有誰沒到", "誰還沒刷卡?", "今天誰沒來"],
)
def test_who_is_missing_is_asked_in_ones_own_words(house: House, room: Student, text: str) -> None:
    for user in (LIN, HO):
        asked = words_of(tell(house, text, user).messages)
        assert asked == words_of(tell(house, "未到", user).messages)
    assert "學校人員" not in str(tell(house, text, MEI).messages), (
        "a guardian asks nothing of staff"
    )


def test_without_a_number_everybody_gets_their_own_day(house: House, room: Student) -> None:
    assert words_of(tell(house, "今天", MEI).messages)[0] == "小明"
    assert words_of(tell(house, "今天", LIN).messages)[0] == "603 班"
    assert words_of(tell(house, "今天", HO).messages)[0] == "全校尚無紀錄 2 人（應到 2）"
    assert words_of(tell(house, "取消", MEI).messages)[0] == "目前沒有填到一半的內容。"


def test_guardians_read_announcements_and_staff_write_them(house: House, room: Student) -> None:
    assert words_of(tell(house, "公告", MEI).messages)[0] == "公告"
    assert words_of(tell(house, "公告", LIN).messages)[0] == "發送訊息給家長"


def test_on_the_staff_side_of_the_menu_a_parents_word_means_the_school(
    house: House, room: Student
) -> None:
    with transaction(house.engine) as session:
        (role,) = roles_of(session, HO)
        role.line_user_id = MEI
        session.add(role)

    for area in areas_of(MenuKind.STAFF_OF_PARENT):
        if area.opens is None:
            said = "".join(words_of(tell(house, area.text, MEI).messages))
            assert "小明" not in said, area.word
            assert said, area.word
    assert words_of(tell(house, "補登", MEI).messages)[0].startswith("替小明申請補登")
