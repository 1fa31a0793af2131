"""為什麼沒收到: every check in one bubble, and the one thing to do."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.replies.why import Check, checked
from core.attendance.tables import AttendanceDay
from core.clock import TAIPEI
from core.db import transaction
from core.house import House
from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.notices.outbox import NewNotice, enqueue
from core.people.guardians import find_guardian
from core.people.subscriptions import boxes_of, save_boxes
from core.people.tables import Binding, Card, Student
from tests.bot.conversation import hear, say
from tests.bot.happenings import make_follow
from tests.bot.line_limits import words_of
from tests.conftest import MONDAY_MORNING
from tests.factories import HUA, MEI, make_guardian, make_reader

TODAY = date(2026, 11, 23)
ARRIVED = datetime(2026, 11, 23, 7, 12, tzinfo=TAIPEI)


def arrive(house: House, ming: Student, **facts: Any) -> None:
    with transaction(house.engine) as session:
        day = AttendanceDay(student_id=ming.id, school_day=TODAY, arrived_at=ARRIVED, **facts)
        session.add(day)


def tell(house: House, ming: Student, ended: tuple[NoticeState, str] | None) -> None:
    """An arrival that was told, or not."""
    with transaction(house.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        notice = NewNotice(
            kind=NoticeKind.ARRIVAL,
            guardian_id=guardian.id,
            student_id=ming.id,
            line_user_id=MEI,
            school_day=TODAY,
            at=ARRIVED,
            content=b"[]",
            ended=ended,
        )
        enqueue(session, [notice], ARRIVED)


def verdict(house: House, user: str = MEI) -> str:
    """What stands below the checks."""
    return " ".join(say(house, "沒收到通知" if user == MEI else "為什麼沒收到", user))


def test_what_was_sent_is_named_and_the_phone_is_next(house: House, ming: Student) -> None:
    arrive(house, ming)
    tell(house, ming, (NoticeState.ACCEPTED, "http_200"))

    said = say(house, "為什麼沒收到")

    assert said[0] == "為什麼沒收到"
    for finding in (
        "已連結台北通",
        "已加本帳號為好友",
        "小明已訂閱到校、離校、未到校",
        "小明的卡片可以使用",
        "榕光國小刷卡機 07:19 有連線",
        "小明：到校 07:12・還沒離校",
        "小明的到校通知 07:12 已送出到 LINE",
    ):
        assert finding in said
    assert said[-1].endswith("請查看 LINE「設定→提醒」和手機的通知設定。")


def test_what_comes_by_letter_only_is_missing_in_line(house: House, ming: Student) -> None:
    arrive(house, ming)
    with transaction(house.engine) as session:
        [binding] = session.exec(select(Binding))
        boxes = boxes_of(session, binding.id) - {(Channel.LINE, EventKind.ARRIVAL)}
        letters = {(Channel.EMAIL, EventKind.ARRIVAL)}
        save_boxes(session, binding_id=binding.id, wanted=boxes | letters, now=ARRIVED)

    said = say(house, "為什麼沒收到")

    assert "小明的 LINE 通知沒有訂閱到校" in said
    assert "LINE 沒有訂閱小明的「到校」，所以這裡不會通知。" in said


STATES = [
    (None, "小明的到校通知正在送出，請稍候幾分鐘。"),
    ((NoticeState.REFUSED, "unfollowed"), "07:12 無法送到這個 LINE，當時可能封鎖了本帳號。"),
    ((NoticeState.DEAD, "http_400"), "小明的到校通知沒有送出，紀錄可在孩子的網頁查看。"),
]


@pytest.mark.parametrize(("ended", "expected"), STATES)
def test_what_was_not_sent_says_how_it_stands(
    house: House, ming: Student, ended: tuple[NoticeState, str] | None, expected: str
) -> None:
    arrive(house, ming)
    tell(house, ming, ended)

    assert expected in verdict(house)


def test_before_the_cutoff_nothing_is_wrong_yet(house: House, ming: Student) -> None:
    said = say(house, "為什麼沒收到")

    assert "還沒到截止時間 08:30。小明刷卡後就會通知。" in said
    assert said[said.index("小明：還沒刷卡（截止 08:30）") - 1] == "–"
    assert "?" not in said
    assert not [word for word in said if "補登" in word]


def test_what_is_wrong_comes_before_what_is_only_early() -> None:
    early = Check(is_passed=False, is_waiting=True, finding="還沒到", advice="等一下。")
    wrong = Check(is_passed=False, finding="沒有卡片", advice="請洽學校。")

    assert words_of(checked([early, wrong], ""))[-1] == "請洽學校。"
    assert words_of(checked([early], ""))[-1] == "等一下。"


def test_no_tap_leads_to_a_make_up(house: House, ming: Student) -> None:
    house.clock.move_to(MONDAY_MORNING.replace(hour=8, minute=35))
    with transaction(house.engine) as session:
        make_reader(session, house, contact_at=house.clock.now())
    said = say(house, "為什麼沒收到")

    assert "小明到現在還沒有刷卡紀錄，所以沒有到校通知。忘了帶卡可以申請補登。" in said
    assert said[-1] == "補登申請"


def test_a_day_without_school_says_so(house: House, ming: Student) -> None:
    house.clock.move_to(MONDAY_MORNING - timedelta(days=1))

    assert "小明：今天不上課，所以沒有通知。" in verdict(house)


def test_a_late_upload_says_so(house: House, ming: Student) -> None:
    arrive(house, ming, arrival_received_at=ARRIVED + timedelta(hours=2))
    house.clock.move_to(ARRIVED + timedelta(hours=2, seconds=30))

    assert "07:12 刷卡，09:12 才收到，超過 60 分鐘不另外通知。" in say(house, "為什麼沒收到") or (
        "沒有連線" in verdict(house)
    )


def test_a_card_that_ended_is_named_before_the_tap(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        session.exec(select(Card)).one().valid_until = MONDAY_MORNING

    assert "學校登記中沒有小明可用的卡片，刷卡不會通知。請洽學校。" in verdict(house)


def test_a_quiet_day_says_when_it_ends(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        binding = session.exec(select(Binding)).one()
        binding.quiet_until = MONDAY_MORNING + timedelta(hours=3)

    assert "新綁定的 24 小時內不通知到校和離校，11/23（一）10:20 起開始。" in verdict(house)


def test_who_is_not_linked_hears_the_first_step(house: House, ming: Student) -> None:
    said = say(house, "為什麼沒收到", HUA)

    assert said[-2:] == ["這個 LINE 帳號還沒連結台北通。", "登入"]


def test_who_has_no_child_hears_the_next_step(house: House) -> None:
    with transaction(house.engine) as session:
        make_guardian(session, house)

    said = say(house, "為什麼沒收到")

    assert "已連結台北通" in said
    assert said[-2:] == ["還沒綁定孩子。", "加入學生"]


def test_who_unblocks_hears_how_many_were_missed(house: House, ming: Student) -> None:
    tell(house, ming, (NoticeState.REFUSED, "unfollowed"))

    first = words_of(hear(house, make_follow(is_unblocked=True)).messages)[0]

    assert "封鎖期間有 1 則沒有送到 LINE，可在孩子的網頁查看。" in first
