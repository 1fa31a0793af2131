"""The first page."""

from datetime import timedelta

from core.db import transaction
from core.house import House
from core.people.friends import record_friendship
from tests.conftest import FixedClock
from tests.factories import HUA, MEI, make_reader
from tests.liff.conftest import Family
from tests.liff.phone import Phone
from tests.liff.test_child_page import TODAY, at, record_day


def go_to(house: House, hour: int, minute: int) -> None:
    """Let it be that time today."""
    assert isinstance(house.clock, FixedClock)
    house.clock.move_to(at(hour, minute))


def test_new_person_sees_three_steps_and_one_button(phone: Phone) -> None:
    page = phone.sign_in(HUA).text("/liff/home")
    assert "登入台北通" in page
    assert "綁定孩子" in page
    assert "前往台北通" in page


def test_linked_guardian_without_child_is_led_to_add_one(hua: Phone) -> None:
    page = hua.text("/liff/home")
    assert "還沒綁定孩子" in page
    assert "加入學生" in page


def test_card_says_given_name_class_and_state(mei: Phone) -> None:
    page = mei.text("/liff/home")
    assert "2026/11/23（一）・上課日" in page
    assert "小明 榕光國小 603 班 還沒刷卡" in page
    assert "刷卡紀錄供參考，出缺席以學校登記為準" in page


def test_silence_after_the_cut_off_names_the_likely_causes(mei: Phone, pages: House) -> None:
    go_to(pages, 8, 31)
    mei.sign_in(MEI)
    page = mei.text("/liff/home")
    assert "尚無刷卡紀錄" in page
    assert "忘了帶卡或沒感應到，也會這樣。" in page
    assert "缺" not in page.replace("出缺席", "")


def test_departed_child_shows_both_times(mei: Phone, pages: House, family: Family) -> None:
    with transaction(pages.engine) as session:
        record_day(session, family, TODAY, arrived_at=at(7, 41), departed_at=at(16, 3))
    assert "已離校 07:41 到校 16:03 離校" in mei.text("/liff/home")


def test_late_upload_says_when_it_came(mei: Phone, pages: House, family: Family) -> None:
    with transaction(pages.engine) as session:
        moments = {"arrived_at": at(7, 1), "arrival_received_at": at(7, 15)}
        record_day(session, family, TODAY, **moments)
    page = mei.text("/liff/home")
    assert "07:01 到校・補傳" in page
    assert "刷卡資料較晚傳到，07:15 才收到。" in page


def test_day_without_school_says_so(mei: Phone, pages: House) -> None:
    assert isinstance(pages.clock, FixedClock)
    pages.clock.move_to(at(9, 0) - timedelta(days=1))
    mei.sign_in(MEI)
    page = mei.text("/liff/home")
    assert "2026/11/22（日）・今天不上課" in page
    assert "尚無" not in page


def test_reader_line_tells_the_last_contact(mei: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        make_reader(session, pages, contact_at=at(7, 19))
    assert "榕光國小刷卡機 07:19 有連線" in mei.text("/liff/home")


def test_silent_reader_is_said_as_a_doubt(mei: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        make_reader(session, pages, contact_at=at(7, 2))
    answer = mei.get("/liff/home")
    assert "榕光國小刷卡機 07:02 起沒有連線，紀錄可能較晚出現。" in answer.text
    assert "banner amber" in answer.text


def test_person_who_blocked_the_account_is_told(mei: Phone, pages: House) -> None:
    assert "加本帳號為好友" not in mei.text("/liff/home")
    with transaction(pages.engine) as session:
        record_friendship(session, line_user_id=MEI, is_following=False, at=at(7, 0))
    assert "請先加本帳號為好友，才收得到通知。" in mei.text("/liff/home")


def test_account_names_both_sides_masked(mei: Phone) -> None:
    page = mei.text("/liff/account")
    assert "林○婷" in page
    assert "林雅婷" not in page
    assert "已連結" in page
    assert "還沒有送出過通知" in page
