"""公告 written by staff: a preview that is what guardians see, a second person, a history."""

import re
from datetime import timedelta

import pytest
from sqlmodel import col, select

from core.announcements.tables import Announcement, AnnouncementVersion
from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.delivery.quota import Outlook, Quota
from core.delivery.quota_month import record_quota
from core.house import House
from core.kinds import NoticeKind
from core.notices.tables import Notice
from core.people.tables import StaffRole
from liff.staff import new_announcement
from tests.factories import MEI, make_school, make_staff, make_student
from tests.liff.conftest import Family
from tests.liff.desk import ADMIN, BUREAU, ELSEWHERE, OFFICER, TEACHER, StaffPhone
from tests.liff.phone import Phone, text_of

LIST, NEW = "/liff/staff/announcements", "/liff/staff/announcements/new"
NOTICES = "/liff/notices"
WISH = {
    "audience": "school",
    "type": "event",
    "importance": "important",
    "title": "12/5 園遊會",
    "body": "請著運動服。\n\n歡迎家長參加。",
    "publish_from": "",
}
FOR_CLASS = {"audience": "class/603"}


@pytest.fixture
def teacher(staff_phone: StaffPhone, family: Family) -> Phone:
    """The teacher of Ming's class."""
    return staff_phone(TEACHER)


def written(house: House) -> list[AnnouncementVersion]:
    """Every version, oldest first."""
    with snapshot(house.engine) as session:
        return list(
            session.exec(select(AnnouncementVersion).order_by(col(AnnouncementVersion.number)))
        )


def write(phone: Phone, at: str = NEW, **changed: str) -> str:
    """Send the form from its preview; return the announcement's page."""
    answer = phone.post(at, {**WISH, **changed, "sure": "1"})
    assert answer.status_code == 303, text_of(answer)
    return str(answer.location).partition("?")[0]


def press(phone: Phone, page: str, answer: str, number: int | str = 1) -> str:
    """Press a button of the announcement's page; return what is read next."""
    sent = phone.post(page, {"answer": answer, "number": str(number)}, form_at=NEW)
    return text_of(sent) if sent.status_code == 422 else phone.text(sent.location)


def test_preview_is_what_guardians_see_and_writes_nothing(
    officer: Phone, admin: Phone, mei: Phone, pages: House
) -> None:
    answer = officer.post(NEW, WISH)
    assert answer.status_code == 200
    preview = text_of(answer)
    assert "對象 榕光國小 人數 學生 1 人，綁定的家長 1 位 公布 第二人確認後" in preview
    assert written(pages) == []
    page = write(officer)
    press(admin, page, "confirm")
    listed = mei.text(NOTICES)
    assert "未讀 11/23・活動・榕光國小 重要 12/5 園遊會" in listed
    assert "未讀 11/23・活動・榕光國小 重要 12/5 園遊會" in preview
    read = mei.text(f"{NOTICES}/{page.rpartition('/')[2]}").partition("回到公告")[0]
    assert read.removeprefix("公告 ").strip() in preview


def test_way_back_from_the_preview_keeps_what_was_typed(officer: Phone, pages: House) -> None:
    answer = officer.post(NEW, {**WISH, "title": "<b>題", "back": "1"})
    assert answer.status_code == 200
    assert 'value="&lt;b&gt;題"' in answer.text
    assert "請著運動服。\n\n歡迎家長參加。</textarea>" in answer.text
    assert written(pages) == []


def test_second_person_is_told_and_an_answered_one_is_refused_politely(
    officer: Phone, admin: Phone, pages: House
) -> None:
    page = write(officer)
    write(officer, at=f"{page}/edit", seen="1", title="12/6 園遊會")
    with snapshot(pages.engine) as session:
        rows = session.exec(select(Notice).where(Notice.kind == "announcement_asked")).all()
    assert [row.line_user_id for row in rows] == [ADMIN, ADMIN]
    uri = re.search(rb"https://liff.line.me/[^/]+(/staff/[^\"]+)", rows[0].content)
    assert uri is not None
    here = f"/liff{uri[1].decode()}"
    assert "已有人處理。" in press(admin, here, "confirm")
    assert "已公布，家長看得到了。" in press(admin, page, "confirm", 2)
    assert "公布中" in admin.text(here)
    assert "已公布，家長看得到了。" in press(admin, page, "confirm", 2)


def test_one_for_a_class_asks_nobody(teacher: Phone, admin: Phone, pages: House) -> None:
    write(teacher, **FOR_CLASS)
    with snapshot(pages.engine) as session:
        assert session.exec(select(Notice)).all() == []


def test_school_wide_one_waits_for_a_second_person(
    officer: Phone, admin: Phone, mei: Phone, pages: House
) -> None:
    page = write(officer)
    assert "24 小時內有效" in officer.text(f"{page}?note=proposed")
    assert "我是第二位，確認" not in officer.text(page)
    assert "目前沒有公告。" in mei.text(NOTICES)
    assert "1 則公告等第二人確認。" in admin.text("/liff/staff")
    assert "等第二人確認。 看公告" not in officer.text("/liff/staff")
    assert "發起人不能自己確認" in press(officer, page, "confirm")
    assert "已公布，家長看得到了。" in press(admin, page, "confirm")
    assert "12/5 園遊會" in mei.text(NOTICES)
    assert "已公布，家長看得到了。" in press(admin, page, "confirm")
    assert "已有人處理。" in press(officer, page, "confirm")
    history = officer.text(page)
    assert "11/23 07:20 林國華（生教組） 撰寫 11/23 07:20 林國華（學校管理者） 公布" in history


def test_writer_who_is_alone_reads_what_to_do(officer: Phone, pages: House) -> None:
    page = officer.text(f"{write(officer)}?note=proposed")
    assert "目前沒有其他人可以確認，還沒生效。請學校管理者輸入「邀請」" in page
    assert "已送出，等第二人確認" not in page


def test_writer_cannot_confirm_even_in_another_role(
    officer: Phone, admin: Phone, pages: House
) -> None:
    page = write(officer)
    with transaction(pages.engine) as session:
        make_staff(session, pages, OFFICER, role=StaffRole.SCHOOL_ADMIN)
    assert "我是第二位，確認" not in officer.text(page)
    assert "發起人不能自己確認" in press(officer, page, "confirm")
    assert written(pages)[0].published_at is None


def test_teacher_publishes_to_the_own_class_at_once(
    teacher: Phone, mei: Phone, pages: House
) -> None:
    form = teacher.text(NEW)
    assert "603 班" in form
    assert "全校" not in form
    assert "公布 立即" in text_of(teacher.post(NEW, {**WISH, **FOR_CLASS}))
    write(teacher, **FOR_CLASS)
    assert "12/5 園遊會" in mei.text(NOTICES)


@pytest.mark.parametrize(
    "audience",
    ["school", "grade/6", "class/601", "city", "class/", "grade/x", "grade/999", "x", ""],
)
def test_teacher_writes_to_nobody_else(teacher: Phone, pages: House, audience: str) -> None:
    for last in ({}, {"sure": "1"}):
        answer = teacher.post(NEW, {**WISH, "audience": audience, **last})
        assert answer.status_code in (403, 422)
    assert written(pages) == []


def test_bureau_writes_to_a_part_of_the_city(
    staff_phone: StaffPhone, family: Family, mei: Phone, pages: House
) -> None:
    bureau = staff_phone(BUREAU)
    with transaction(pages.engine) as session:
        make_staff(session, pages, ADMIN, role=StaffRole.BUREAU_ADMIN, school_code=None)
    second = Phone(bureau.client.application, bureau.outside).sign_in(ADMIN)
    place = {"audience": "city", "district": "中正區", "level": "國小"}
    assert "對象 中正區・國小" in text_of(bureau.post(NEW, {**WISH, **place}))
    page = write(bureau, **place)
    press(second, page, "confirm")
    assert "11/23・活動・教育局" in mei.text(NOTICES)
    nowhere = {**WISH, "audience": "city", "district": "沒有區"}
    assert "這個對象裡沒有學生" in text_of(bureau.post(NEW, nowhere))
    assert bureau.post(NEW, {**WISH, "audience": "school"}).status_code == 422


def test_others_announcements_are_not_there(
    officer: Phone, staff_phone: StaffPhone, teacher: Phone, pages: House
) -> None:
    page = write(officer)
    others = [staff_phone(ELSEWHERE), staff_phone(BUREAU), teacher]
    for phone in others:
        assert phone.get(page).status_code == 404
        assert phone.get(f"{page}/edit").status_code == 404
        assert phone.post(page, {"answer": "archive"}, form_at=NEW).status_code == 404
        sent = phone.post(f"{page}/edit", {**WISH, "seen": "1", "sure": "1"}, form_at=NEW)
        assert sent.status_code == 404
        assert "園遊會" not in phone.text(LIST)
    assert len(written(pages)) == 1


def test_edit_keeps_both_and_shows_the_new_words_once_confirmed(
    officer: Phone, admin: Phone, mei: Phone, pages: House
) -> None:
    page = write(officer)
    press(admin, page, "confirm")
    form = officer.get(f"{page}/edit").text
    assert 'value="12/5 園遊會"' in form
    write(officer, f"{page}/edit", title="園遊會改期", seen="1")
    assert "修改等第二人確認" in admin.text(page)
    assert "確認以前，家長看到的是修改前的內容。" in admin.text(page)
    assert "12/5 園遊會" in mei.text(NOTICES)
    press(admin, page, "confirm", 2)
    assert "園遊會改期" in mei.text(NOTICES)
    after = officer.text(page)
    assert "以前的內容 12/5 園遊會" in after
    assert [one.title for one in written(pages)] == ["12/5 園遊會", "園遊會改期"]


def test_two_who_edit_at_once_hear_of_each_other(teacher: Phone, officer: Phone) -> None:
    page = write(teacher, **FOR_CLASS)
    write(officer, f"{page}/edit", title="先改的", seen="1")
    late = teacher.post(f"{page}/edit", {**WISH, "title": "後改的", "seen": "1", "sure": "1"})
    assert late.status_code == 422
    assert "剛才有人改過這則公告" in text_of(late)
    assert 'value="後改的"' in late.text


def test_archive_and_back(teacher: Phone, mei: Phone, pages: House) -> None:
    page = write(teacher, **FOR_CLASS)
    assert "已移到歷史公告" in press(teacher, page, "archive")
    assert "12/5 園遊會" not in teacher.text(LIST)
    assert "12/5 園遊會" in teacher.text(f"{LIST}?tab=past")
    assert "12/5 園遊會" in mei.text(f"{NOTICES}?tab=past")
    assert "已移到歷史公告" in press(teacher, page, "archive")
    assert "已移回最新。" in press(teacher, page, "restore")
    assert "12/5 園遊會" in mei.text(NOTICES)
    with snapshot(pages.engine) as session:
        subject = f"announcement:{page.rpartition('/')[2]}"
        acts = session.exec(select(AuditEntry.action).where(AuditEntry.subject == subject)).all()
    assert {one.partition(".")[2] for one in acts} == {"write", "publish", "archive", "restore"}


def test_announcement_for_later_is_not_seen_yet(teacher: Phone, mei: Phone, pages: House) -> None:
    page = write(teacher, **FOR_CLASS, publish_from="2026-11-23T12:00")
    assert "預定公布" in teacher.text(LIST)
    assert "公布 11/23（一）12:00" in teacher.text(page)
    assert "目前沒有公告。" in mei.text(NOTICES)
    pages.clock.move_to(pages.clock.now() + timedelta(hours=4, minutes=40))
    mei.sign_in("U" + "a" * 32)
    assert "12/5 園遊會" in mei.text(NOTICES)


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"title": ""}, "title", "請填標題"),
        ({"title": "題" * 41}, "title", "標題超過 40 字，目前 41 字"),
        ({"body": " "}, "body", "請填內容"),
        ({"body": "字" * 2001}, "body", "內容超過 2000 字，目前 2001 字"),
        ({"body": "https://evil.example/x"}, "body", "內容不能有這類網址：evil.example"),
        ({"type": "x"}, "type", "請選擇類型"),
        ({"importance": ""}, "importance", "請選擇重要性"),
        ({"publish_from": "soon"}, "publish_from", "請填日期和時間，或留空白"),
        ({"publish_from": "2028-01-01T00:00"}, "publish_from", "最多提前一年"),
        ({"audience": ""}, "audience", "請選擇對象"),
        ({"audience": "class/699"}, "audience", "這個對象裡沒有學生"),
    ],
)
def test_wrong_field_is_named_and_nothing_is_lost(
    officer: Phone, pages: House, changed: dict[str, str], field: str, said: str
) -> None:
    answer = officer.post(NEW, {**WISH, **changed})
    assert answer.status_code == 422
    assert f'<a href="#{field}">{said}</a>' in answer.text
    assert text_of(answer).count(said) == 2
    assert written(pages) == []


def test_everything_wrong_is_named_at_once(officer: Phone) -> None:
    answer = officer.post(NEW, {"publish_from": "x"})
    assert "有 6 個地方要修改" in text_of(answer)


def test_list_is_cut_into_pages(teacher: Phone) -> None:
    for number in range(21):
        write(teacher, **FOR_CLASS, title=f"第 {number} 則。")
    assert "再看 20 則" in teacher.text(LIST)
    assert teacher.text(f"{LIST}?skip=20").count("則。") == 1


def test_school_of_others_cannot_be_written_to(officer: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        make_school(session, "353609")
        make_student(session, pages, number="9", school_code="353609")
    answer = officer.post(NEW, {**WISH, "school": "353609", "sure": "1"})
    assert answer.status_code == 404
    with snapshot(pages.engine) as session:
        assert session.exec(select(Announcement)).all() == []


def to_be_sent(house: House, page: str) -> None:
    """Make it one that goes out as a message, as the chat does."""
    with transaction(house.engine) as session:
        version = session.exec(select(AnnouncementVersion)).one()
        version.is_pushed = True
        session.add(version)


def sent(house: House, kind: NoticeKind) -> list[Notice]:
    with snapshot(house.engine) as session:
        return list(session.exec(select(Notice).where(Notice.kind == kind)))


def test_what_goes_out_says_its_price_and_leaves_once_it_is_confirmed(
    officer: Phone, admin: Phone, mei: Phone, pages: House
) -> None:
    page = write(officer)
    to_be_sent(pages, page)
    assert "確認後用 LINE 發送 1 則" in admin.text(page)

    press(admin, page, "confirm")
    press(admin, page, "confirm")

    assert len(sent(pages, NoticeKind.ANNOUNCEMENT)) == 1
    (heard,) = sent(pages, NoticeKind.ANNOUNCEMENT_ANSWERED)
    assert heard.line_user_id == OFFICER


def test_new_words_of_what_was_not_sent_are_sent(
    officer: Phone, admin: Phone, pages: House
) -> None:
    page = write(officer)
    to_be_sent(pages, page)
    write(officer, f"{page}/edit", title="12/6 園遊會", seen="1")

    press(admin, page, "confirm", 2)

    (notice,) = sent(pages, NoticeKind.ANNOUNCEMENT)
    assert "12/6 園遊會" in notice.content.decode()


def test_what_is_turned_down_is_sent_to_nobody_and_its_writer_hears(
    officer: Phone, admin: Phone, pages: House
) -> None:
    page = write(officer)
    to_be_sent(pages, page)

    press(admin, page, "decline")

    assert sent(pages, NoticeKind.ANNOUNCEMENT) == []
    (heard,) = sent(pages, NoticeKind.ANNOUNCEMENT_ANSWERED)
    assert "已退回，沒有發送" in heard.content.decode()


def test_what_would_eat_into_the_reserve_is_not_published(
    officer: Phone, admin: Phone, pages: House
) -> None:
    page = write(officer)
    to_be_sent(pages, page)
    with transaction(pages.engine) as session:
        record_quota(session, Quota(100, 90), Outlook(1, 10), pages.clock.now())
    assert "要留給「尚無刷卡紀錄」和更正，不夠發送" in admin.text(page)

    assert "不夠發送，所以沒有公布。" in press(admin, page, "confirm")

    assert sent(pages, NoticeKind.ANNOUNCEMENT) == []
    with snapshot(pages.engine) as session:
        assert session.exec(select(Announcement)).one().published_number is None


def test_one_of_last_years_class_is_not_said_to_be_read(
    teacher: Phone, mei: Phone, pages: House
) -> None:
    page = write(teacher, **FOR_CLASS)
    pages.clock.move_to(pages.clock.now() + timedelta(days=300))
    teacher.sign_in(TEACHER)
    mei.sign_in(MEI)
    said = "家長看不到了。要再告訴家長，請另寫一則。"

    assert "公布中" not in teacher.text(LIST)
    archived = press(teacher, page, "archive")
    assert said in archived
    assert "家長在「歷史公告」看得到" not in archived
    assert said in press(teacher, page, "restore")
    assert "12/5 園遊會" not in mei.text(NOTICES)


@pytest.mark.parametrize("is_at_once", [False, True])
def test_preview_sent_twice_is_one_announcement(
    teacher: Phone, pages: House, monkeypatch: pytest.MonkeyPatch, is_at_once: bool
) -> None:
    preview = teacher.post(NEW, {**WISH, **FOR_CLASS}).text
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', preview))
    once = teacher.client.post(NEW, data={**fields, "sure": "1"})
    look, unseen = new_announcement._sent_before, [None] * is_at_once
    monkeypatch.setattr(
        new_announcement, "_sent_before", lambda visit: unseen.pop() if unseen else look(visit)
    )
    again = teacher.client.post(NEW, data={**fields, "sure": "1"})
    assert again.location == once.location
    assert "已公布，家長看得到了。" in teacher.text(again.location)
    assert len(written(pages)) == 1
