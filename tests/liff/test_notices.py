"""公告 on the phone: what is new stands out, what was opened is read, others' are not there."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from core.announcements.audiences import Audience
from core.announcements.tables import Importance
from core.announcements.writing import archive_announcement
from core.db import transaction
from core.house import House
from tests.announcements.conftest import LIN, publish
from tests.liff.conftest import Family
from tests.liff.phone import Phone

LIST = "/liff/notices"
SCHOOL = Audience(school_code="353607")
Announce = Callable[..., UUID]


@pytest.fixture
def announce(pages: House, family: Family) -> Announce:
    """Publish something to Ming's school, so many days ago."""

    def announce(audience: Audience = SCHOOL, *, days: int = 0, **words: object) -> UUID:
        with transaction(pages.engine) as session:
            return publish(session, audience, pages.clock.now() - timedelta(days=days), **words)

    return announce


def test_nothing_there_says_so(mei: Phone) -> None:
    assert "最新 歷史公告 目前沒有公告。" in mei.text(LIST)
    assert "目前沒有公告。" in mei.text(f"{LIST}?tab=past")


def test_list_says_when_what_and_who_and_what_is_new(mei: Phone, announce: Announce) -> None:
    announce(title="一般的事")
    announce(title="重要的事", importance=Importance.IMPORTANT, days=1)
    announce(Audience(), title="市府的事", days=2)
    text = mei.text(LIST)
    assert "未讀 11/23・活動・榕光國小 一般的事 未讀 11/22・活動・榕光國小 重要 重要的事" in text
    assert "11/21・活動・教育局 市府的事" in text


def test_opened_one_is_read(mei: Phone, announce: Announce) -> None:
    page = f"{LIST}/{announce()}"
    assert "未讀" in mei.text(LIST)
    text = mei.text(page)
    assert "2026/11/23（一）・活動・榕光國小 校外教學集合時間 請於 07:50 前到校。" in text
    assert "有疑問請聯絡學校： 02-2300-0001" in text
    assert "未讀" not in mei.text(LIST)


def test_home_counts_the_unread_and_shows_the_pressing_one(mei: Phone, announce: Announce) -> None:
    announce()
    page = f"{LIST}/{announce(title='明天停水', importance=Importance.URGENT)}"
    home = mei.text("/liff/home")
    assert "緊急公告：明天停水 看全文" in home
    assert "公告 2 未讀" in home
    announce(title="教室更換", importance=Importance.IMPORTANT)
    assert "有 2 則重要公告還沒看。 看公告" in mei.text("/liff/home")
    mei.get(page)
    assert "重要公告：教室更換" in mei.text("/liff/home")


def test_home_is_quiet_when_all_is_read(mei: Phone, announce: Announce) -> None:
    mei.get(f"{LIST}/{announce(importance=Importance.URGENT)}")
    home = mei.get("/liff/home").text
    assert "看全文" not in home
    assert "news.css" not in home
    assert "/liff/notices" in home


def test_ten_at_a_time_and_back(mei: Phone, announce: Announce) -> None:
    for number in range(11):
        announce(title=f"第 {number} 則", days=number)
    first = mei.get(LIST).text
    assert "第 9 則" in first
    assert "第 10 則" not in first
    assert "/liff/notices?skip=10" in first
    rest = mei.text(f"{LIST}?skip=10")
    assert "第 10 則" in rest
    assert "回到最前面" in rest
    assert "再看 10 則" not in rest


@pytest.mark.parametrize("skip", ["-1", "x", "9" * 30, "１０"])
def test_what_is_no_number_skips_nothing(mei: Phone, announce: Announce, skip: str) -> None:
    announce()
    assert "校外教學集合時間" in mei.text(f"{LIST}?skip={skip}")


def test_archived_one_says_that_it_may_be_outdated(
    mei: Phone, announce: Announce, pages: House
) -> None:
    announcement_id = announce()
    with transaction(pages.engine) as session:
        archive_announcement(session, announcement_id, LIN, pages.clock.now())
    assert "校外教學集合時間" not in mei.text(LIST)
    assert "校外教學集合時間" in mei.text(f"{LIST}?tab=past")
    assert "這是歷史公告" in mei.text(f"{LIST}/{announcement_id}")


def test_what_is_for_others_is_not_there(hua: Phone, announce: Announce) -> None:
    page = hua.get(f"{LIST}/{announce()}")
    never = hua.get(f"{LIST}/{uuid4()}")
    assert (page.status_code, never.status_code) == (404, 404)
    assert "校外教學" not in hua.text(LIST)


def test_words_are_text_and_addresses_links(mei: Phone, announce: Announce) -> None:
    body = "<script>x</script>請看https://www.gov.taipei/a?b=1&c=2，謝謝。\n第二行"
    page = mei.get(f"{LIST}/{announce(title='<b>粗</b>', body=body)}").text
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert "<b>粗</b>" not in page
    link = '<a href="https://www.gov.taipei/a?b=1&amp;c=2" rel="noopener">'
    assert f"{link}https://www.gov.taipei/a?b=1&amp;c=2</a>，謝謝。" in page


def test_signed_out_reader_comes_back_to_the_announcement(phone: Phone, announce: Announce) -> None:
    page = f"{LIST}/{announce()}"
    assert page in phone.get(page).text


def test_full_list_stays_small(mei: Phone, announce: Announce) -> None:
    for number in range(11):
        announce(title="題" * 40, days=number, importance=Importance.IMPORTANT)
    announce(body="字" * 2000)
    assert len(mei.get(LIST).data) < 30 * 1024
    assert len(mei.get(f"{LIST}/{announce(body='字' * 2000)}").data) < 30 * 1024
