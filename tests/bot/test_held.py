"""放行 and 取消: held no-shows, decided once by whoever runs the school."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

import orjson
import pytest
from sqlmodel import select

from bot.answer import Answer
from core.attendance.tables import NoShowRun, RunState
from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.gate.make_up import record_make_up
from core.house import House
from core.kinds import Direction, HoldReason, NoticeKind
from core.notices.staff_notices import staff_desk, tell_held
from core.notices.tables import Notice
from core.people.staff import revoke_staff, roles_of
from core.people.tables import Student
from tests.bot.line_limits import words_of
from tests.bot.staff_room import GAO, HO, JIAN, SCHOOL, labels, make_room, press, rows_of, tell
from tests.factories import MEI

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 8, 40, tzinfo=TAIPEI)


@pytest.fixture
def room(house: House) -> Student:
    """Two children of 603 are held since 08:30, as the reader is silent."""
    ming = make_room(house)
    house.clock.move_to(NOW)
    with transaction(house.engine) as session:
        session.add(
            NoShowRun(
                school_code=SCHOOL,
                school_day=MONDAY,
                cutoff=time(8, 30),
                state=RunState.HELD,
                held=2,
                hold_reason=HoldReason.SILENT,
                held_at=NOW,
                ran_at=NOW,
            )
        )
    return ming


def said(answer: Answer) -> list[str]:
    return words_of(answer.messages)


def state(house: House) -> str:
    with snapshot(house.engine) as session:
        return session.exec(select(NoShowRun)).one().state


def told(house: House) -> list[str]:
    with snapshot(house.engine) as session:
        return [row.kind for row in session.exec(select(Notice))]


def see(house: House, student_id: UUID) -> None:
    with transaction(house.engine) as session:
        record_make_up(
            session,
            "liff",
            student_id=student_id,
            at=datetime(2026, 11, 23, 8, 20, tzinfo=TAIPEI),
            direction=Direction.IN,
            recorded_by="staff:11111111-1111-1111-1111-111111111111",
            reason="忘帶卡",
            now=NOW,
        )


@pytest.mark.parametrize("word", ["放行", "取消"])
def test_what_is_held_is_shown_with_its_reason(house: House, room: Student, word: str) -> None:
    shown = tell(house, word, HO)

    assert said(shown)[:4] == [
        "已保留通知",
        "保留中：2 位學生的「尚無刷卡紀錄」",
        "原因：刷卡機 07:19 起沒有連線",
        "截至 08:30",
    ]
    assert labels(shown) == ["放行", "取消"]
    assert "/staff/held" in str(shown.messages)
    assert said(tell(house, word, GAO)) == ["目前沒有保留的通知。"]


def test_released_after_a_question_and_only_once(house: House, room: Student) -> None:
    asked = press(house, tell(house, "放行", HO), "放行", HO)
    assert said(asked)[0] == "放行 2 位學生的通知，立即通知家長？"
    assert state(house) == RunState.HELD
    others = press(house, tell(house, "放行", JIAN), "取消", JIAN)
    see(house, room.id)

    done = press(house, asked, "放行", HO)
    unheard = "1 位目前沒有家長收得到，請直接聯絡；1 位剛有紀錄，不發。"
    assert said(done)[0] == f"已放行：0 位學生的家長會收到通知；{unheard}"
    assert "/staff/held" in str(done.messages)
    before = rows_of(house)

    assert said(press(house, asked, "放行", HO)) == ["這件事已經處理好了，不需要再按。"]
    assert said(press(house, others, "取消", JIAN)) == ["已有人處理。"]
    assert state(house) == RunState.TOLD
    assert rows_of(house) == before


def test_the_released_no_show_says_since_when_the_gate_is_silent(
    house: House, room: Student
) -> None:
    asked = press(house, tell(house, "放行", HO), "放行", HO)

    press(house, asked, "放行", HO)

    with snapshot(house.engine) as session:
        sent = session.exec(select(Notice).where(Notice.kind == NoticeKind.NO_SHOW)).first()
    assert sent is not None
    assert "校門刷卡機 07:19 起沒有連線，紀錄可能較晚出現" in sent.content.decode()


def test_cancelled_nobody_is_told(house: House, room: Student) -> None:
    asked = press(house, tell(house, "取消", HO), "取消", HO)
    assert said(asked)[0] == "取消 2 位學生的通知，不通知家長？"

    assert said(press(house, asked, "取消", HO)) == ["已取消，沒有通知家長。"]
    assert (state(house), told(house)) == (RunState.CANCELLED, [])


def test_going_back_leaves_it_held(house: House, room: Student) -> None:
    asked = press(house, tell(house, "放行", HO), "放行", HO)
    before = rows_of(house)

    press(house, asked, "返回", HO)

    assert rows_of(house) == before


def test_the_pushed_question_asks_back_too(house: House, room: Student) -> None:
    with transaction(house.engine) as session:
        tell_held(
            session,
            staff_desk(house.settings),
            SCHOOL,
            MONDAY,
            time(8, 30),
            count=2,
            reason=HoldReason.SILENT,
            since=None,
            share=None,
            held_at=NOW,
            now=NOW,
        )
        notice = session.exec(select(Notice).where(Notice.line_user_id == HO)).one()
        pushed = Answer(messages=orjson.loads(notice.content))

    asked = press(house, pushed, "放行", HO)

    assert said(asked)[0] == "放行 2 位學生的通知，立即通知家長？"
    assert "其中 1 位目前沒有家長收得到，放行後請直接聯絡。" in said(asked)
    done = said(press(house, asked, "放行", HO))
    unheard = "1 位目前沒有家長收得到，請直接聯絡。"
    assert done[0] == f"已放行：1 位學生的家長會收到通知；{unheard}"
    assert NoticeKind.NO_SHOW in told(house)


def test_too_late_it_is_said_so(house: House, room: Student) -> None:
    asked = press(house, tell(house, "放行", HO), "放行", HO)
    with transaction(house.engine) as session:
        run = session.exec(select(NoShowRun)).one()
        run.state = RunState.EXPIRED
        session.add(run)

    assert said(press(house, asked, "放行", HO)) == [
        "保留已超過 2 小時，通知沒有發出，請人工聯絡家長。"
    ]


def test_a_right_that_ended_releases_nothing(house: House, room: Student) -> None:
    asked = press(house, tell(house, "放行", HO), "放行", HO)
    with transaction(house.engine) as session:
        for role in roles_of(session, HO):
            revoke_staff(session, role.id, by="operator", now=NOW)
    before = rows_of(house, "audit_entry")

    assert said(press(house, asked, "放行", HO)) == ["權限已撤銷。"]
    for user in (JIAN, GAO, MEI):
        assert said(press(house, asked, "放行", user)) == ["這個按鈕不能在這裡使用。"]
    assert rows_of(house, "audit_entry") == before


def test_what_was_held_yesterday_is_not_released_today(house: House, room: Student) -> None:
    asked = {word: press(house, tell(house, word, HO), word, HO) for word in ("放行", "取消")}
    house.clock.move_to(NOW + timedelta(hours=16))
    before = rows_of(house)

    for word, answer in asked.items():
        assert said(press(house, answer, word, HO))[0].startswith("保留已超過 2 小時"), word
    assert rows_of(house) == before
