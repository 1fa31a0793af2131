"""我知道了, 已在家, 請協助確認: one guardian answers, the others and the school hear of it."""

from datetime import date, datetime, time, timedelta

import orjson
import pytest
from sqlmodel import col, select

from bot.answer import Answer
from core.answers.school import remind_schools
from core.answers.tables import HelpRequest, NoShowAnswer
from core.attendance.day_record import lock_days
from core.attendance.tables import AttendanceDay, Leave, NoShowState
from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.house import House
from core.kinds import NoticeKind, NoticeState
from core.notices.fan_out import tell_no_shows
from core.notices.staff_desk import staff_desk
from core.notices.tables import Notice
from core.people.guardians import find_guardian
from core.people.tables import Binding, Staff, Student
from tests.bot.conversation import hear
from tests.bot.happenings import make_postback
from tests.bot.line_limits import assert_line_takes, words_of
from tests.bot.staff_room import GAO, HO, JIAN, LIN, data_of, labels, make_room, press, tell
from tests.factories import HUA, MEI, make_binding, make_guardian, make_student

MONDAY = date(2026, 11, 23)
BA = "U" + "9" * 32


def clock(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=TAIPEI)


@pytest.fixture
def ming(house: House) -> Student:
    """Mei and Ba are told at 08:31 that Ming has not tapped."""
    student = make_room(house)
    house.clock.move_to(clock(8, 31))
    with transaction(house.engine) as session:
        make_binding(session, make_guardian(session, house, BA, name="王大文"), student)
        make_guardian(session, house, HUA, name="華大明")
        tell_no_shows(
            session,
            staff_desk(house.settings),
            [student.id],
            school_day=MONDAY,
            cutoff=time(8, 30),
            heartbeat=clock(8, 30),
            now=house.clock.now(),
        )
    with transaction(house.engine) as session:
        for notice in session.exec(select(Notice)):
            notice.state = NoticeState.ACCEPTED
            notice.first_tried_at = notice.settled_at = house.clock.now()
        lock_days(session, {(student.id, MONDAY)})
        day = session.get_one(AttendanceDay, (student.id, MONDAY), populate_existing=True)
        day.no_show, day.no_show_at = NoShowState.TOLD, house.clock.now()
    return student


def pushed(house: House, user: str, kind: NoticeKind) -> list[Answer]:
    """What somebody was pushed of one kind, each as LINE would take it."""
    with snapshot(house.engine) as session:
        rows = session.exec(
            select(Notice)
            .where(Notice.line_user_id == user, Notice.kind == kind)
            .order_by(col(Notice.created_at))
        ).all()
    found = [Answer(messages=orjson.loads(row.content)) for row in rows]
    for answer in found:
        assert_line_takes(answer.messages)
    return found


def said(answers: list[Answer]) -> str:
    return " ".join(word for one in answers for word in words_of(one.messages))


def answer(house: House, label: str, user: str = MEI) -> list[str]:
    """Press one of the buttons of the no-show."""
    return words_of(press(house, pushed(house, user, NoticeKind.NO_SHOW)[0], label, user).messages)


def after(house: House, minutes: int) -> int:
    """Let minutes pass and the reminders go out."""
    house.clock.move_to(house.clock.now() + timedelta(minutes=minutes))
    with transaction(house.engine) as session:
        return remind_schools(session, staff_desk(house.settings), house.clock.now())


def request(house: House) -> HelpRequest:
    with snapshot(house.engine) as session:
        return session.exec(select(HelpRequest)).one()


def test_no_show_brings_the_three_answers(house: House, ming: Student) -> None:
    asked = pushed(house, MEI, NoticeKind.NO_SHOW)[0]

    assert labels(asked) == ["請協助確認", "我知道了", "已在家"]


def test_我知道了_is_told_to_the_other_guardian_and_stops_the_ladder(
    house: House, ming: Student
) -> None:
    heard = answer(house, "我知道了")

    assert heard == ["已記下小明的回覆：我知道了。\n另一位家長也看得到。"]
    assert "另一位家長 08:31 回覆：我知道了" in said(pushed(house, BA, NoticeKind.ANSWERED))
    assert pushed(house, MEI, NoticeKind.ANSWERED) == []
    with snapshot(house.engine) as session:
        rows = session.exec(select(Notice).where(Notice.kind == NoticeKind.NO_SHOW)).all()
        assert all(row.moot_at for row in rows)


def test_the_school_is_asked_by_a_typed_line_too(house: House, ming: Student) -> None:
    heard = said([tell(house, "請協助確認 小明", MEI)])

    assert "已請學校確認，有回覆就告訴您。" in heard
    assert request(house).student_id == ming.id
    assert "12 王○明 的家長請學校協助確認" in said(pushed(house, LIN, NoticeKind.HELP_ASKED))


def test_of_several_children_one_is_named_before_the_school_is_asked(
    house: House, ming: Student
) -> None:
    with transaction(house.engine) as session:
        mother = find_guardian(session, MEI)
        assert mother is not None
        sister = make_student(session, house, name="王小華", number="11510040")
        make_binding(session, mother, sister)

    asked = tell(house, "請協助確認", MEI)

    assert words_of(asked.messages) == ["要請學校確認哪位孩子？"]
    with snapshot(house.engine) as session:
        assert session.exec(select(HelpRequest)).all() == []
    items = asked.messages[0]["quickReply"]["items"]
    tell(house, next(one["action"]["text"] for one in items if "小華" in str(one)), MEI)
    assert request(house).student_id == sister.id


def test_two_who_have_read_the_same_hear_it_once(house: House, ming: Student) -> None:
    answer(house, "我知道了")
    answer(house, "我知道了", BA)
    answer(house, "我知道了")

    assert len(pushed(house, BA, NoticeKind.ANSWERED)) == 1
    assert pushed(house, MEI, NoticeKind.ANSWERED) == []
    with snapshot(house.engine) as session:
        assert len(session.exec(select(NoShowAnswer)).all()) == 2


def test_已在家_reaches_the_teacher_with_a_leave_to_enter(house: House, ming: Student) -> None:
    heard = answer(house, "已在家")

    assert "已記下：小明在家。老師和其他已綁定的家長看得到。" in heard[0]
    told = pushed(house, LIN, NoticeKind.AT_HOME)
    assert "12 王○明 的家長回覆：孩子在家（08:31）。" in said(told)
    word = told[0].messages[0]["contents"]["body"]["contents"][-1]["contents"][0]["action"]["text"]
    assert labels(tell(house, word, LIN)) == ["返回", "確認"]
    assert "回覆：孩子在家" in said(pushed(house, BA, NoticeKind.ANSWERED))
    assert pushed(house, HO, NoticeKind.AT_HOME) == []


def test_class_list_shows_what_guardians_answered(house: House, ming: Student) -> None:
    answer(house, "我知道了")
    answer(house, "已在家", BA)

    assert "家長回覆：孩子在家" in words_of(tell(house, "今日 603", LIN).messages)


def test_請協助確認_asks_the_teacher_and_says_so(house: House, ming: Student) -> None:
    heard = answer(house, "請協助確認")

    assert "已請學校確認，有回覆就告訴您。\n另一位家長也看得到。" in heard
    assert "學校電話：02‑2300‑0001" in heard
    asked = pushed(house, LIN, NoticeKind.HELP_ASKED)
    assert "12 王○明 的家長請學校協助確認（08:31）。" in said(asked)
    assert labels(asked[0]) == ["在學校", "已請假", "還沒看到，確認中"]
    assert "回覆：已請學校確認" in said(pushed(house, BA, NoticeKind.ANSWERED))


def test_school_is_asked_once_however_many_guardians_ask(house: House, ming: Student) -> None:
    answer(house, "請協助確認")
    answer(house, "請協助確認")
    heard = answer(house, "請協助確認", BA)

    assert "已請學校確認，有回覆就告訴您。\n另一位家長也看得到。" in heard
    assert len(pushed(house, LIN, NoticeKind.HELP_ASKED)) == 1


def test_在學校_is_entered_and_every_guardian_hears_it_once(house: House, ming: Student) -> None:
    answer(house, "請協助確認")
    house.clock.move_to(clock(8, 34))
    asked = pushed(house, LIN, NoticeKind.HELP_ASKED)[0]

    done = words_of(press(house, asked, "在學校", LIN).messages)

    assert "12 王○明：已回覆家長「孩子在學校」。" in done
    with snapshot(house.engine) as session:
        assert session.get_one(AttendanceDay, (ming.id, MONDAY)).arrived_at == clock(8, 34)
    for user in (MEI, BA):
        news = pushed(house, user, NoticeKind.CORRECTION) + pushed(
            house, user, NoticeKind.SCHOOL_REPLY
        )
        assert len(news) == 1, user
    assert request(house).next_at is None


def test_已請假_files_the_leave_and_tells_the_guardians(house: House, ming: Student) -> None:
    answer(house, "請協助確認")

    press(house, pushed(house, LIN, NoticeKind.HELP_ASKED)[0], "已請假", LIN)

    with snapshot(house.engine) as session:
        assert session.exec(select(Leave)).one().first_day == MONDAY
    assert pushed(house, MEI, NoticeKind.SCHOOL_REPLY) == []
    assert pushed(house, MEI, NoticeKind.LEAVE_SCHOOL)


def test_還沒看到_is_told_and_can_be_followed_by_在學校(house: House, ming: Student) -> None:
    answer(house, "請協助確認")
    asked = pushed(house, LIN, NoticeKind.HELP_ASKED)[0]

    done = words_of(press(house, asked, "還沒看到，確認中", LIN).messages)

    assert "看到學生時，請再按「在學校」。" in done[0]
    for user in (MEI, BA):
        reply = said(pushed(house, user, NoticeKind.SCHOOL_REPLY))
        assert "學校 08:31 回覆：還沒看到孩子，正在確認" in reply
    press(house, asked, "在學校", LIN)
    assert request(house).reply == "present"


def test_first_reply_counts_and_the_others_are_told(house: House, ming: Student) -> None:
    answer(house, "請協助確認")
    assert after(house, 5) == 1
    press(house, pushed(house, HO, NoticeKind.HELP_ASKED)[0], "在學校", HO)

    late = words_of(
        press(house, pushed(house, LIN, NoticeKind.HELP_ASKED)[0], "已請假", LIN).messages
    )

    assert late == ["12 王○明：生教組何○明 已回覆「孩子在學校」，不用再處理。"]
    told = said(pushed(house, LIN, NoticeKind.HELP_GIVEN))
    assert "12 王○明：生教組 08:36 已回覆家長，不用再處理。" in told
    assert pushed(house, HO, NoticeKind.HELP_GIVEN) == []
    with snapshot(house.engine) as session:
        assert session.exec(select(Leave)).all() == []


def test_silence_goes_up_the_line_and_then_to_the_guardians(house: House, ming: Student) -> None:
    answer(house, "請協助確認")

    assert after(house, 4) == 0
    assert after(house, 1) == 1
    assert "第 1 次提醒" in said(pushed(house, HO, NoticeKind.HELP_ASKED))
    assert after(house, 5) == 1
    assert "第 2 次提醒" in said(pushed(house, JIAN, NoticeKind.HELP_ASKED))
    assert after(house, 5) == 1
    assert after(house, 60) == 0
    for user in (MEI, BA):
        silent = said(pushed(house, user, NoticeKind.SCHOOL_SILENT))
        assert "已請學校確認，到 08:46 還沒有回覆。 請直接撥電話給學校：02‑2300‑0001" in silent
    assert pushed(house, GAO, NoticeKind.HELP_ASKED) == []


def test_reminder_that_comes_at_night_goes_to_the_guardians(house: House, ming: Student) -> None:
    answer(house, "請協助確認")

    assert after(house, 12 * 60) == 1

    assert pushed(house, HO, NoticeKind.HELP_ASKED) == []
    assert "到 20:31 還沒有回覆" in said(pushed(house, MEI, NoticeKind.SCHOOL_SILENT))
    assert after(house, 5) == 0


def test_a_tap_ends_the_reminders(house: House, ming: Student) -> None:
    answer(house, "請協助確認")
    tell_arrived(house, ming)

    after(house, 5)

    assert pushed(house, HO, NoticeKind.HELP_ASKED) == []
    assert request(house).next_at is None


def tell_arrived(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        day = session.get_one(AttendanceDay, (ming.id, MONDAY))
        day.arrived_at = house.clock.now()


def test_answers_after_a_tap_say_what_is_known(house: House, ming: Student) -> None:
    tell_no_shows_again = pushed(house, MEI, NoticeKind.NO_SHOW)[0]
    answer(house, "請協助確認", BA)
    tell_arrived(house, ming)

    heard = words_of(press(house, tell_no_shows_again, "已在家", MEI).messages)

    assert heard == ["小明目前的紀錄：到校 08:31・還沒離校。"]
    assert pushed(house, LIN, NoticeKind.AT_HOME) == []


def test_yesterdays_button_is_refused_politely(house: House, ming: Student) -> None:
    asked = pushed(house, MEI, NoticeKind.NO_SHOW)[0]
    house.clock.move_to(clock(0, 1) + timedelta(days=1))

    heard = words_of(press(house, asked, "請協助確認", MEI).messages)

    assert heard == ["這個按鈕已過期，請輸入「今天」看最新紀錄。"]


@pytest.mark.parametrize("user", [HUA, LIN])
def test_nobody_else_can_answer(house: House, ming: Student, user: str) -> None:
    data = data_of(pushed(house, MEI, NoticeKind.NO_SHOW)[0], "已在家")

    heard = hear(house, make_postback(data, user=user, at=house.clock.now()))

    assert words_of(heard.messages) == ["這個按鈕不能在這裡使用。"]
    with snapshot(house.engine) as session:
        assert session.exec(select(NoShowAnswer)).all() == []


def test_at_night_the_school_is_not_asked(house: House, ming: Student) -> None:
    asked = pushed(house, MEI, NoticeKind.NO_SHOW)[0]
    house.clock.move_to(clock(20, 0))

    heard = words_of(press(house, asked, "請協助確認", MEI).messages)

    assert "請直接撥電話給學校；有立即危險請撥 110。" in heard
    assert pushed(house, LIN, NoticeKind.HELP_ASKED) == []


def test_a_teacher_of_another_class_makes_no_school_without_teachers(
    house: House, ming: Student
) -> None:
    asked = pushed(house, MEI, NoticeKind.NO_SHOW)[0]
    with transaction(house.engine) as session:
        for staff in session.exec(select(Staff).where(Staff.line_user_id != LIN)):
            staff.revoked_at = house.clock.now()
        session.get_one(Student, ming.id).homeroom = "604"

    heard = words_of(press(house, asked, "請協助確認", MEI).messages)

    assert heard[0] == "目前沒有老師能在聊天回覆小明的狀況。"


def make_quiet(house: House, user: str) -> None:
    """Let the quiet day of whoever is bound to Ming beside others run."""
    with transaction(house.engine) as session:
        guardian = find_guardian(session, user)
        assert guardian is not None
        binding = session.exec(select(Binding).where(Binding.guardian_id == guardian.id)).one()
        binding.quiet_until = house.clock.now() + timedelta(hours=3)


def let_be_seen(house: House, child: Student) -> None:
    """Let the child pass the gate, five minutes ago."""
    with transaction(house.engine) as session:
        session.get_one(AttendanceDay, (child.id, MONDAY)).arrived_at = clock(8, 35)
    house.clock.move_to(clock(8, 40))


def test_in_the_quiet_day_the_school_does_not_say_where_a_child_is_that_was_seen(
    house: House, ming: Student
) -> None:
    make_quiet(house, BA)
    let_be_seen(house, ming)

    heard = said([tell(house, "請協助確認 小明", BA)])

    assert "請直接撥電話給學校" in heard
    assert "08:35" not in heard
    assert pushed(house, LIN, NoticeKind.HELP_ASKED) == []


def test_in_the_quiet_day_nobody_hears_what_another_asked_of_a_child_that_was_seen(
    house: House, ming: Student
) -> None:
    make_quiet(house, BA)
    let_be_seen(house, ming)
    tell(house, "請協助確認 小明", MEI)
    press(house, pushed(house, LIN, NoticeKind.HELP_ASKED)[0], "在學校", LIN)

    assert "孩子在學校" in said(pushed(house, MEI, NoticeKind.SCHOOL_REPLY))
    assert pushed(house, BA, NoticeKind.SCHOOL_REPLY) == []
    assert "孩子在學校" not in said([tell(house, "請協助確認 小明", BA)])


def test_in_the_quiet_day_the_school_looks_for_a_missing_child_all_the_same(
    house: House, ming: Student
) -> None:
    make_quiet(house, BA)

    assert "已請學校確認" in said([tell(house, "請協助確認 小明", BA)])
    assert len(pushed(house, LIN, NoticeKind.HELP_ASKED)) == 1


def test_worried_words_offer_to_ask_the_school(house: House, ming: Student) -> None:
    worried = tell(house, "找不到孩子", MEI)

    press(house, worried, "請協助確認", MEI)

    assert len(pushed(house, LIN, NoticeKind.HELP_ASKED)) == 1
