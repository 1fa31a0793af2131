"""今日, 未到, 刷卡機, 報表, 服務狀態: numbers first, and large classes within LINE's limits."""

from datetime import date, datetime, time, timedelta

import pytest
from sqlmodel import select

from bot.answer import Answer
from bot.replies.staff.samples import Own, sample_of
from bot.staff_commands import StaffVerb
from core.attendance.tables import AttendanceDay, NoShowRun, RunState
from core.clock import TAIPEI
from core.db import transaction
from core.house import House
from core.kinds import DayPart
from core.people.friends import record_friendship
from core.people.tables import Card, Staff, Student
from tests.bot.line_limits import words_of
from tests.bot.staff_room import FANG, HO, JIAN, LIN, SCHOOL, labels, make_room, tell
from tests.factories import MEI, make_reader, make_student

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 8, 5, tzinfo=TAIPEI)


@pytest.fixture
def room(house: House) -> Student:
    ming = make_room(house)
    house.clock.move_to(NOW)
    return ming


def said(answer: Answer) -> list[str]:
    return words_of(answer.messages)


def add_children(house: House, count: int) -> list[Student]:
    with transaction(house.engine) as session:
        made = []
        for number in range(count):
            child = make_student(
                session,
                house,
                name="歐陽小明",
                number=f"1152{number:04d}",
                card_uid=f"05{number:012X}",
            )
            child.seat_number = 30 + number
            session.add(child)
            made.append(child)
        return made


def test_a_class_today_in_numbers_then_names(house: House, room: Student) -> None:
    here, away, cardless = add_children(house, 3)
    with transaction(house.engine) as session:
        session.add(AttendanceDay(student_id=here.id, school_day=MONDAY, arrived_at=NOW))
        session.add(AttendanceDay(student_id=away.id, school_day=MONDAY, leave=DayPart.WHOLE))
        card = session.exec(select(Card).where(Card.student_id == cardless.id)).one()
        card.valid_until = NOW - timedelta(days=1)
        session.add(card)

    listed = tell(house, "今日 603", LIN)

    assert said(listed)[:4] == [
        "603 班",
        "11/23（一）08:05",
        "應到 4・已到 1・請假 1・尚無紀錄 2",
        "沒有可用的卡片，不計入：32 歐○○明",
    ]
    assert [word for word in said(listed) if "○" in word][1:] == ["12 王○明", "20 陳○安"]
    assert labels(listed) == ["已到", "請假", "未到"] * 2
    assert listed.messages[0]["altText"] == "603 班 尚無紀錄 2 人"
    assert "/staff/classes/603" in str(listed.messages)


def test_a_missing_child_nobody_hears_of_is_marked(house: House, room: Student) -> None:
    assert said(tell(house, "今日 603", LIN)).count("沒有家長綁定") == 1
    with transaction(house.engine) as session:
        record_friendship(session, line_user_id=MEI, is_following=False, at=NOW)

    listed = said(tell(house, "未到", LIN))

    assert listed[listed.index("12 王○明") + 1] == "家長收不到 LINE"
    assert listed[listed.index("20 陳○安") + 1] == "沒有家長綁定"


def test_a_whole_class_without_a_tap_fits(house: House, room: Student) -> None:
    add_children(house, 48)

    listed = tell(house, "今日 603", HO)

    assert len(labels(listed)) == 3 * 50
    assert 1 < len(listed.messages) <= 5


def test_nobody_missing_and_no_lessons_are_said(house: House, room: Student) -> None:
    with transaction(house.engine) as session:
        for child in session.exec(select(Student).where(Student.school_code == SCHOOL)):
            session.add(AttendanceDay(student_id=child.id, school_day=MONDAY, arrived_at=NOW))
    assert "沒有尚無紀錄的學生。" in said(tell(house, "今日 603", LIN))
    assert "沒有尚無紀錄的學生。" in said(tell(house, "未到", HO))

    house.clock.move_to(NOW - timedelta(days=1))
    assert "今天不上課" in said(tell(house, "今日 603", LIN))
    assert labels(tell(house, "今日 603", LIN)) == []


def test_the_schools_missing_lead_to_their_classes(house: House, room: Student) -> None:
    shown = tell(house, "未到", HO)

    assert said(shown)[:2] == ["全校尚無紀錄 2 人（應到 2）", "603 班 2"]
    items = shown.messages[0]["quickReply"]["items"]
    assert [item["action"]["text"] for item in items] == ["今日 603"]
    assert said(tell(house, "未到 5", HO))[0] == "5 年級尚無紀錄 0 人（應到 0）"
    assert said(tell(house, "未到", LIN))[0] == "603 班"


def test_readers_in_words(house: House, room: Student) -> None:
    with transaction(house.engine) as session:
        well = make_reader(session, house, contact_at=NOW)
        well.gate, well.clock_offset_seconds = "側門", -2.2
        full = make_reader(session, house, contact_at=NOW)
        full.gate, full.buffered = "後門", 7
        session.add_all([well, full, make_reader(session, house)])

    lines = said(tell(house, "刷卡機", HO))[0].split("\n")

    assert sorted(lines) == sorted(
        [
            "側門：正常（08:05 連線，延遲 2 秒）",
            "後門：還有 7 筆沒傳完（08:05 連線）",
            "正門：07:19 起沒有連線，暫存筆數未知",
            "正門：還沒有連線紀錄",
        ]
    )


def test_the_report_has_totals_and_a_way_to_the_sheets(house: House, room: Student) -> None:
    answer = tell(house, "報表", HO)

    assert "應到 2・已到 0・請假 0・尚無紀錄 2" in said(answer)
    assert "https://liff.line.me/" in str(answer.messages)
    assert "/staff/export" in str(answer.messages)


def test_the_service_state_of_a_school_and_of_the_city(house: House, room: Student) -> None:
    with transaction(house.engine) as session:
        session.add(
            NoShowRun(
                school_code=SCHOOL,
                school_day=MONDAY,
                cutoff=time(8, 0),
                state=RunState.HELD,
                ran_at=NOW,
            )
        )

    assert said(tell(house, "服務狀態", LIN))[0].split("\n") == [
        "服務狀態 08:05",
        "榕光國小",
        "正門：07:19 起沒有連線，暫存筆數未知",
        "今天的未到校檢查（截至 08:00）：保留，等學校確認",
        "待送通知：0 則",
    ]
    assert "保留中的未到校檢查：1 件" in said(tell(house, "服務狀態", FANG))[0]


@pytest.mark.parametrize(
    "homeroom", ["一年甲班", "六年三班", "1年2班", "603班", "高一忠", "2A", "忠班"]
)
@pytest.mark.parametrize(
    ("verb", "found"),
    [
        (StaffVerb.TODAY, "應到"),
        (StaffVerb.CODES, "張綁定單"),
        (StaffVerb.SEND, "學生"),
        (StaffVerb.INVITE, "導師？"),
        (StaffVerb.REVOKE, "導師"),
    ],
)
def test_sample_works_however_the_roster_writes_classes(
    house: House, room: Student, homeroom: str, verb: StaffVerb, found: str
) -> None:
    with transaction(house.engine) as session:
        for one in (*session.exec(select(Student)), *session.exec(select(Staff))):
            one.homeroom = homeroom if one.homeroom == "603" else one.homeroom
    asked = sample_of(verb, Own(homeroom=homeroom, day=MONDAY))
    answer = " ".join(said(tell(house, asked, JIAN)))
    assert found in answer, answer
