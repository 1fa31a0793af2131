"""The first page."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core.clock import school_day_of
from core.db import transaction
from core.house import House
from core.kinds import Channel, NoticeKind, NoticeState
from core.languages.language import Language
from core.notices.outbox import NewNotice, enqueue
from core.people.friends import record_friendship
from core.people.tables import Guardian, LineFriend
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


def test_links_of_a_card_are_read_aloud_with_the_childs_name(mei: Phone) -> None:
    page = mei.get("/liff/home").text
    for word in ("本週紀錄", "請假", "通知設定"):
        assert f'{word}<span class="unseen"> 小明</span></a>' in page


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


def test_leave_beside_a_tap_is_said_on_the_card(mei: Phone, pages: House, family: Family) -> None:
    both = "今天有請假，也有刷卡，兩筆紀錄都保留。"
    with transaction(pages.engine) as session:
        record_day(session, family, TODAY, arrived_at=at(7, 11), leave="whole")
    page = mei.text("/liff/home")
    assert "在校" in page
    assert both in page
    assert both not in mei.text(family.page), "a banner there says it, and what to do"


def test_leave_beside_a_late_upload_takes_no_word_from_it(
    mei: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        moments = {"arrived_at": at(7, 1), "arrival_received_at": at(7, 15)}
        record_day(session, family, TODAY, leave="whole", **moments)
    page = mei.text("/liff/home")
    assert "今天有請假，也有刷卡，兩筆紀錄都保留。 刷卡資料較晚傳到，07:15 才收到。" in page


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


BLOCKED = "目前通知送不到這個 LINE：本帳號已被封鎖，或還沒加為好友。"
PAGES = ("/liff/home", "/liff/account")


def block(house: House) -> None:
    """Mei stops following."""
    with transaction(house.engine) as session:
        record_friendship(session, line_user_id=MEI, is_following=False, at=at(7, 0))


@pytest.mark.parametrize("address", PAGES)
def test_person_who_blocked_the_account_is_told(mei: Phone, pages: House, address: str) -> None:
    assert BLOCKED not in mei.text(address)
    block(pages)
    page = mei.text(address)
    assert BLOCKED in page
    assert "請解除封鎖或加入好友，就會恢復通知。" in page


@pytest.mark.parametrize("address", PAGES)
def test_person_who_never_followed_is_asked_to(mei: Phone, pages: House, address: str) -> None:
    with transaction(pages.engine) as session:
        session.delete(session.get_one(LineFriend, MEI))
    assert "請先加本帳號為好友，才收得到通知。" in mei.text(address)


def test_nothing_is_promised_to_an_account_that_gets_nothing(mei: Phone, pages: House) -> None:
    assert "通知會送到這個 LINE" in mei.text("/liff/home?note=linked")
    block(pages)
    page = mei.text("/liff/home?note=linked")
    assert "已連結台北通。" in page
    assert "通知會送到這個 LINE" not in page


def test_that_one_guardian_gets_nothing_is_not_shown_to_another(hua: Phone, pages: House) -> None:
    block(pages)
    assert all("送不到" not in hua.text(address) for address in PAGES)


def test_account_names_both_sides_masked(mei: Phone) -> None:
    page = mei.text("/liff/account")
    assert "林○婷" in page
    assert "林雅婷" not in page
    assert "已連結" in page
    assert "還沒有送出過通知" in page


def told(house: House, family: Family, kind: NoticeKind, at: datetime, **ended: object) -> None:
    """A notice to Mei and what became of it."""
    notice = NewNotice(
        kind=kind,
        student_id=UUID(family.student_id),
        guardian_id=UUID(family.guardian_id),
        line_user_id=MEI,
        school_day=school_day_of(at),
        at=at,
        content=b"[]",
        **ended,  # type: ignore[arg-type]
    )
    with transaction(house.engine) as session:
        enqueue(session, [notice], at)


ACCEPTED = (NoticeState.ACCEPTED, "http_200")
REFUSED = (NoticeState.REFUSED, "unfollowed")
IDLE = "最近 30 天沒有通知送到您的 LINE。"


def test_account_says_when_line_last_took_something(
    mei: Phone, pages: House, family: Family
) -> None:
    told(pages, family, NoticeKind.ARRIVAL, at(7, 12), ended=ACCEPTED)
    mail = {"ended": ACCEPTED, "channel": Channel.EMAIL}
    told(pages, family, NoticeKind.NO_SHOW, at(7, 15), **mail)
    page = mei.text("/liff/account")
    assert "最近一次送出：LINE 今天 07:12、e-mail 今天 07:15。" in page
    assert IDLE not in page
    with transaction(pages.engine) as session:
        session.get_one(Guardian, UUID(family.guardian_id)).locale = Language.ENGLISH
    assert "Last sent: LINE today 07:12, e-mail today 07:15." in mei.text("/liff/account")


def test_account_warns_when_nothing_arrived_for_thirty_days(
    mei: Phone, pages: House, family: Family
) -> None:
    told(pages, family, NoticeKind.ARRIVAL, at(7, 12) - timedelta(days=31), ended=ACCEPTED)
    assert IDLE not in mei.text("/liff/account")
    told(pages, family, NoticeKind.ARRIVAL, at(7, 12), ended=REFUSED)
    page = mei.text("/liff/account")
    assert f"{IDLE}請在聊天輸入「為什麼沒收到」，會逐項檢查原因。" in page
    assert "最近一次送出：LINE 10/23（五）07:12。" in page


def test_a_blocked_person_is_not_sent_to_a_chat_that_stays_silent(
    mei: Phone, pages: House, family: Family
) -> None:
    told(pages, family, NoticeKind.ARRIVAL, at(7, 12), ended=REFUSED)
    block(pages)
    page = mei.text("/liff/account")
    assert IDLE in page
    assert "為什麼沒收到" not in page
    assert "收不到通知" in page
