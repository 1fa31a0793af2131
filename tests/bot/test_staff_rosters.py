"""名冊: a file in the chat is looked through and waits on its page; nothing is taken over here."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlmodel import select

from bot.dispatch import Dispatcher
from bot.inbox import store_events
from bot.tables import LineEvent
from core.clock import TAIPEI
from core.db import transaction
from core.house import House
from core.people.tables import Student
from core.roster.tables import RosterCheck
from tests.bot.fake_line import FakeLine
from tests.bot.happenings import make_event
from tests.bot.line_limits import assert_line_takes, words_of
from tests.bot.staff_room import FANG, HO, JIAN, LIN, make_room, rows_of
from tests.factories import MEI
from tests.roster.files import as_csv, as_ods, as_xls, as_xlsx, row

MESSAGE = "600000000000000001"
NEW = row(student_number="11510077", name="周小安", seat_number="27", national_id="A223456781")


@pytest.fixture
def ming(bot_house: House) -> Student:
    return make_room(bot_house)


def send(
    house: House, line: FakeLine, data: bytes, name: str = "603.csv", user: str = JIAN
) -> list[str]:
    """Send a file into the chat and return what is said to it."""
    line.contents[MESSAGE] = data
    message = {
        "id": MESSAGE,
        "type": "file",
        "fileName": name,
        "fileSize": len(data),
        "markAsReadToken": "30yhdy232",
    }
    event = make_event("message", message=message, user=user, at=house.clock.now())
    with transaction(house.engine) as session:
        store_events(session, [event], house.clock.now())
    assert Dispatcher(house).work_once()
    said = line.replies[-1]["messages"] if line.replies else []
    if said:
        assert_line_takes(said)
    return words_of(said)


def checks(house: House) -> list[RosterCheck]:
    with transaction(house.engine) as session:
        return list(session.exec(select(RosterCheck)))


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (as_csv, "名冊.csv"),
        (lambda rows: as_csv(rows, "cp950"), "big5.CSV"),
        (as_xls, "603.xls"),
        (as_xlsx, "603.xlsx"),
        (as_ods, "603.ods"),
    ],
    ids=["utf-8", "big5", "xls", "xlsx", "ods"],
)
def test_every_kind_of_file_leads_to_its_preview(
    bot_house: House,
    line: FakeLine,
    ming: Student,
    make: Callable[[list[list[str]]], bytes],
    name: str,
) -> None:
    before = rows_of(bot_house, "roster_check", "line_event")

    said = send(bot_house, line, make([NEW]), name)

    assert said[0].startswith("名冊檢查完成：新增 1、更改 0、不變 0、不在檔案內 2")
    (check,) = checks(bot_house)
    assert f"/staff/roster/{check.id}" in str(line.replies[-1])
    assert rows_of(bot_house, "roster_check", "line_event") == before


def test_waiting_is_shown_while_the_file_is_read(
    bot_house: House, line: FakeLine, ming: Student
) -> None:
    send(bot_house, line, as_csv([NEW]))

    assert [call.body for call in line.paths("/chat/loading/start")] == [
        {"chatId": JIAN, "loadingSeconds": 60}
    ]


def test_problems_come_with_their_rows_and_nothing_is_held(
    bot_house: House, line: FakeLine, ming: Student
) -> None:
    wrong = [row(student_number="11510078", grade="13", national_id="A123456788"), NEW, NEW]

    said = send(bot_house, line, as_csv(wrong))

    assert said[0].startswith("名冊有 ")
    assert any(word.startswith("第 2 列、年級") for word in said)
    assert any("第 4 列" in word for word in said)
    assert "請修正後整份重傳。" in said
    assert checks(bot_house) == []


def test_what_is_no_roster_is_told_in_one_line(
    bot_house: House, line: FakeLine, ming: Student
) -> None:
    assert send(bot_house, line, b"\x00\x01\x02", "603.xlsx")[0].startswith("名冊沒有寫入任何資料")
    assert send(bot_house, line, b"%PDF", "603.pdf") == ["名冊請用 CSV、XLS、XLSX 或 ODS 檔案。"]


@pytest.mark.parametrize(
    ("user", "begin"),
    [
        (MEI, "這裡不收檔案"),
        (LIN, "您的權限不包含這個指令。"),
        (HO, "您的權限不包含這個指令。"),
        (FANG, "您的權限不包含這個指令。"),
    ],
)
def test_who_may_not_sends_nothing_that_is_even_fetched(
    bot_house: House, line: FakeLine, ming: Student, user: str, begin: str
) -> None:
    before = rows_of(bot_house, "line_event")

    said = send(bot_house, line, as_csv([NEW]), user=user)

    assert said[0].startswith(begin)
    assert line.paths("/content") == []
    assert rows_of(bot_house, "line_event") == before


def test_a_file_that_was_taken_back_is_asked_for_again(
    bot_house: House, line: FakeLine, ming: Student
) -> None:
    line.answers[f"/v2/bot/message/{MESSAGE}/content"] = [(410, {"message": "gone"})]

    assert send(bot_house, line, as_csv([NEW])) == ["這個檔案已經收回或過期，請重新傳送。"]


def test_a_file_line_cannot_give_yet_is_fetched_again(
    bot_house: House, line: FakeLine, ming: Student
) -> None:
    line.answers[f"/v2/bot/message/{MESSAGE}/content"] = [(500, {"message": "later"})]

    assert send(bot_house, line, as_csv([NEW])) == []
    with transaction(bot_house.engine) as session:
        (event,) = session.exec(select(LineEvent)).all()
    assert event.state == "pending"


def test_a_file_too_large_is_not_fetched(bot_house: House, line: FakeLine, ming: Student) -> None:
    said = send(bot_house, line, b"x" * 4_000_001)

    assert said == ["檔案超過 4 MB，請分成幾個檔案，例如一個年級一個。"]
    assert line.paths("/content") == []


@pytest.mark.parametrize(("user", "is_told_to_wait"), [(JIAN, True), (MEI, False), (LIN, False)])
def test_only_a_file_that_would_be_taken_waits_for_the_night_to_end(
    bot_house: House, line: FakeLine, ming: Student, user: str, is_told_to_wait: bool
) -> None:
    bot_house.clock.move_to(datetime(2026, 11, 24, 0, 15, tzinfo=TAIPEI))

    said = send(bot_house, line, as_csv([NEW]), user=user)

    assert ("系統整理中" in said[0]) is is_told_to_wait
    assert checks(bot_house) == []
