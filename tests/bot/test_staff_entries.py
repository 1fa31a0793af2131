"""補登, 更正補登, 請假, 取消請假 by staff: asked back, done once, refused in words."""

from datetime import date, datetime

import pytest
from sqlmodel import select

from bot.answer import Answer
from core.attendance.tables import Leave, LeaveReason
from core.audit import AuditEntry
from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.gate.tables import Tap
from core.house import House
from core.kinds import DayPart, Direction
from core.people.tables import Student
from tests.bot.line_limits import words_of
from tests.bot.staff_room import HO, LIN, labels, make_room, press, rows_of, tell
from tests.factories import MEI, make_guardian, make_student

MAKE_UP = "補登 11510001 07:50 忘帶卡"


def clock(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=TAIPEI)


@pytest.fixture
def room(house: House) -> Student:
    ming = make_room(house)
    house.clock.move_to(clock(9, 0))
    return ming


def said(answer: Answer) -> list[str]:
    return words_of(answer.messages)


def one_tap(house: House) -> Tap:
    with snapshot(house.engine) as session:
        return session.exec(select(Tap)).one()


def one_leave(house: House) -> Leave:
    with snapshot(house.engine) as session:
        return session.exec(select(Leave)).one()


def test_weekday_of_an_entry_is_the_last_one(house: House, room: Student) -> None:
    asked = said(tell(house, "補登 11510001 週五 07:50 忘帶卡", LIN))

    assert any("11/20（五）補登到校 07:50" in one for one in asked), asked


def test_a_make_up_is_entered_as_it_was_asked(house: House, room: Student) -> None:
    before = rows_of(house, "audit_entry")
    asked = tell(house, MAKE_UP, HO)
    assert said(asked)[0] == "603 班 12 王○明 11/23（一）補登到校 07:50，原因：忘帶卡？"
    assert rows_of(house, "audit_entry") == before

    done = press(house, asked, "確認", HO)

    assert said(done) == ["已補登。", "12 王○明 到校 07:50（補登）。已排入家長通知。", "更正"]
    tap = one_tap(house)
    assert (tap.effective_at, tap.direction, tap.reason) == (clock(7, 50), Direction.IN, "忘帶卡")
    assert said(press(house, asked, "確認", HO)) == ["這件事已經處理好了，不需要再按。"]
    assert one_tap(house).id == tap.id


@pytest.mark.parametrize("who", ["603 12", "603班12號", "603 班 12 號", "603班 12", "６０３ １２"])
def test_a_child_is_named_by_class_and_seat_as_the_lists_name_it(
    house: House, room: Student, who: str
) -> None:
    asked = tell(house, f"補登 {who} 0750 忘帶卡", LIN)
    assert said(asked)[0] == "603 班 12 王○明 11/23（一）補登到校 07:50，原因：忘帶卡？"
    press(house, asked, "確認", LIN)
    assert one_tap(house).student_id == room.id

    undone = tell(house, f"更正補登 {who} 0750", LIN)
    assert labels(undone) == ["返回", "更正"]
    leave = tell(house, f"請假 {who} 明天 病假", LIN)
    assert said(leave)[0].startswith("603 班 12 王○明 11/24（二）")
    press(house, leave, "確認", LIN)
    assert said(tell(house, f"取消請假 {who} 明天", LIN))[0] == "要取消 11/24（二）全天的請假嗎？"


@pytest.mark.parametrize(
    ("typed", "at"), [("1124 07:50", clock(7, 50)), ("0805", clock(8, 5)), ("8:05", clock(8, 5))]
)
def test_a_colon_settles_what_the_time_is(
    house: House, room: Student, typed: str, at: datetime
) -> None:
    press(house, tell(house, f"補登 603 12 {typed} 忘帶卡", HO), "確認", HO)
    assert one_tap(house).effective_at == at


def test_of_two_children_with_one_seat_none_is_taken(house: House, room: Student) -> None:
    with transaction(house.engine) as session:
        twin = make_student(session, house, name="李大同", number="11510002")
        twin.seat_number = 12
        session.add(twin)

    asked = tell(house, "補登 603 12 07:50 忘帶卡", HO)

    assert said(asked)[0].splitlines() == [
        "符合的學生不只一位，請選擇：",
        *sorted(["603 班 12 王○明 11510001", "603 班 12 李○同 11510002"], key=said(asked)[0].index),
    ]
    items = asked.messages[0]["quickReply"]["items"]
    (choice,) = [one["action"] for one in items if one["action"]["label"].endswith("李○同")]
    assert choice["text"] == "補登 115:11510002 07:50 忘帶卡"
    assert said(tell(house, choice["text"], HO))[0].startswith("603 班 12 李○同")


def test_a_number_that_is_a_class_as_well_is_asked_about(house: House, room: Student) -> None:
    with transaction(house.engine) as session:
        odd = make_student(session, house, name="李大同", number="603")
        odd.seat_number = 7
        session.add(odd)

    asked = tell(house, "補登 603 12 07:50 忘帶卡", HO)

    texts = [one["action"]["text"] for one in asked.messages[0]["quickReply"]["items"]]
    assert texts == ["補登 115:603 12 07:50 忘帶卡", "補登 115:11510001 07:50 忘帶卡"]
    assert said(tell(house, "補登 603 07:50 忘帶卡", HO))[0].startswith("603 班 07 李○同")


def test_a_seat_of_a_class_not_theirs_or_sealed_is_not_there(house: House, room: Student) -> None:
    with transaction(house.engine) as session:
        other = make_student(session, house, name="李大同", number="11510002")
        other.homeroom, other.seat_number = "605", 3
        hidden = make_student(session, house, name="李小同", number="11510003")
        hidden.seat_number, hidden.is_sealed = 4, True
        session.add_all([other, hidden])

    for who in ("605 3", "603 4"):
        (refused,) = said(tell(house, f"補登 {who} 07:50 忘帶卡", LIN))
        assert refused == "查無這個學號或班級座號，或不在您的範圍內。"
    assert said(tell(house, "補登 605 3 07:50 忘帶卡", HO))[0].startswith("605 班 03 李○同")


def test_a_teacher_who_is_a_parent_too_speaks_of_the_class(house: House, room: Student) -> None:
    with transaction(house.engine) as session:
        make_guardian(session, house, LIN, name="林美華")

    asked = tell(house, "請假 603 12 明天 病假", LIN)

    assert said(asked)[0].startswith("603 班 12 王○明 11/24（二）")
    assert "603 班 12" not in str(tell(house, "請假 603 12 明天 病假", MEI).messages)


def test_an_afternoon_is_no_night(house: House, room: Student) -> None:
    asked = tell(house, "補登 11510001 11/20 下午 4:30 離校 忘帶卡", HO)
    assert said(asked)[0] == "603 班 12 王○明 11/20（五）補登離校 16:30，原因：忘帶卡？"


def test_a_departure_without_an_arrival_is_asked_about(house: House, room: Student) -> None:
    warned = said(tell(house, "補登 11510001 07:40 忘帶卡 離校", HO))
    assert "這位學生當天還沒有到校紀錄。" in warned
    assert "這位學生當天還沒有到校紀錄。" not in said(tell(house, MAKE_UP, HO))

    press(house, tell(house, "補登 11510001 07:30 忘帶卡", HO), "確認", HO)

    again = said(tell(house, "補登 11510001 07:40 忘帶卡 離校", HO))
    assert "這位學生當天還沒有到校紀錄。" not in again


@pytest.mark.parametrize(
    ("text", "at", "direction", "reason"),
    [
        ("補登 11510001 忘帶卡 離校 08:40", clock(8, 40), Direction.OUT, "忘帶卡"),
        ("補登 11510001 11/20 07:50 卡片 故障", datetime(2026, 11, 20, 7, 50, tzinfo=TAIPEI),
         Direction.IN, "卡片 故障"),
        ("補登 115:11510001 ０７：５０ 忘帶卡", clock(7, 50), Direction.IN, "忘帶卡"),
    ],
)  # fmt: skip
def test_words_come_in_any_order(
    house: House, room: Student, text: str, at: datetime, direction: Direction, reason: str
) -> None:
    press(house, tell(house, text, HO), "確認", HO)

    tap = one_tap(house)
    assert (tap.effective_at, tap.direction, tap.reason) == (at, direction, reason)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("補登",
         "補登要有學號、時間和原因，請寫：補登 11510001 07:50 忘帶卡\n"
         "也可以寫班級和座號：補登 603 12 07:50 忘帶卡"),
        ("補登 王小明 07:50 忘帶卡",
         "學號應是數字或英文字母，例如 11510001。也可以寫班級和座號，例如 603 12。"),
        ("補登 99999999 07:50 忘帶卡", "查無這個學號，或不在您的範圍內。"),
        ("補登 11510030 07:50 忘帶卡", "查無這個學號，或不在您的範圍內。"),
        ("補登 11510001 7點 忘帶卡", "時間請寫 24 小時制，例如 07:50。"),
        ("補登 11510001 25:00 忘帶卡", "時間請寫 24 小時制，例如 07:50。"),
        ("補登 11510001 07:50",
         "補登要有學號、時間和原因，請寫：補登 11510001 07:50 忘帶卡\n"
         "也可以寫班級和座號：補登 603 12 07:50 忘帶卡"),
        ("補登 11510001 09:01 忘帶卡", "還沒到這個時間。"),
        ("補登 11510001 11/10 07:50 忘帶卡", "只能補登最近 7 天。"),
        ("補登 11510001 11/22 07:50 忘帶卡", "這一天不上課。"),
        ("補登 11510001 13/45 07:50 忘帶卡",
         "看不懂日期，請寫一天或一段日期，例如 11/24 或 11/24–11/26。"),
        ("補登 11510001 07:50 " + "忘" * 21, "內容超過 20 字，目前 21 字。"),
        ("補登 603 13 07:50 忘帶卡", "查無這個學號或班級座號，或不在您的範圍內。"),
        ("補登 605 12 07:50 忘帶卡", "查無這個學號或班級座號，或不在您的範圍內。"),
        ("補登 11510001 2500 忘帶卡", "時間請寫 24 小時制，例如 07:50。"),
        ("更正補登",
         "更正要有學號和原來補登的時間，請寫：更正補登 11510001 07:50\n"
         "也可以寫班級和座號：更正補登 603 12 07:50"),
        ("更正補登 11510001 07:50", "603 班 12 王○明 07:50 沒有補登紀錄。"),
        ("請假",
         "請假要有學號和日期，請寫：請假 11510001 11/24 病假\n"
         "也可以寫班級和座號：請假 603 12 11/24 病假"),
        ("請假 11510001 病假",
         "請假要有學號和日期，請寫：請假 11510001 11/24 病假\n"
         "也可以寫班級和座號：請假 603 12 11/24 病假"),
        ("請假 11510001 11/28 病假", "這一天不上課。"),
        ("請假 11510001 10/1 病假", "最多補登記 30 天內的請假。"),
        ("請假 11510001 11/24–2027/2/1", "一次最多 60 天。"),
        ("請假 11510001 2027/6/1", "最多提前 120 天。"),
        ("請假 11510001 11/26–11/24", "結束的日期早於開始的日期。"),
        ("取消請假",
         "取消請假要有學號和日期，請寫：取消請假 11510001 11/24\n"
         "也可以寫班級和座號：取消請假 603 12 11/24"),
        ("取消請假 11510001 11/24", "603 班 12 王○明 11/24（二）沒有請假。"),
    ],
)  # fmt: skip
def test_refusals_change_nothing_and_say_how_to_go_on(
    house: House, room: Student, text: str, expected: str
) -> None:
    before = rows_of(house, "audit_entry")

    answer = tell(house, text, HO)

    assert said(answer) == [expected]
    assert labels(answer) == []
    assert rows_of(house, "audit_entry") == before


def test_looking_a_child_up_by_number_is_recorded(house: House, room: Student) -> None:
    tell(house, "更正補登 11510001 07:50", HO)
    tell(house, "今日 603", LIN)

    with snapshot(house.engine) as session:
        looks = {(one.action, one.subject) for one in session.exec(select(AuditEntry))}
    assert ("children.look", "class:353607/603") in looks
    assert ("student.look", f"student:{room.id}") in looks


def test_two_children_with_one_number_are_told_apart_by_year(house: House, room: Student) -> None:
    with transaction(house.engine) as session:
        elder = make_student(session, house, name="李大同", number="11210001")
        elder.entry_year, elder.student_number, elder.seat_number = 112, "11510001", 3
        session.add(elder)

    asked = tell(house, MAKE_UP, HO)

    assert said(asked) == ["有兩位學生使用這個學號，請選入學學年度。"]
    items = asked.messages[0]["quickReply"]["items"]
    assert [item["action"]["label"] for item in items] == ["112 學年度", "115 學年度"]
    chosen = tell(house, items[0]["action"]["text"], HO)
    assert said(chosen)[0].startswith("603 班 03 李○同")


def test_a_day_of_leave_asks_to_withdraw_it_first(house: House, room: Student) -> None:
    press(house, tell(house, "請假 11510001 今天 病假", HO), "確認", HO)

    asked = tell(house, MAKE_UP, HO)

    assert said(asked)[:2] == ["這位學生當天已請假，要先取消請假嗎？", "603 班 12 王○明"]
    sure = press(house, asked, "取消請假", HO)
    assert said(press(house, sure, "取消請假", HO)) == ["已取消，當天照常通知。"]
    assert said(tell(house, MAKE_UP, HO))[0].startswith("603 班 12 王○明 11/23（一）補登到校 07:50")


def test_leave_by_staff_is_filed_once_and_withdrawn(house: House, room: Student) -> None:
    asked = tell(house, "請假 11510001 11/24 病假 上午 –11/26", HO)
    assert said(asked)[0] == "603 班 12 王○明 11/24（二）–11/26（四）上午病假？"

    done = press(house, asked, "確認", HO)

    assert said(done)[0] == "已登記，已排入家長通知。"
    leave = one_leave(house)
    assert (leave.first_day, leave.last_day) == (date(2026, 11, 24), date(2026, 11, 26))
    assert (leave.part, leave.reason) == (DayPart.MORNING, LeaveReason.SICK)
    assert said(press(house, asked, "確認", HO)) == ["這件事已經處理好了，不需要再按。"]
    sure = tell(house, "取消請假 11510001 11/25", HO)
    for _ in range(2):
        assert said(press(house, sure, "取消請假", HO)) == ["已取消，當天照常通知。"]
    assert said(press(house, asked, "確認", HO)) == ["這件事已經處理好了，不需要再按。"]
    assert one_leave(house).withdrawn_at is not None


def test_what_the_guardian_withdrew_is_answered(house: House, room: Student) -> None:
    press(house, tell(house, "請假 明天", MEI), "送出", MEI)
    theirs = tell(house, "取消請假 11510001 11/24", HO)
    press(house, tell(house, "取消請假", MEI), "取消請假", MEI)

    assert said(press(house, theirs, "取消請假", HO)) == ["已有人處理。"]


def test_a_teacher_who_changed_class_is_refused_at_the_press(house: House, room: Student) -> None:
    asked = tell(house, MAKE_UP, LIN)
    with transaction(house.engine) as session:
        ming = session.get_one(Student, room.id)
        ming.homeroom = "604"
        session.add(ming)
    before = rows_of(house)

    assert said(press(house, asked, "確認", LIN)) == ["查無這個學號，或不在您的範圍內。"]
    assert rows_of(house) == before
