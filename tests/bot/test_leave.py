"""請假 by guardians: from a line to a question, from its button to one leave."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import col, select

from bot.answer import Answer
from bot.details import LeaveDetail
from core.attendance.leaves import Filer, file_leave
from core.attendance.tables import Leave, LeaveReason
from core.calendar.tables import CalendarDay
from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.house import House
from core.kinds import DayPart, NoticeKind
from core.notices.tables import Notice
from core.notices.wording import short_date
from core.people.tables import Guardian, Student
from core.postback import PostbackCodec, Press
from tests.bot.conversation import hear
from tests.bot.happenings import make_postback
from tests.bot.line_limits import words_of
from tests.bot.staff_room import data_of, labels, press, rows_of, tell
from tests.conftest import MONDAY_MORNING
from tests.factories import HUA, MEI, make_binding, make_guardian, make_student

TUESDAY = date(2026, 11, 24)
SURE = "替小明請假：11/24（二）全天，病假。要送出嗎？"


def at(hour: int, minute: int, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=TAIPEI)


def leaves_of(house: House) -> list[Leave]:
    with snapshot(house.engine) as session:
        return list(session.exec(select(Leave).order_by(col(Leave.first_day))))


def said(answer: Answer) -> list[str]:
    return words_of(answer.messages)


def offered(answer: Answer) -> dict[str, dict[str, Any]]:
    items = answer.messages[-1].get("quickReply", {}).get("items", [])
    return {item["action"]["label"]: item["action"] for item in items}


def test_general_member_looks_and_sends_nothing(house: House, ming: Student) -> None:
    asked = tell(house, "請假 小明 明天 發燒", MEI)
    with transaction(house.engine) as session:
        session.execute(update(Guardian).values(verify_level="0"))
    before = rows_of(house)

    refused = press(house, asked, "送出", MEI)

    assert "只能查看" in said(refused)[0]
    assert rows_of(house) == before
    assert "小明" in str(tell(house, "今天", MEI).messages)


def test_nothing_is_written_before_it_is_confirmed(house: House, ming: Student) -> None:
    before = rows_of(house, "conversation")

    asked = tell(house, "請假 小明 明天 發燒", MEI)

    assert said(asked)[:2] == [SURE, "事由只有學校看得到。"]
    assert labels(asked) == ["返回", "送出"]
    assert rows_of(house, "conversation") == before
    assert said(press(house, asked, "返回", MEI)) == ["已返回，沒有另外送出任何內容。"]
    assert rows_of(house, "conversation") == before


def test_the_confirmed_leave_is_filed_and_the_other_guardian_told(
    house: House, ming: Student
) -> None:
    with transaction(house.engine) as session:
        make_binding(session, make_guardian(session, house, HUA), ming)

    done = press(house, tell(house, "請假 小明 明天 發燒", MEI), "送出", MEI)

    assert said(done)[0] == "已登記小明請假：11/24（二）全天。"
    leave = leaves_of(house)[0]
    assert (leave.first_day, leave.last_day, leave.part) == (TUESDAY, TUESDAY, DayPart.WHOLE)
    assert (leave.reason, leave.filed_by[:9]) == (LeaveReason.SICK, "guardian:")
    with snapshot(house.engine) as session:
        notices = list(session.exec(select(Notice)))
    assert [(one.kind, one.line_user_id) for one in notices] == [(NoticeKind.LEAVE_OTHER, HUA)]
    assert house.notices_due.is_set()


def test_a_press_handed_out_twice_files_once_and_says_the_same(house: House, ming: Student) -> None:
    data = data_of(tell(house, "請假 小明 明天", MEI), "送出")
    event = make_postback(data)

    first, second = hear(house, event), hear(house, event, is_retry=True)

    assert said(first) == said(second)
    assert len(leaves_of(house)) == 1


def test_a_second_tap_files_nothing_and_says_so(house: House, ming: Student) -> None:
    asked = tell(house, "請假 小明 明天", MEI)
    press(house, asked, "送出", MEI)

    assert said(press(house, asked, "送出", MEI)) == ["這件事已經處理好了，不需要再按。"]
    assert len(leaves_of(house)) == 1


def test_an_old_button_does_not_file_again_what_was_withdrawn(house: House, ming: Student) -> None:
    asked = tell(house, "請假 小明 明天", MEI)
    sure = press(house, press(house, asked, "送出", MEI), "取消請假", MEI)
    assert said(press(house, sure, "取消請假", MEI)) == ["已取消，當天照常通知。"]
    before = rows_of(house)

    assert said(press(house, asked, "送出", MEI)) == ["這件事已經處理好了，不需要再按。"]
    assert said(press(house, sure, "取消請假", MEI)) == ["已取消，當天照常通知。"]
    assert rows_of(house) == before
    house.clock.move_to(at(7, 30))
    again = press(house, tell(house, "請假 小明 明天", MEI), "送出", MEI)
    assert said(again)[0] == "已登記小明請假：11/24（二）全天。"


def test_请假_alone_is_guided_by_quick_replies(house: House, ming: Student) -> None:
    asked = tell(house, "请假", MEI)

    assert said(asked)[0] == "替小明請假，哪一天？"
    assert list(offered(asked)) == ["今天", "明天", "選日期"]
    assert offered(asked)["明天"]["text"] == "請假 小明 明天"
    pick = offered(asked)["選日期"]
    assert (pick["min"], pick["initial"], pick["max"]) == ("2026-11-23", "2026-11-24", "2027-03-23")
    picked = make_postback(pick["data"])
    picked["postback"]["params"] = {"date": "2026-11-27"}
    assert said(hear(house, picked))[0] == "替小明請假：11/27（五）全天。要送出嗎？"
    assert "/leaves/new?binding_id=" in str(asked.messages)


def test_what_was_said_is_kept_while_the_day_is_asked_for(house: House, ming: Student) -> None:
    asked = tell(house, "請假 上午 病假", MEI)

    assert offered(asked)["今天"]["text"] == "請假 小明 上午 病假 今天"
    picked = make_postback(offered(asked)["選日期"]["data"])
    picked["postback"]["params"] = {"date": "2026-11-27"}
    assert said(hear(house, picked))[0] == "替小明請假：11/27（五）上午，病假。要送出嗎？"


def test_the_question_offers_what_else_may_be_meant(house: House, ming: Student) -> None:
    asked = tell(house, "請假 明天", MEI)

    assert list(offered(asked)) == ["上午", "下午", "病假", "事假"]
    changed = tell(house, offered(asked)["上午"]["text"], MEI)
    assert said(changed)[0] == "替小明請假：11/24（二）上午。要送出嗎？"


def test_of_several_children_one_is_chosen(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        younger = make_student(session, house, name="王小華", number="11510002", grade=5)
        make_binding(session, make_guardian(session, house), younger)

    asked = tell(house, "請假 明天 發燒", MEI)

    assert said(asked) == ["替哪位孩子請假？"]
    assert offered(asked)["小華"]["text"] == "請假 小華 11/24 病假"
    chosen = tell(house, offered(asked)["小華"]["text"], MEI)
    assert said(chosen)[0] == "替小華請假：11/24（二）全天，病假。要送出嗎？"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("請假 11/20", "日期已經過了，請洽導師補辦。"),
        ("請假 11/28", "這一天不上課，不用請假。"),
        ("請假 2027/9/1", "最多提前 120 天請假。"),
        ("請假 11/24–12/30", "一次最多 14 天，更長的請假請洽導師。"),
        ("請假 11/26–11/24", "結束的日期早於開始的日期，請重新輸入。"),
        ("請假 13/45", "看不懂日期。請寫一天或一段日期，例如 11/24 或 11/24–11/26。"),
        ("請假 今天", "今天的請假受理到 08:30，請直接聯絡學校：02‑2300‑0001"),
        ("請假 11/27", "這一天已經請假了。"),
    ],
)
def test_what_cannot_be_is_said_before_anybody_is_asked(
    house: House, ming: Student, text: str, expected: str
) -> None:
    press(house, tell(house, "請假 11/27", MEI), "送出", MEI)
    house.clock.move_to(at(8, 30))
    before = rows_of(house, "conversation")

    answer = tell(house, text, MEI)

    assert expected in said(answer)
    assert "送出" not in labels(answer)
    assert rows_of(house, "conversation") == before


def test_the_cutoff_may_pass_between_question_and_answer(house: House, ming: Student) -> None:
    asked = tell(house, "請假 今天", MEI)
    house.clock.move_to(at(8, 31))

    answer = press(house, asked, "送出", MEI)

    assert said(answer)[0].startswith("今天的請假受理到 08:30")
    assert "tel:0223000001" in str(answer.messages)
    assert leaves_of(house) == []


def test_a_forwarded_or_foreign_button_files_nothing(house: House, ming: Student) -> None:
    asked = tell(house, "請假 明天", MEI)
    with transaction(house.engine) as session:
        make_guardian(session, house, HUA)
    leave = LeaveDetail(
        student_id=ming.id,
        first=TUESDAY,
        last=TUESDAY,
        part=DayPart.WHOLE,
        reason=LeaveReason.OTHER,
    )
    codec = PostbackCodec(house.settings)
    own = codec.open(data_of(asked, "送出"), MEI, MONDAY_MORNING)
    assert own == Press(own.action, str(leave))  # type: ignore[union-attr]
    forged = codec.seal(own, HUA, MONDAY_MORNING)  # type: ignore[arg-type]

    for answer in (
        press(house, asked, "送出", HUA),
        hear(house, make_postback(forged, user=HUA)),
    ):
        assert said(answer) == ["這個按鈕不能在這裡使用。"]
    assert leaves_of(house) == []


def test_several_open_leaves_are_listed_with_a_button_each(house: House, ming: Student) -> None:
    for day in ("11/24", "11/26–11/27 上午"):
        press(house, tell(house, f"請假 {day}", MEI), "送出", MEI)

    listed = tell(house, "取消請假", MEI)

    assert "11/26（四）–11/27（五）上午" in said(listed)
    assert labels(listed) == ["取消請假", "取消請假"]
    only = tell(house, "取消請假 小明 11/27", MEI)
    assert said(only)[0] == "要取消小明 11/26（四）–11/27（五）上午的請假嗎？"
    press(house, only, "取消請假", MEI)
    assert [leave.withdrawn_at is None for leave in leaves_of(house)] == [True, False]


def test_a_kind_of_leave_in_a_sentence_files_it(house: House, ming: Student) -> None:
    assert said(tell(house, "女兒明天要請病假", MEI))[0] == SURE


TAKEN_BACK = ["我想取消明天的請假", "小明明天不請假了，取消請假", "請假 小明 明天 取消"]


@pytest.mark.parametrize("line", TAKEN_BACK)
def test_a_sentence_that_takes_a_leave_back_files_none(
    house: House, ming: Student, line: str
) -> None:
    assert said(tell(house, line, MEI))[0] == "目前沒有可以取消的請假。"


@pytest.mark.parametrize("line", TAKEN_BACK)
def test_a_sentence_that_takes_a_leave_back_asks_about_that_leave(
    house: House, ming: Student, line: str
) -> None:
    press(house, tell(house, "請假 小明 明天", MEI), "送出", MEI)

    answer = tell(house, line, MEI)

    assert said(answer)[0] == "要取消小明 11/24（二）全天的請假嗎？"


def test_the_schools_leave_is_the_schools_to_withdraw(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        file_leave(
            session,
            "liff",
            student_id=ming.id,
            first_day=TUESDAY,
            last_day=TUESDAY,
            part=DayPart.WHOLE,
            reason=LeaveReason.SICK,
            filer=Filer("staff:11111111-1111-1111-1111-111111111111"),
            now=MONDAY_MORNING,
        )

    answer = tell(house, "取消請假", MEI)

    assert said(answer)[:2] == ["目前沒有可以取消的請假。", "學校登記的請假請洽學校取消。"]


def test_a_school_day_of_its_own_calendar_is_respected(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        session.add(
            CalendarDay(
                scope="353607",
                day=TUESDAY,
                is_open=False,
                reason="校慶補假",
                source="test",
                recorded_at=MONDAY_MORNING,
            )
        )

    assert said(tell(house, "請假 明天", MEI)) == ["這一天不上課，不用請假。"]


WORDS = ["小明", "今天", "明天", "大後天", "下週一", "週三", "11/24", "11/25–11/27", "–11/26", "26",
         "上午", "下午", "發燒", "事假", "到", "、", "2/30", "12月1日"]  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(WORDS), max_size=5), glue=st.sampled_from(["", " "]))
def test_a_button_files_the_days_its_question_names(
    house: House, ming: Student, words: list[str], glue: str
) -> None:
    asked = tell(house, "請假 " + glue.join(words), MEI)
    if "送出" not in labels(asked):
        return

    opened = PostbackCodec(house.settings).open(data_of(asked, "送出"), MEI, house.clock.now())

    leave = LeaveDetail.read(opened.detail)  # type: ignore[union-attr]
    days = short_date(leave.first)
    days += f"–{short_date(leave.last)}" if leave.last != leave.first else ""
    part = {"whole": "全天", "morning": "上午", "afternoon": "下午"}[leave.part]
    assert f"：{days}{part}" in said(asked)[0]
