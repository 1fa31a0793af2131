"""停課 in chat: a preview, a proposal for the second person, and the same for its undoing."""

from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from bot.answer import Answer
from bot.closure_words import read_closure
from core.attendance.closing import close_day
from core.calendar.tables import Closure
from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.house import House
from core.kinds import DayPart, NoticeKind
from core.notices.tables import Notice
from core.people.staff import revoke_staff, roles_of
from core.people.tables import Student
from tests.bot.line_limits import words_of
from tests.bot.staff_room import (
    FANG,
    GAO,
    HO,
    JIAN,
    LIN,
    SCHOOL,
    labels,
    make_room,
    press,
    rows_of,
    tell,
)

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 20, 30, tzinfo=TAIPEI)
TYPED = "停課 11/24 全天 臺北市政府 11/23 20:05 公布"
SEND = "送出，請第二人確認"
WORDS = ["11/24", "明天", "11/24–11/26", "2/30", "全天", "上午", "全市", "學校", "中正區",
         "國小", "六年級", "13年級", "槐香國小", "臺北市政府",
         "11/23 20:05 公布", "25:61", "・"]  # fmt: skip


@pytest.fixture
def room(house: House) -> Student:
    ming = make_room(house)
    house.clock.move_to(NOW)
    return ming


def said(answer: Answer) -> list[str]:
    return words_of(answer.messages)


def one_closure(house: House) -> Closure:
    with snapshot(house.engine) as session:
        return session.exec(select(Closure)).one()


def asked_people(house: House) -> list[str]:
    with snapshot(house.engine) as session:
        rows = session.exec(select(Notice).where(Notice.kind == NoticeKind.CLOSURE_ASKED))
        return sorted(row.line_user_id for row in rows)


def typed_next(answer: Answer) -> list[str]:
    items = answer.messages[-1]["quickReply"]["items"]
    return [item["action"]["text"] for item in items]


def confirm(house: House) -> None:
    """Let Jian, the second person, agree on the page."""
    with transaction(house.engine) as session:
        closure = session.exec(select(Closure)).one()
        by = f"staff:{roles_of(session, JIAN)[0].id}"
        close_day(session, closure.id, by, house.clock.now())


def test_a_typed_closure_is_taken_apart() -> None:
    said = read_closure("11/24 上午 中正區・國小 臺北市政府 11/23 20:05 公布", MONDAY)

    assert (said.day, said.part) == (date(2026, 11, 24), DayPart.MORNING)
    assert (said.district, said.level, said.left) == ("中正區", "國小", ("臺北市政府",))
    assert said.source_at == datetime(2026, 11, 23, 20, 5, tzinfo=TAIPEI)
    graded = read_closure("今天 六年級 學校公告 06:10", MONDAY)
    assert (graded.grade, graded.day, graded.left) == (6, MONDAY, ("學校公告",))


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    words=st.lists(st.sampled_from(WORDS) | st.text(max_size=20), max_size=6),
    user=st.sampled_from([HO, FANG]),
)
def test_no_closure_is_too_strange(
    house: House, room: Student, words: list[str], user: str
) -> None:
    typed = " ".join(words)

    said = read_closure(typed, MONDAY)
    assert said.day is None or not said.is_unclear
    assert tell(house, f"停課 {typed}", user).messages


def test_the_preview_has_numbers_and_writes_nothing(house: House, room: Student) -> None:
    before = rows_of(house)

    preview = tell(house, TYPED, HO)

    assert said(preview)[:5] == [
        "預覽・尚未送出",
        "1 校、2 人",
        "榕光國小，11/24（二）全天",
        "停發通知，已請假不變。",
        "依據：臺北市政府 11/23 20:05 公布",
    ]
    assert labels(preview) == [SEND, "返回"]
    assert rows_of(house) == before


def test_sent_it_is_proposed_once_and_the_others_are_asked(house: House, room: Student) -> None:
    preview = tell(house, TYPED, HO)

    for _ in range(2):
        answer = press(house, preview, SEND, HO)
        assert said(answer) == ["已送出，等第二人確認，60 分鐘內有效。"]

    closure = one_closure(house)
    assert (closure.school_code, closure.part, closure.confirmed_at) == (SCHOOL, "whole", None)
    assert asked_people(house) == sorted([FANG, JIAN])
    assert said(tell(house, TYPED, JIAN)) == ["已經有人發起，等第二人確認。"]


@pytest.mark.parametrize(
    ("user", "others", "who"),
    [(HO, (JIAN, FANG), "請學校管理者輸入"), (FANG, (HO, JIAN), "請輸入")],
)
def test_with_nobody_to_confirm_it_says_so_and_what_to_do(
    house: House, room: Student, user: str, others: tuple[str, ...], who: str
) -> None:
    preview = tell(house, TYPED.replace("全天", "全天 榕光國小"), user)
    with transaction(house.engine) as session:
        for role in (role for one in others for role in roles_of(session, one)):
            revoke_staff(session, role.id, by="operator", now=NOW)

    for _ in range(2):
        fact, small, *_ = said(press(house, preview, SEND, user))
        assert fact == "已送出，但目前沒有其他人可以確認，還沒生效。"
        assert small.startswith(f"{who}「邀請」，讓第二位有權限的同仁登錄後再確認。")
        assert "來不及時請撥 02\u20112758\u20119171。60 分鐘內有效" in small

    assert asked_people(house) == []
    assert one_closure(house).confirmed_at is None


def test_the_second_person_finds_it_by_the_same_word(house: House, room: Student) -> None:
    press(house, tell(house, TYPED, HO), SEND, HO)

    second, first = tell(house, "停課", JIAN), tell(house, "停課", HO)

    assert said(second)[:4] == ["榕光國小，11/24（二）全天", "等第二人確認", "確認", "退回"]
    assert f"/staff/closures/{one_closure(house).id}" in str(second.messages)
    assert said(first)[:3] == ["榕光國小，11/24（二）全天", "等第二人確認", "看停課"]
    assert said(tell(house, "停課", GAO))[0] == "發起停課"


def test_審核_counts_what_waits_for_the_second_person(house: House, room: Student) -> None:
    press(house, tell(house, TYPED, HO), SEND, HO)

    for asked in ("審核", "審核 停課"):
        told = said(tell(house, asked, JIAN))
        assert told == ["待審：停課等您確認 1 件。請輸入「停課」核對。"]
    assert said(tell(house, "審核", HO)) == ["目前沒有待審的申請。"], "who asked can't say yes"
    assert said(tell(house, "審核", LIN)) == ["目前沒有待審的申請。"]


def test_step_by_step_the_words_are_offered(house: House, room: Student) -> None:
    assert typed_next(tell(house, "停課", HO)) == ["停課 今天", "停課 明天", "復原停課"]

    asked = tell(house, "停課 明天", HO)

    assert said(asked) == [
        "請加上依據和公布時間，例如：\n停課 11/24 全天 臺北市政府 11/23 20:30 公布"
    ]
    assert typed_next(asked) == ["停課 11/24 全天", "停課 11/24 上午", "停課 11/24 下午"]


def test_the_bureau_names_whom_it_is_for(house: House, room: Student) -> None:
    assert said(tell(house, TYPED, FANG))[0].startswith("請加上範圍")
    city = tell(house, TYPED.replace("全天", "全天 全市"), FANG)
    assert said(city)[1:3] == ["2 校、3 人", "全市，11/24（二）全天"]
    one = tell(house, TYPED.replace("全天", "上午 槐香國小"), FANG)
    assert said(one)[1:3] == ["1 校、1 人", "槐香國小，11/24（二）上午"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("停課 11/20 全天 市府 11/19 20:05", "日期已經過了。"),
        ("停課 11/24 全天 市府 11/24 20:05", "公布的時間還沒到。"),
        ("停課 11/24 13年級 市府 11/23 20:05", "年級應是 1–12。"),
        ("停課 11/24–11/26 市府 11/23 20:05", "停課要寫一個日期"),
        ("停課 13/45 市府 11/23 20:05", "停課要寫一個日期"),
        ("停課 11/24 " + "市" * 21 + " 11/23 20:05", "依據最多 20 個字，更長的請用網頁填寫。"),
        ("停課 11/28 全天 學校 11/23 07:00 公布", "這一天不上課，不用停課。"),
        (
            "停課 11/24 全天 學校 11/23 07:00 公布",
            "依據要寫公布的單位，例如「臺北市政府」「教育局」",
        ),
        ("停課 11/24 槐香國小 市府 11/23 20:05", "您的權限不包含這個指令。"),
    ],
)
def test_refusals_change_nothing(house: House, room: Student, text: str, expected: str) -> None:
    before = rows_of(house)

    answer = tell(house, text, HO)

    assert said(answer)[0].startswith(expected)
    assert labels(answer) == []
    assert rows_of(house) == before


def test_undoing_asks_the_second_person_again(house: House, room: Student) -> None:
    press(house, tell(house, TYPED, HO), SEND, HO)
    confirm(house)
    listed = tell(house, "復原停課", HO)
    assert said(listed)[1] == "榕光國小，11/24（二）全天"

    asked = press(house, listed, "復原", HO)

    assert said(asked)[:2] == [
        "復原 11/24（二）停課？",
        "1 校恢復通知，已收到停課通知的家長會收到「照常上課」，當天另有停課的除外。",
    ]
    house.clock.move_to(NOW.replace(minute=31))
    for _ in range(2):
        assert said(press(house, asked, SEND, HO)) == ["已送出，等第二人確認，60 分鐘內有效。"]
    assert one_closure(house).undo_proposed_by is not None
    assert one_closure(house).undone_at is None
    assert asked_people(house) == sorted([FANG, JIAN] * 2)
    assert said(tell(house, TYPED, JIAN)) == ["這個範圍當天已經停課。"]


def test_a_right_that_ended_proposes_nothing(house: House, room: Student) -> None:
    preview = tell(house, TYPED, HO)
    with transaction(house.engine) as session:
        for role in roles_of(session, HO):
            revoke_staff(session, role.id, by="operator", now=NOW)
    before = rows_of(house, "audit_entry")

    assert said(press(house, preview, SEND, HO)) == ["權限已撤銷。"]
    assert said(press(house, preview, SEND, JIAN)) == ["這個按鈕不能在這裡使用。"]
    assert rows_of(house, "audit_entry") == before
