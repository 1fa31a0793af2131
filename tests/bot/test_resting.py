"""系統整理 in the chat: what would be written waits, all else is answered as ever."""

from datetime import date, datetime, time

import pytest
from sqlmodel import Session

from bot.answer import Answer
from bot.handlers import resting
from bot.handlers.presses import ACTS
from core.attendance.tables import NoShowRun, RunState
from core.clock import TAIPEI
from core.db import transaction
from core.house import House
from core.kinds import HoldReason
from core.people.tables import Student
from core.postback import Action
from tests.bot.line_limits import words_of
from tests.bot.staff_room import HO, LIN, SCHOOL, make_room, press, rows_of, tell
from tests.factories import MEI

RESTS = "系統整理中（每日 00:10–00:30），剛才沒有送出。請 00:30 後再試一次。"
TUESDAY = date(2026, 11, 24)
# Who typed or pressed what is kept in any case.
KEPT = ("line_event", "audit_entry", "child_look")
# What the pages let pass too, and what only reads.
GOES_ON = {
    Action.WEEK_BEFORE,
    Action.BACK,
    Action.UNLINK_SURE,
    Action.CHILD_OPEN,
    Action.HELD_RELEASE,
    Action.HELD_CANCEL,
    Action.HELD_RELEASE_SURE,
    Action.HELD_CANCEL_SURE,
    Action.CLOSURE_SEND,
    Action.CLOSURE_UNDO,
    Action.CLOSURE_UNDO_SEND,
    # A child nobody has seen yet, at whatever hour.
    Action.ANSWER_ASK,
    Action.ANSWER_NOTED,
    Action.ANSWER_HOME,
    Action.HELP_PRESENT,
    Action.HELP_LOOKING,
    Action.HELP_LEAVE,
    Action.LOOK_UP,
    Action.SMS_REVIEW_NEXT,
    Action.REVOKE,
    Action.REVOKE_SURE,
}


@pytest.fixture
def room(house: House) -> Student:
    """Staff and guardians in the small hours."""
    ming = make_room(house)
    go_to(house, "00:05")
    return ming


def go_to(house: House, clock: str) -> None:
    moment = datetime.combine(TUESDAY, time.fromisoformat(clock), TAIPEI)
    house.clock.move_to(moment)


def said(answer: Answer) -> list[str]:
    return words_of(answer.messages)


def held_run(session: Session, now: datetime) -> None:
    """A check at night, as a test may set it."""
    session.add(
        NoShowRun(
            school_code=SCHOOL,
            school_day=TUESDAY,
            cutoff=time(0, 5),
            state=RunState.HELD,
            held=0,
            hold_reason=HoldReason.SILENT,
            held_at=now,
            ran_at=now,
        )
    )


def test_every_button_was_thought_of() -> None:
    assert set(ACTS) == resting.ACTIONS | GOES_ON
    assert not resting.ACTIONS & GOES_ON


@pytest.mark.parametrize(
    ("clock", "rests"),
    [("00:09:59", False), ("00:10:00", True), ("00:29:59", True), ("00:30:00", False)],
)
def test_leave_waits_while_the_window_is_open(
    house: House, room: Student, clock: str, rests: bool
) -> None:
    go_to(house, clock)
    assert (said(tell(house, "請假 小明 明天 發燒", MEI)) == [RESTS]) is rests


def test_button_asked_for_before_writes_nothing_until_the_window_is_over(
    house: House, room: Student
) -> None:
    asked = tell(house, "請假 小明 明天 發燒", MEI)
    go_to(house, "00:20")
    before = rows_of(house, *KEPT)

    refused = press(house, asked, "送出", MEI)

    assert said(refused) == [RESTS]
    assert refused.matters
    assert rows_of(house, *KEPT) == before
    go_to(house, "00:30")
    assert said(press(house, asked, "送出", MEI)) != [RESTS]
    assert rows_of(house, *KEPT)["leave"] != before["leave"]


@pytest.mark.parametrize("word", ["今天", "本週", "設定", "服務狀態", "說明", "為什麼沒收到"])
def test_what_is_asked_is_answered_as_ever(house: House, room: Student, word: str) -> None:
    before = said(tell(house, word, MEI))
    go_to(house, "00:20")
    answer = tell(house, word, MEI)
    assert answer.messages
    assert RESTS not in said(answer)
    assert len(said(answer)) == len(before)


@pytest.mark.parametrize("line", ["補登 11510001 07:50 忘帶卡", "請假 10723456 明天 病假"])
def test_staff_lines_that_change_a_day_wait(house: House, room: Student, line: str) -> None:
    asked = tell(house, line, LIN)
    assert said(asked) != [RESTS]
    go_to(house, "00:20")
    before = rows_of(house, *KEPT)
    assert said(tell(house, line, LIN)) == [RESTS]
    assert rows_of(house, *KEPT) == before


@pytest.mark.parametrize("line", ["今日 603", "未到", "停課", "復原停課", "刷卡機", "審核", "放行"])
def test_staff_lists_and_what_can_not_wait_go_on(house: House, room: Student, line: str) -> None:
    go_to(house, "00:20")
    assert RESTS not in said(tell(house, line, HO))


def test_held_notices_are_dropped_in_the_window(house: House, room: Student) -> None:
    go_to(house, "00:20")
    with transaction(house.engine) as session:
        held_run(session, house.clock.now())
    asked = press(house, tell(house, "取消", HO), "取消", HO)
    assert said(press(house, asked, "取消", HO)) == ["已取消，沒有通知家長。"]


def test_it_is_told_in_the_readers_language_and_to_staff_in_chinese(
    house: House, room: Student
) -> None:
    tell(house, "English", MEI)
    go_to(house, "00:20")
    answer = tell(house, "leave", MEI)
    assert said(answer)[0].startswith("Data are being updated (00:10–00:30 every day)")
    assert said(tell(house, "請假 11510001 明天 病假", LIN)) == [RESTS]
    assert "Đã chuyển sang Tiếng Việt" in str(tell(house, "Tiếng Việt", MEI).messages)


@pytest.mark.parametrize("text", ["邀請 導師 603 王美", "更正補登 603 12 07:50", "名冊"])
def test_nobody_is_told_to_come_back_for_what_is_not_theirs(
    house: House, room: Student, text: str
) -> None:
    by_day = said(tell(house, text, MEI))
    go_to(house, "00:15")

    assert said(tell(house, text, MEI)) == by_day
