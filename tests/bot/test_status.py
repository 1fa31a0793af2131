"""服務狀態 in the chat: what the page says, a line a fact."""

from datetime import time, timedelta

import pytest

from core.attendance.tables import RunState
from core.clock import at_taipei, school_day_of
from core.db import transaction
from core.delivery.quota import Outlook, Quota
from core.delivery.quota_month import record_quota
from core.house import House
from core.languages.language import OWN_NAMES, Language
from core.people.tables import Student
from tests.bot.conversation import say
from tests.factories import make_binding, make_guardian, make_school, make_student, mei_of
from tests.watch.standing import let_wait, purged, run_check


def told(house: House) -> str:
    """The message alone, without its buttons."""
    return say(house, "服務狀態")[0]


def tidy(house: House, clock: time = time(1, 2), days_ago: int = 0) -> None:
    day = school_day_of(house.clock.now()) - timedelta(days=days_ago)
    with transaction(house.engine) as session:
        session.add(purged(at_taipei(day, clock)))


def test_good_day_is_told_in_blocks_of_short_lines(house: House, ming: Student) -> None:
    run_check(house, RunState.TOLD)
    tidy(house)

    assert told(house).split("\n") == [
        "服務狀態 07:20",
        "LINE：正常",
        "",
        "榕光國小：刷卡機正常（07:19 有連線）",
        "今天的未到校檢查：08:31 完成",
        "",
        "待送給您的通知：0 則",
        "夜間整理 01:02 完成",
    ]


def test_first_day_names_no_night_that_never_was(house: House, ming: Student) -> None:
    said = told(house)

    assert "夜間整理" not in said
    assert "今天的未到校檢查：還沒到截止時間 08:30" in said


def test_check_that_is_held_is_told(house: House, ming: Student) -> None:
    run_check(house, RunState.HELD)

    assert "今天的未到校檢查：保留，等學校確認" in told(house)


def test_night_before_is_told_with_its_day(house: House, ming: Student) -> None:
    tidy(house, days_ago=1)

    assert "夜間整理 11/22（日）01:02 完成" in told(house)


def test_tidying_that_goes_on_is_told(house: House, ming: Student) -> None:
    tidy(house, days_ago=1)
    house.clock.move_to(at_taipei(school_day_of(house.clock.now()), time(0, 20)))

    assert told(house).endswith("夜間整理中")


def test_own_notices_that_wait_are_counted(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        other = make_guardian(session, house, "U" + "7" * 32)
    let_wait(house, mei_of(house).id)
    let_wait(house, other.id)

    assert "待送給您的通知：1 則" in told(house)


def test_slow_channel_says_what_it_means(house: House, ming: Student) -> None:
    let_wait(house, mei_of(house).id)
    house.clock.move_to(house.clock.now() + timedelta(minutes=3))

    assert "LINE：較慢\n通知會晚一點送到，紀錄不受影響。\n" in told(house)


def test_each_school_has_its_reader_and_its_check(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        make_school(session, "353699", short_name="青田國中")
        sister = make_student(session, house, name="王小華", number="9", school_code="353699")
        make_binding(session, mei_of(house), sister)
    run_check(house, RunState.TOLD)
    run_check(house, RunState.NO_SCHOOL, "353699")

    assert told(house).split("\n\n")[1:3] == [
        "榕光國小：刷卡機正常（07:19 有連線）\n今天的未到校檢查：08:31 完成",
        "青田國中：刷卡機還沒有連線紀錄\n今天的未到校檢查：今天不上課",
    ]


def test_used_up_quota_says_what_still_works(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        record_quota(session, Quota(10, 10), Outlook(past=1, left=1), house.clock.now())

    said = told(house)
    assert "LINE：暫停\n本月發送額度已用完。「尚無刷卡紀錄」改寄到已驗證的 e-mail；" in said
    assert "還沒有的，輸入「今天」查看。\n" in said


@pytest.mark.parametrize(
    ("language", "waiting"),
    [
        (Language.ENGLISH, "Waiting to be sent to you: 0"),
        (Language.VIETNAMESE, "Tin đang chờ gửi cho anh/chị: 0"),
        (Language.INDONESIAN, "Notifikasi menunggu dikirim ke Anda: 0"),
        (Language.JAPANESE, "送信待ちのお知らせ：0 件"),
    ],
)
def test_every_fact_is_told_in_the_guardians_language(
    house: House, ming: Student, language: Language, waiting: str
) -> None:
    run_check(house, RunState.TOLD)
    tidy(house)
    say(house, OWN_NAMES[language])

    said = told(house)

    assert waiting in said
    assert all(clock in said for clock in ("07:20", "07:19", "08:31", "01:02"))
    assert len(said.split("\n")) == 8
