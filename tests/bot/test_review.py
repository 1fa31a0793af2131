"""One tap on a missing child: from the review push at once, from the list after a question."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta

import orjson
import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from bot.answer import Answer
from core.attendance.day_record import lock_days
from core.attendance.tables import AttendanceDay, Leave, LeaveReason, NoShowState
from core.clock import TAIPEI, taipei_clock
from core.db import snapshot, transaction
from core.gate.make_up import record_make_up
from core.gate.tables import Tap, TapSource
from core.house import House
from core.kinds import Direction, NoticeKind, NoticeState
from core.notices.fan_out import tell_no_shows
from core.notices.staff_notices import MissingChild, staff_desk, tell_review
from core.notices.tables import Notice
from core.people.staff import revoke_staff, roles_of
from core.people.tables import Binding, EnrollmentStatus, Student
from tests.bot.conversation import hear
from tests.bot.happenings import make_postback
from tests.bot.line_limits import assert_line_takes, words_of
from tests.bot.staff_room import HO, LIN, WU, data_of, labels, make_room, press, rows_of, tell
from tests.factories import MEI

MONDAY = date(2026, 11, 23)


def clock(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, second, tzinfo=TAIPEI)


@pytest.fixture
def room(house: House) -> Student:
    ming = make_room(house)
    house.clock.move_to(clock(8, 31, 20))
    return ming


def pushed(house: House, ming: Student) -> Answer:
    """What Lin was asked about Ming."""
    with transaction(house.engine) as session:
        tell_review(
            session,
            staff_desk(house.settings),
            ming.school_code,
            MONDAY,
            time(8, 30),
            [MissingChild(ming.id, ming.homeroom, ming.seat_number, ming.name)],
            deadline=clock(8, 40),
            now=house.clock.now(),
        )
        notice = session.exec(select(Notice).where(Notice.kind == NoticeKind.REVIEW)).one()
        assert notice.line_user_id == LIN
        messages = orjson.loads(notice.content)
    assert_line_takes(messages)
    return Answer(messages=messages)


def said(answer: Answer) -> list[str]:
    return words_of(answer.messages)


def taps(house: House) -> list[Tap]:
    with snapshot(house.engine) as session:
        return list(session.exec(select(Tap).order_by(col(Tap.received_at))))


def kinds(house: House) -> list[str]:
    with snapshot(house.engine) as session:
        rows = session.exec(select(Notice).where(Notice.line_user_id == MEI))
        return [row.kind for row in rows]


def tell_told(house: House, ming: Student) -> None:
    """The guardians were told at the cut-off."""
    with transaction(house.engine) as session:
        mark_told(session, ming)
        tell_no_shows(
            session,
            staff_desk(house.settings),
            [ming.id],
            school_day=MONDAY,
            cutoff=time(8, 30),
            heartbeat=None,
            now=clock(8, 30),
        )
        read = update(Notice).where(col(Notice.kind) == NoticeKind.NO_SHOW)
        session.exec(read.values(state=NoticeState.ACCEPTED, settled_at=clock(8, 31)))


def mark_told(session: Session, ming: Student) -> None:
    lock_days(session, {(ming.id, MONDAY)})
    day = session.get_one(AttendanceDay, (ming.id, MONDAY), populate_existing=True)
    day.no_show, day.no_show_at = NoShowState.TOLD, clock(8, 30)


def test_已到校_enters_the_minute_of_the_press_at_once(house: House, room: Student) -> None:
    asked = pushed(house, room)
    assert labels(asked) == ["已到校", "請假", "未到校"]

    done = press(house, asked, "已到校", LIN)

    assert said(done) == ["已記錄：12 王○明 到校 08:31（補登）。", "已排入家長通知。", "更正"]
    tap = taps(house)[0]
    assert (tap.effective_at, tap.source) == (clock(8, 31), TapSource.MAKE_UP)
    assert (tap.reason, tap.direction) == ("老師確認", Direction.IN)
    assert (tap.recorded_by or "").startswith("staff:")
    assert kinds(house) == [NoticeKind.ARRIVAL]


def test_the_same_event_again_has_the_same_one_effect(house: House, room: Student) -> None:
    event = make_postback(data_of(pushed(house, room), "已到校"), user=LIN, at=house.clock.now())

    first = hear(house, event)
    house.clock.move_to(clock(8, 33))
    before = rows_of(house)

    assert said(hear(house, event)) == said(first)
    assert rows_of(house) == before


def test_a_second_press_later_says_that_it_is_known(house: House, room: Student) -> None:
    asked = pushed(house, room)
    press(house, asked, "已到校", LIN)
    house.clock.move_to(clock(8, 34))
    before = rows_of(house)

    for label in ("已到校", "請假"):
        answer = press(house, asked, label, LIN)
        assert said(answer) == ["12 王○明 08:31 已有紀錄，不需要再回覆。"]
    absent = press(house, asked, "未到校", LIN)
    assert said(absent) == ["12 王○明 已有刷卡紀錄，沒有通知家長。"]
    assert rows_of(house) == before


def test_an_answer_can_be_corrected_and_given_anew(house: House, room: Student) -> None:
    asked = pushed(house, room)
    sure = press(house, press(house, asked, "已到校", LIN), "更正", LIN)
    assert said(sure)[:2] == [
        "603 班 12 王○明 11/23（一）到校 08:31（補登）",
        "會另記一筆更正，原紀錄保留。確定？",
    ]

    corrected = press(house, sure, "更正", LIN)

    assert said(corrected) == ["已更正，家長沒有收到過通知，不另外說明。"]
    assert said(press(house, sure, "更正", LIN)) == said(corrected)
    assert [tap.source for tap in taps(house)] == [TapSource.MAKE_UP, TapSource.UNDO]
    house.clock.move_to(clock(8, 35))
    assert said(press(house, asked, "已到校", LIN))[0] == "已記錄：12 王○明 到校 08:35（補登）。"


def test_a_colleague_hears_that_somebody_corrected_it(house: House, room: Student) -> None:
    undo = press(house, press(house, pushed(house, room), "已到校", LIN), "更正", LIN)
    theirs = tell(house, f"更正補登 11510001 {taipei_clock(house.clock.now())}", HO)
    press(house, undo, "更正", LIN)

    assert said(press(house, theirs, "更正", HO)) == ["已有人處理。"]


def test_請假_excuses_the_whole_day(house: House, room: Student) -> None:
    asked = pushed(house, room)

    done = press(house, asked, "請假", LIN)

    assert said(done)[:2] == ["已登記，已排入家長通知。", "603 班 12 王○明 11/23（一）全天請假"]
    with snapshot(house.engine) as session:
        leave = session.exec(select(Leave)).one()
    assert (leave.first_day, leave.reason) == (MONDAY, LeaveReason.OTHER)
    assert kinds(house) == [NoticeKind.LEAVE_SCHOOL]
    house.clock.move_to(clock(8, 34))
    again = press(house, asked, "請假", LIN)
    assert said(again) == ["這一天已經請假了，要更改請先取消請假。"]
    assert said(press(house, asked, "未到校", LIN)) == ["12 王○明 今天已請假，沒有通知家長。"]
    here = press(house, asked, "已到校", LIN)
    assert said(here)[:2] == ["這位學生當天已請假，要先取消請假嗎？", "603 班 12 王○明"]
    assert taps(house) == []


def test_未到校_tells_the_guardians_at_once(house: House, room: Student) -> None:
    asked = pushed(house, room)

    done = press(house, asked, "未到校", LIN)

    assert said(done)[0] == "已記錄：12 王○明 還沒到校。已排入家長通知。"
    assert kinds(house) == [NoticeKind.NO_SHOW]
    assert said(press(house, asked, "未到校", LIN))[0] == "12 王○明：家長已經收到通知，沒有再發。"
    assert kinds(house) == [NoticeKind.NO_SHOW]
    seen = said(press(house, done, "已到校", LIN))
    assert "已排入家長通知。" in seen
    assert "通知已送出；您的回覆會更新給家長。" not in seen


def test_where_no_guardian_hears_of_未到校_the_teacher_is_told_to_call(
    house: House, room: Student
) -> None:
    asked = pushed(house, room)
    with transaction(house.engine) as session:
        session.exec(update(Binding).values(ended_at=clock(8, 0), ended_by="x"))
    done = press(house, asked, "未到校", LIN)
    assert said(done)[0] == "已記錄：12 王○明 還沒到校。沒有家長會收到通知，請直接聯絡。"
    again = press(house, asked, "未到校", LIN)
    assert said(again)[0] == "12 王○明：沒有家長會收到通知，請直接聯絡。"
    assert kinds(house) == []


@pytest.mark.parametrize("label", ["已到校", "請假"])
def test_a_late_answer_says_that_it_updates_the_notice(
    house: House, room: Student, label: str
) -> None:
    asked = pushed(house, room)
    tell_told(house, room)

    answer = press(house, asked, label, LIN)

    assert "通知已送出；您的回覆會更新給家長。" in said(answer)


@pytest.mark.parametrize("label", ["已到校", "請假"])
def test_a_late_answer_updates_no_notice_that_nobody_got(
    house: House, room: Student, label: str
) -> None:
    asked = pushed(house, room)
    with transaction(house.engine) as session:
        session.exec(update(Binding).values(ended_at=clock(8, 0), ended_by="x"))
        mark_told(session, room)

    told = said(press(house, asked, label, LIN))

    assert any("沒有需要通知的家長。" in one for one in told)
    assert not any("通知已送出" in one for one in told)


def test_rights_are_checked_at_the_press(house: House, room: Student) -> None:
    asked = pushed(house, room)
    with transaction(house.engine) as session:
        for role in roles_of(session, LIN):
            revoke_staff(session, role.id, by="operator", now=house.clock.now())
    before = rows_of(house)

    for label in labels(asked):
        assert said(press(house, asked, label, LIN)) == ["權限已撤銷。"]
    assert rows_of(house) == before


@pytest.mark.parametrize("user", [WU, HO, MEI])
def test_a_forwarded_button_is_nobody_elses(house: House, room: Student, user: str) -> None:
    asked = pushed(house, room)
    before = rows_of(house, "audit_entry")

    for label in labels(asked):
        assert said(press(house, asked, label, user)) == ["這個按鈕不能在這裡使用。"]
    assert rows_of(house, "audit_entry") == before


def test_yesterdays_question_is_over(house: House, room: Student) -> None:
    asked = pushed(house, room)
    house.clock.move_to(clock(8, 0) + timedelta(days=1))
    before = rows_of(house)

    for label in labels(asked):
        assert "這個按鈕已過期" in said(press(house, asked, label, LIN))[0]
    assert rows_of(house) == before


def test_nobody_hears_that_a_child_is_missing_who_has_left(house: House, room: Student) -> None:
    asked = pushed(house, room)
    with transaction(house.engine) as session:
        session.get_one(Student, room.id).status = EnrollmentStatus.TRANSFERRED

    answer = press(house, asked, "未到校", LIN)

    assert said(answer) == ["12 王○明 已不在學，沒有通知家長。"]
    with snapshot(house.engine) as session:
        assert not session.exec(select(Notice).where(Notice.kind == NoticeKind.NO_SHOW)).all()


def test_the_list_asks_back_before_anything_is_written(house: House, room: Student) -> None:
    listed = tell(house, "今日 603", LIN)
    before = rows_of(house)

    present = press(house, listed, "已到", LIN)
    leave = press(house, listed, "請假", LIN)
    absent = press(house, listed, "未到", LIN)

    assert said(present)[0] == "12 王○明 已到：補登到校 08:31？"
    assert said(leave)[0] == "603 班 12 王○明 11/23（一）全天請假？"
    assert said(absent)[0] == "12 王○明 未到校：立即通知家長？"
    for asked in (present, leave, absent):
        assert said(press(house, asked, "返回", LIN)) == ["已返回，沒有另外送出任何內容。"]
    assert rows_of(house) == before


def test_the_minute_asked_about_is_the_minute_entered(house: House, room: Student) -> None:
    asked = press(house, tell(house, "今日 603", LIN), "已到", LIN)
    house.clock.move_to(clock(8, 36))

    done = press(house, asked, "確認", LIN)

    assert said(done)[0] == "已記錄：12 王○明 到校 08:31（補登）。"
    assert said(press(house, asked, "確認", LIN)) == ["這件事已經處理好了，不需要再按。"]
    assert len(taps(house)) == 1


def test_a_child_seen_meanwhile_needs_no_answer(house: House, room: Student) -> None:
    listed = tell(house, "今日 603", LIN)
    with transaction(house.engine) as session:
        record_make_up(
            session,
            "liff",
            student_id=room.id,
            at=clock(8, 15),
            direction=Direction.IN,
            recorded_by="staff:11111111-1111-1111-1111-111111111111",
            reason="忘帶卡",
            now=house.clock.now(),
        )

    for label in ("已到", "請假", "未到"):
        assert said(press(house, listed, label, LIN)) == ["12 王○明 08:15 已有紀錄，不需要再回覆。"]


def test_two_colleagues_at_once_enter_it_once(house: House, room: Student) -> None:
    asked = {user: press(house, tell(house, "今日 603", user), "已到", user) for user in (LIN, HO)}
    start = threading.Barrier(len(asked))

    def confirm(user: str) -> list[str]:
        start.wait()
        return said(press(house, asked[user], "確認", user))

    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(confirm, asked))

    assert [answer[0] for answer in answers] == ["已記錄：12 王○明 到校 08:31（補登）。"] * 2
    assert len(taps(house)) == 1
    assert kinds(house) == [NoticeKind.ARRIVAL]
