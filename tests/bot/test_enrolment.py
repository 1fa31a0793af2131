"""邀請碼: a code typed into the chat makes somebody staff, once."""

from datetime import timedelta

import pytest
from sqlmodel import select

from bot.answer import Answer
from bot.handlers.enrolment import LIMIT, read_code
from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.house import House
from core.people.staff import GOOD_FOR, invite_staff, roles_of
from core.people.tables import StaffRole, Student
from tests.bot.conversation import hear
from tests.bot.happenings import make_text
from tests.bot.line_limits import words_of
from tests.bot.staff_room import tell
from tests.factories import HUA, MEI

WRONG = ["邀請碼無效或已使用，請向學校管理者索取。家長的綁定碼請在「加入學生」填寫。"]


def invite(house: House, role: StaffRole = StaffRole.HOMEROOM_TEACHER) -> str:
    with transaction(house.engine) as session:
        return invite_staff(
            session,
            house.vault,
            name="林美華",
            school_code=None if role is StaffRole.BUREAU_ADMIN else "353607",
            role=role,
            homeroom="603" if role is StaffRole.HOMEROOM_TEACHER else None,
            invited_by="operator",
            now=house.clock.now(),
        )


def said(answer: Answer) -> list[str]:
    return words_of(answer.messages)


def roles(house: House, user: str = HUA) -> list[str]:
    with snapshot(house.engine) as session:
        return [role.role for role in roles_of(session, user)]


@pytest.mark.parametrize(
    "typed",
    ["K7Q4-M2XP", "k7q4-m2xp", "K7Q4M2XP", " k7q4 m2xp ", "Ｋ７Ｑ４－Ｍ２ＸＰ", "邀請碼：K7Q4-M2XP",
     "K7Q4—M2XP"],
)  # fmt: skip
def test_a_code_is_read_however_it_is_written(typed: str) -> None:
    assert (read_code(typed) or "").replace("-", "") == "K7Q4M2XP"


@pytest.mark.parametrize(
    "typed",
    ["2758-9171", "23456789", "今天", "10723456", "K7Q4", "hello world", "", "0912-345-678"],
)
def test_what_is_no_code_is_left_to_the_commands(typed: str) -> None:
    assert read_code(typed) is None


def test_a_code_makes_a_teacher_who_hears_what_to_type(house: House, ming: Student) -> None:
    answer = tell(house, invite(house).lower(), HUA)

    assert said(answer) == [
        "已登錄：林○華",
        "榕光國小 603 班導師",
        "可以輸入：今日、未到、補登、更正補登、請假、取消請假、查、發送、審核、綁定碼、服務狀態、說明。",
    ]
    assert roles(house) == [StaffRole.HOMEROOM_TEACHER]
    assert said(tell(house, "今日 603", HUA))[0] == "603 班"


def test_the_bureau_is_named_without_a_school(house: House, ming: Student) -> None:
    assert said(tell(house, invite(house, StaffRole.BUREAU_ADMIN), HUA))[1] == "教育局"


def test_a_used_an_old_and_an_unknown_code_hear_the_same(house: House, ming: Student) -> None:
    used, old = invite(house), invite(house)
    tell(house, used, MEI)
    assert said(tell(house, used, HUA)) == WRONG
    assert said(tell(house, "K7Q4-M2XP", HUA)) == WRONG
    house.clock.move_to(house.clock.now() + GOOD_FOR)

    assert said(tell(house, old, HUA)) == WRONG
    assert roles(house) == []


def test_five_wrong_codes_a_day_are_enough(house: House, ming: Student) -> None:
    for _ in range(LIMIT):
        assert said(tell(house, "K7Q4-M2XP", HUA)) == WRONG
    right = invite(house)

    refused = tell(house, right, HUA)

    assert said(refused) == ["今天的 5 次已用完，請洽學校管理者，明天 00:00 後可再試。"]
    assert roles(house) == []
    assert said(tell(house, right, MEI))[0] == "已登錄：林○華"
    house.clock.move_to(house.clock.now() + timedelta(days=1))
    assert said(tell(house, invite(house), HUA))[0] == "已登錄：林○華"


def test_an_event_handed_out_twice_counts_and_enrols_once(house: House, ming: Student) -> None:
    wrong, right = make_text("K7Q4-M2XP", user=HUA), make_text(invite(house), user=HUA)

    for event in (wrong, right):
        assert said(hear(house, event)) == said(hear(house, event))

    assert roles(house) == [StaffRole.HOMEROOM_TEACHER]
    with snapshot(house.engine) as session:
        tries = [one.action for one in session.exec(select(AuditEntry)) if "code" in one.action]
    assert sorted(tries) == ["staff_code.right", "staff_code.wrong"]


def test_a_parent_who_becomes_staff_keeps_the_parents_words(house: House, ming: Student) -> None:
    tell(house, invite(house), MEI)

    assert said(tell(house, "今天", MEI))[0] == "小明"
    assert said(tell(house, "今日 603", MEI))[0] == "603 班"
    assert said(tell(house, "請假 小明 明天", MEI))[0].startswith("替小明請假")
    assert said(tell(house, "請假 11510001 11/24 病假", MEI))[0].startswith("603 班 12 王○明")
    helped = said(tell(house, "說明", MEI))
    assert {"可以輸入", "學校人員可以輸入"} <= set(helped)


@pytest.mark.parametrize("typed", ["ABCD2345", "Saturday", "綁定碼 ABCD-2345", "綁定碼：ABCD2345"])
def test_a_parent_is_told_where_a_code_of_the_class_goes(
    house: House, ming: Student, typed: str
) -> None:
    answer = tell(house, typed, MEI)
    assert said(answer) == WRONG
    assert [act["action"]["text"] for act in answer.messages[0]["quickReply"]["items"]] == [
        "加入學生",
        "說明",
    ]


def test_staff_are_told_of_no_code_for_parents(house: House, ming: Student) -> None:
    tell(house, invite(house), HUA)
    assert said(tell(house, "ABCD-2345", HUA)) == ["邀請碼無效或已使用，請向學校管理者索取。"]
