"""發送: whom, what, what it takes, and for more than one class a second person."""

import pytest
from sqlalchemy import update
from sqlmodel import select

from bot.sending_words import read_sending
from core.announcements.sending import send_out, tell_answered
from core.announcements.tables import Announcement, AnnouncementVersion
from core.announcements.writing import publish_version
from core.db import transaction
from core.delivery.quota import Outlook, Quota
from core.delivery.quota_month import record_quota
from core.house import House
from core.kinds import NoticeKind, NoticeState
from core.notices.staff_desk import staff_desk
from core.notices.tables import Notice
from core.people.friends import record_friendship
from core.people.staff import roles_of
from core.people.tables import OneTimeText, Student
from tests.bot.line_limits import words_of
from tests.bot.staff_room import FANG, HO, JIAN, LIN, WU, labels, make_room, press, tell
from tests.factories import MEI

CLASS = "發送 603 明天校外教學，請帶水壺。\n07:30 在操場集合"


@pytest.fixture
def ming(house: House) -> Student:
    return make_room(house)


def told(house: House, kind: NoticeKind = NoticeKind.ANNOUNCEMENT) -> list[Notice]:
    """What was written of that kind."""
    with transaction(house.engine) as session:
        return list(session.exec(select(Notice).where(Notice.kind == kind)))


def announced(house: House) -> list[Announcement]:
    with transaction(house.engine) as session:
        return list(session.exec(select(Announcement)))


@pytest.mark.parametrize(
    ("text", "audience", "title", "body"),
    [
        ("發送 603 帶水壺", (False, None, "603"), "帶水壺", "帶水壺"),
        ("／公告 603班 帶水壺", (False, None, "603"), "帶水壺", "帶水壺"),
        ("發公告 六年級\n標題\n第二行，照寫", (False, 6, ""), "標題", "第二行，照寫"),
        ("發送 全校 停水。" + "很" * 50, (True, None, ""), "停水", "停水。" + "很" * 50),
        ("發送 明天帶水壺", (False, None, ""), "明天帶水壺", "明天帶水壺"),
        ("發送 60人報名", (False, None, ""), "60人報名", "60人報名"),
    ],
)
def test_words_stay_as_they_were_typed(
    text: str, audience: tuple[bool, int | None, str], title: str, body: str
) -> None:
    said = read_sending(text)

    assert (said.is_school, said.grade, said.homeroom) == audience
    assert (said.title, said.body) == (title, body)


def test_preview_shows_message_people_and_price_and_sends_nothing(
    house: House, ming: Student
) -> None:
    with transaction(house.engine) as session:
        record_quota(session, Quota(12_500, 100), Outlook(1, 10), house.clock.now())

    said = words_of(tell(house, CLASS, LIN).messages)

    assert "明天校外教學，請帶水壺。" in said
    assert "榕光國小 603 班，2 位學生" in said
    assert "1 位已綁定" in said
    assert "LINE 1 則，本月剩 12,400 則" in said
    assert announced(house) == told(house) == []


def test_class_hears_at_once_and_only_once(house: House, ming: Student) -> None:
    preview = tell(house, CLASS, LIN)
    assert labels(preview) == ["發送", "返回"]

    assert words_of(press(house, preview, "發送", LIN).messages) == ["已排入發送 1 則。"]
    again = press(house, preview, "發送", LIN)

    assert words_of(again.messages)[0] == "這則訊息已經收到，不會重複發送。"
    assert f"/staff/announcements/{announced(house)[0].id}" in str(again.messages)
    (notice,) = told(house)
    assert notice.line_user_id == MEI
    assert "學校公告：明天校外教學，請帶水壺。" in notice.content.decode()
    assert len(announced(house)) == 1


def test_draft_that_waited_too_long_says_it_was_not_sent(house: House, ming: Student) -> None:
    preview = tell(house, CLASS, LIN)
    with transaction(house.engine) as session:
        session.execute(update(OneTimeText).values(expires_at=house.clock.now()))

    said = words_of(press(house, preview, "發送", LIN).messages)

    assert said[0].startswith("這則訊息沒有送出")
    assert announced(house) == told(house) == []


def test_school_waits_for_the_second_person(house: House, ming: Student) -> None:
    preview = tell(house, "發送 全校 明天停水", HO)
    assert labels(preview) == ["請第二人確認", "返回"]

    said = words_of(press(house, preview, "請第二人確認", HO).messages)

    assert said[0].startswith("已送出，等第二人確認")
    assert told(house) == []
    asked = told(house, NoticeKind.ANNOUNCEMENT_ASKED)
    assert [one.line_user_id for one in asked] == [JIAN]


def test_what_the_second_person_confirms_goes_out_and_the_first_hears(
    house: House, ming: Student
) -> None:
    press(house, tell(house, "發送 全校 明天停水", HO), "請第二人確認", HO)
    now = house.clock.now()
    with transaction(house.engine) as session:
        version = session.exec(select(AnnouncementVersion)).one()
        (jian,) = roles_of(session, JIAN)
        publish_version(session, version.announcement_id, 1, f"staff:{jian.id}", now)
        for _ in range(2):
            sent = send_out(session, house.settings, version.announcement_id, now)
        desk = staff_desk(house.settings)
        tell_answered(session, desk, house.vault, version.announcement_id, jian, 1, now)

    assert sent == 0
    assert [one.line_user_id for one in told(house)] == [MEI]
    heard = told(house, NoticeKind.ANNOUNCEMENT_ANSWERED)
    assert [one.line_user_id for one in heard] == [HO]


def test_who_left_the_account_costs_nothing(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        record_friendship(session, line_user_id=MEI, is_following=False, at=house.clock.now())

    preview = tell(house, CLASS, LIN)
    assert "LINE 0 則" in words_of(preview.messages)
    said = words_of(press(house, preview, "發送", LIN).messages)

    assert said == ["沒有需要通知的家長。"]
    assert [one.state for one in told(house)] == [NoticeState.REFUSED]


def test_too_few_messages_left_are_said_before(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        record_quota(session, Quota(100, 100), Outlook(1, 10), house.clock.now())

    answer = tell(house, CLASS, LIN)

    assert words_of(answer.messages)[0] == "本月 LINE 剩 0 則，不夠發送 1 則。"
    assert labels(answer) == []


def test_reserve_is_not_for_announcements(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        record_quota(session, Quota(100, 90), Outlook(1, 10), house.clock.now())

    said = words_of(tell(house, CLASS, LIN).messages)

    assert "本月 LINE 剩 10 則，要留給「尚無刷卡紀錄」和更正，不夠發送 1 則。" in said
    assert "可以在網頁公布公告，家長開啟時就看得到，不用則數。" in said


def test_last_room_goes_to_one_announcement_only(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        record_quota(session, Quota(100, 89), Outlook(1, 10), house.clock.now())
    first, second = tell(house, CLASS, LIN), tell(house, f"{CLASS}！", LIN)
    press(house, first, "發送", LIN)

    said = words_of(press(house, second, "發送", LIN).messages)

    assert "不夠發送，沒有送出。" in said[0]
    assert len(told(house)) == len(announced(house)) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("發送 603 看 https://evil.example.com/x", "內容不能有這類網址：evil.example.com。"),
        ("發送 603 " + "長" * 2001, "內容超過 2,000 字，目前 2,001 字。"),
        ("發送 9年級 大家好", "這個範圍目前沒有在學的學生。"),
        ("發送 大家好", "請寫對象，例如：發送 603 內容"),
        ("發送 603", "發送訊息給家長"),
    ],
)
def test_what_cannot_be_sent_says_why(
    house: House, ming: Student, text: str, expected: str
) -> None:
    assert words_of(tell(house, text, HO).messages)[0] == expected
    assert announced(house) == []


def test_teacher_need_not_name_the_own_class(house: House, ming: Student) -> None:
    said = words_of(tell(house, "發送 明天帶水壺", LIN).messages)

    assert "榕光國小 603 班，2 位學生" in said


def test_bureau_is_led_to_the_page(house: House, ming: Student) -> None:
    said = words_of(tell(house, "發公告", FANG).messages)

    assert said[:2] == ["發送訊息給家長", "全市、行政區、級別的公告請用網頁。"]


def test_a_role_that_ended_sends_nothing(house: House, ming: Student) -> None:
    preview = tell(house, CLASS, LIN)
    with transaction(house.engine) as session:
        (lin,) = roles_of(session, LIN)
        lin.homeroom = "604"
        session.add(lin)

    said = words_of(press(house, preview, "發送", LIN).messages)

    assert said == ["查無這個班級，或不在您的範圍內。"]
    assert announced(house) == []
    assert words_of(press(house, preview, "發送", WU).messages)[0].startswith("這個按鈕")
