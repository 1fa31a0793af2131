"""邀請, 撤銷, 稽核: who becomes staff, who is no more, and who did what."""

import re
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.answer import MenuKind
from core.db import transaction
from core.house import House
from core.people.staff import roles_of
from core.people.tables import Staff, StaffInvite, StaffRole, Student
from core.postback import Action, PostbackCodec, Press
from tests.bot.conversation import hear
from tests.bot.happenings import make_postback
from tests.bot.line_limits import words_of
from tests.bot.staff_room import (
    FANG,
    GAO,
    HO,
    JIAN,
    LIN,
    WU,
    labels,
    make_room,
    press,
    tell,
)
from tests.conftest import MONDAY_MORNING
from tests.factories import HUA


@pytest.fixture
def ming(house: House) -> Student:
    return make_room(house)


def invite(house: House, text: str, user: str) -> str:
    """Invite somebody and return the code."""
    answer = press(house, tell(house, text, user), "產生邀請碼", user)
    (code,) = [word for word in words_of(answer.messages) if re.fullmatch(r"\w{4}-\w{4}", word)]
    assert code not in str(answer.messages[0]["altText"])
    return code


def roles(house: House, user: str) -> list[tuple[str, str | None, str | None]]:
    with transaction(house.engine) as session:
        return [(one.role, one.school_code, one.homeroom) for one in roles_of(session, user)]


def test_invited_teacher_enrols_with_the_code_and_gets_the_staff_menu(
    house: House, ming: Student
) -> None:
    code = invite(house, "邀請 導師 603 林小美", JIAN)

    answer = tell(house, code, HUA)

    assert roles(house, HUA) == [(StaffRole.HOMEROOM_TEACHER, "353607", "603")]
    assert answer.menu is MenuKind.STAFF


def test_nothing_is_made_before_it_is_confirmed_and_one_press_makes_one_code(
    house: House, ming: Student
) -> None:
    def count() -> int:
        with transaction(house.engine) as session:
            return len(session.exec(select(StaffInvite)).all())

    before = count()
    asked = tell(house, "邀請 生教組 何小明", JIAN)
    assert count() == before

    press(house, asked, "產生邀請碼", JIAN)
    again = press(house, asked, "產生邀請碼", JIAN)

    assert words_of(again.messages)[0].startswith("這件事已經處理過")
    assert count() == before + 1


def test_bureau_invites_the_first_admin_of_a_school(house: House, ming: Student) -> None:
    code = invite(house, "邀請 槐香國小 學校管理者 高小傑", FANG)
    tell(house, code, HUA)

    assert roles(house, HUA) == [(StaffRole.SCHOOL_ADMIN, "353608", None)]


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("邀請", "邀請要有身分和姓名"),
        ("邀請 導師 林小美", "邀請要有身分和姓名"),
        ("邀請 生教組 603 林小美", "邀請要有身分和姓名"),
        ("邀請 導師 699 林小美", "查無這個班級"),
        ("邀請 教育局 林小美", "這個身分或學校不在您的權限內。"),
        ("邀請 槐香國小 生教組 林小美", "這個身分或學校不在您的權限內。"),
    ],
)
def test_what_is_no_invitation_says_how_to_write_one(
    house: House, ming: Student, text: str, begin: str
) -> None:
    assert words_of(tell(house, text, JIAN).messages)[0].startswith(begin)


def test_revoking_asks_back_ends_at_once_and_takes_the_menu(house: House, ming: Student) -> None:
    listed = tell(house, "撤銷 603", JIAN)
    assert labels(listed) == ["撤銷"]
    asked = press(house, listed, "撤銷", JIAN)
    assert roles(house, LIN)

    done = press(house, asked, "撤銷", JIAN)

    assert words_of(done.messages) == ["已撤銷，立即失效。"]
    assert done.menus_of_others == {LIN: MenuKind.UNBOUND}
    assert words_of(tell(house, "未到", LIN).messages) == ["權限已撤銷。"]
    again = press(house, asked, "撤銷", JIAN)
    assert words_of(again.messages) == ["這件事已經處理好了，不需要再按。"]


def test_last_admin_stays(house: House, ming: Student) -> None:
    listed = tell(house, "撤銷", JIAN)
    # The highest role stands first.
    assert words_of(listed.messages)[1] == "學校管理者 簡○芬"

    asked = press(house, listed, "撤銷", JIAN)
    done = press(house, asked, "撤銷", JIAN)

    assert words_of(done.messages)[0].startswith("這是最後一位管理者")


def test_other_schools_are_neither_shown_nor_ended(house: House, ming: Student) -> None:
    assert "生教組 高○傑" not in words_of(tell(house, "撤銷", JIAN).messages)
    with transaction(house.engine) as session:
        gao = session.exec(select(Staff).where(Staff.line_user_id == GAO)).one()
        sealed = PostbackCodec(house.settings).seal(
            Press(Action.REVOKE_SURE, gao.id.hex), JIAN, house.clock.now()
        )

    answer = hear(house, make_postback(sealed, user=JIAN, at=house.clock.now()))

    assert words_of(answer.messages) == ["這個身分或學校不在您的權限內。"]
    assert roles(house, GAO)


def test_records_tell_who_looked_at_whom_and_why(house: House, ming: Student) -> None:
    asked = tell(house, "查 11510001", HO)
    house.clock.move_to(MONDAY_MORNING + timedelta(minutes=1))
    press(house, asked, "家長來電", HO)
    tell(house, "今日 603", LIN)

    said = words_of(tell(house, "稽核", JIAN).messages)

    whole = "\n".join(said)
    assert "查看・603 班 12 王○明・家長來電" in whole
    assert "查看名單・2 位學生" in whole
    assert "導師 林○華" in whole
    assert "王小明" not in whole


def test_bureau_reads_no_childs_name_and_a_school_no_others_records(
    house: House, ming: Student
) -> None:
    tell(house, "今日 603", GAO)

    assert "高○傑" not in "".join(words_of(tell(house, "稽核", JIAN).messages))
    assert "○明" not in "".join(words_of(tell(house, "稽核", FANG).messages))
    assert words_of(tell(house, "稽核", WU).messages)[0].startswith("您的權限不包含")
