"""無卡補登申請 on the pages: a guardian asks, the school answers, and both see where it stands."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from core.attendance.tables import AttendanceDay
from core.calendar.tables import CalendarDay
from core.db import snapshot, transaction
from core.gate.tables import MakeUpRequest, Tap
from core.house import House
from core.notices.tables import Notice
from core.people.guardians import find_guardian
from core.people.tables import Student
from tests.factories import HUA, make_binding, make_guardian, make_school, make_staff
from tests.liff.conftest import Family
from tests.liff.desk import ADMIN, ELSEWHERE, OFFICER, TEACHER, StaffPhone
from tests.liff.phone import Phone, text_of
from tests.liff.test_child_page import TODAY, at, record_day

REVIEW = "/liff/staff/make-ups"
# A page with a form that anybody signed in may open.
TOKEN = "/liff/?prove=1"
WISH = {"day": "2026-11-23", "direction": "in", "time": "07:10", "reason": "forgotten"}
WAITS = "11/23（一）到校 07:10 審核中・忘帶卡"


def page_of(family: Family) -> str:
    """Where a make-up of Ming is asked for."""
    return f"{family.page}/make-up"


def request_in(page: str, pattern: str = r"/make-ups/([0-9a-f-]{36})") -> str:
    """The id of the first request a page shows."""
    found = re.search(pattern, page)
    assert found
    return found.group(1)


def ask(mei: Phone, family: Family, **changed: str) -> None:
    """Mei asks, and it is taken."""
    answer = mei.post(page_of(family), WISH | changed)
    assert answer.status_code == 303, text_of(answer)


@pytest.fixture
def teacher(staff_phone: StaffPhone) -> Phone:
    """Ming's teacher."""
    return staff_phone(TEACHER)


def answer(staff: Phone, what: str, **fields: str) -> str:
    """Answer the first request of the list and return what is said."""
    path = f"{REVIEW}/{request_in(staff.get(REVIEW).text)}"
    done = staff.post(path, {"answer": what, **fields}, form_at=REVIEW)
    return staff.text(done.location) if done.status_code == 303 else text_of(done)


def test_page_is_ready_for_today_and_leads_from_the_child(mei: Phone, family: Family) -> None:
    assert f'href="{page_of(family)}"' in mei.get(family.page).text
    page = mei.get(page_of(family))
    assert '<option value="2026-11-23" selected>今天 11/23（一）</option>' in page.text
    assert '<option value="2026-11-20">11/20（五）</option>' in page.text
    assert "2026-11-22" not in page.text
    assert "最近 30 天沒有申請。" in page.text


def test_asked_is_listed_as_waiting_and_can_be_withdrawn(mei: Phone, family: Family) -> None:
    ask(mei, family, words="早上忘在家裡")
    page = mei.get(f"{page_of(family)}?note=asked")
    assert "已送出，學校回覆後會用 LINE 通知您。" in page.text
    assert WAITS in text_of(page)
    assert "早上忘在家裡" not in page.text
    path = f"/liff/make-ups/{request_in(page.text)}/withdraw"
    done = mei.post(path, {}, form_at=page_of(family))
    after = mei.text(done.location)
    assert "已取消申請。" in after
    assert "11/23（一）到校 07:10 已取消・忘帶卡" in after
    again = mei.post(path, {}, form_at=page_of(family))
    assert "學校已經處理這筆申請" in mei.text(again.location)


@pytest.mark.parametrize(
    ("changed", "field", "fault"),
    [
        ({"time": "23:50"}, "time", "還沒到這個時間"),
        ({"day": "2026-11-24"}, "day", "還沒到這個時間"),
        ({"day": "2026-11-12"}, "day", "日期已經過了"),
        ({"day": "2026-11-22"}, "day", "這一天不上課"),
        ({"day": ""}, "day", "請選擇日期"),
        ({"time": "七點"}, "time", "請填時間，24 小時制，例如 07:50"),
        ({"direction": "both"}, "direction", "請選擇到校或離校"),
        ({"reason": "x"}, "reason", "請選擇事由"),
        ({"words": "字" * 101}, "words", "最多 100 個字"),
    ],
)
def test_fault_stands_beside_its_field_and_what_was_typed_stays(
    mei: Phone, family: Family, pages: House, changed: dict[str, str], field: str, fault: str
) -> None:
    refused = mei.post(page_of(family), WISH | {"words": "忘了"} | changed)
    assert refused.status_code == 422
    assert f'<a href="#{field}">{fault}</a>' in refused.text
    assert f'id="{field}-fault"' in refused.text
    typed = ({"words": "忘了"} | changed)["words"]
    assert f'value="{typed}"' in refused.text
    with snapshot(pages.engine) as database:
        assert database.exec(select(MakeUpRequest)).all() == []


def test_same_way_of_the_day_is_not_asked_for_twice(mei: Phone, family: Family) -> None:
    ask(mei, family)
    refused = mei.post(page_of(family), WISH | {"time": "07:12"})
    assert refused.status_code == 422
    assert "這一天已經有一筆在審核中" in refused.text


def test_day_on_record_is_refused_with_the_reason(mei: Phone, family: Family, pages: House) -> None:
    with transaction(pages.engine) as session:
        record_day(session, family, TODAY, arrived_at=at(7, 5))
    refused = mei.post(page_of(family), WISH)
    assert "這一天已經有紀錄，不用補登" in refused.text


def test_stranger_finds_no_page_and_no_request(mei: Phone, hua: Phone, family: Family) -> None:
    ask(mei, family)
    request_id = request_in(mei.get(page_of(family)).text)
    assert hua.get(page_of(family)).status_code == 404
    sent = hua.post(page_of(family), WISH, form_at=TOKEN)
    withdrawn = hua.post(f"/liff/make-ups/{request_id}/withdraw", {}, form_at=TOKEN)
    assert (sent.status_code, withdrawn.status_code) == (404, 404)
    assert WAITS in mei.text(page_of(family))


def test_other_guardian_sees_that_it_waits_and_not_why(
    mei: Phone, hua: Phone, family: Family, pages: House
) -> None:
    with transaction(pages.engine) as session:
        guardian = make_guardian(session, pages, HUA, name="華大明")
        child = session.get_one(Student, UUID(family.student_id))
        theirs = make_binding(session, guardian, child).id
    ask(mei, family, reason="lost")
    page = hua.text(f"/liff/children/{theirs}/make-up")
    assert "11/23（一）到校 07:10 審核中・另一位家長申請" in page
    assert "取消申請" not in page


def test_teacher_enters_it_and_the_guardian_reads_so(
    mei: Phone, teacher: Phone, family: Family, pages: House
) -> None:
    ask(mei, family, words="早上忘在家裡")
    assert "補登申請 待審 1 筆" in teacher.text("/liff/staff")
    card = teacher.text(REVIEW)
    assert "603 班 12 王小明 補登 11/23（一）到校 07:10 事由 忘帶卡" in card
    assert "忘帶卡 早上忘在家裡 當天紀錄 尚無刷卡紀錄 申請 今天 07:20 家長（母）申請" in card
    assert "林雅婷" not in card
    assert "已補登，會通知家長。" in answer(teacher, "approve")
    assert "補登申請 沒有待審" in teacher.text("/liff/staff")
    assert "11/23（一）到校 07:10 已補登・忘帶卡" in mei.text(page_of(family))
    assert "07:10 到校・補登" in mei.text(family.page)


def test_no_needs_a_reason_that_the_guardian_reads(
    mei: Phone, teacher: Phone, family: Family, pages: House
) -> None:
    ask(mei, family)
    refused = answer(teacher, "refuse")
    assert "請選擇不登記的原因" in refused
    assert WAITS in mei.text(page_of(family))
    assert "已退回" in answer(teacher, "refuse", refusal="not_seen")
    assert "11/23（一）到校 07:10 未核准・老師當天沒有看到孩子" in mei.text(page_of(family))
    with snapshot(pages.engine) as database:
        assert database.exec(select(Tap)).all() == []
        kinds = [one.kind for one in database.exec(select(Notice)) if one.guardian_id]
        assert kinds == ["makeup_not"]


def test_entry_is_taken_back_from_the_same_page(
    mei: Phone, teacher: Phone, family: Family, pages: House
) -> None:
    ask(mei, family)
    answer(teacher, "approve")
    assert "復原" in teacher.text(REVIEW)
    assert "已更正" in answer(teacher, "undo")
    assert "學校已更正" in mei.text(page_of(family))
    with snapshot(pages.engine) as database:
        key = (UUID(family.student_id), TODAY)
        assert database.get_one(AttendanceDay, key).arrived_at is None


def test_second_answer_is_told_that_it_came_late(
    mei: Phone, teacher: Phone, staff_phone: StaffPhone, family: Family
) -> None:
    ask(mei, family)
    officer = staff_phone(OFFICER)
    path = f"{REVIEW}/{request_in(officer.get(REVIEW).text)}"
    answer(teacher, "approve")
    late = officer.post(path, {"answer": "refuse", "refusal": "talk"}, form_at=REVIEW)
    assert "已有人處理。" in officer.text(late.location)


def test_who_answered_is_not_told_of_somebody_else(
    mei: Phone, teacher: Phone, family: Family
) -> None:
    ask(mei, family)
    path = f"{REVIEW}/{request_in(teacher.get(REVIEW).text)}"
    for word in ("approve", "undo"):
        teacher.post(path, {"answer": word}, form_at=TOKEN)
    for word, said in (("approve", "您已經登記了"), ("undo", "您已經更正了")):
        again = teacher.post(path, {"answer": word}, form_at=TOKEN)
        assert f"{said}，不需要再按。" in teacher.text(again.location)


def test_late_answer_of_somebody_at_two_schools_is_told_so(
    mei: Phone, teacher: Phone, staff_phone: StaffPhone, family: Family, pages: House
) -> None:
    ask(mei, family)
    officer = staff_phone(OFFICER)
    with transaction(pages.engine) as session:
        make_school(session, "353609")
        make_staff(session, pages, OFFICER, school_code="353609")
    path = f"{REVIEW}/{request_in(officer.get(f'{REVIEW}?school=353607').text)}?school=353607"
    answer(teacher, "approve")
    late = officer.post(path, {"answer": "approve"}, form_at=TOKEN)
    assert "已有人處理。" in officer.text(late.location)


def test_only_who_sees_the_class_sees_and_answers(
    mei: Phone, staff_phone: StaffPhone, family: Family, pages: House
) -> None:
    ask(mei, family)
    request_id = request_in(staff_phone(ADMIN).get(REVIEW).text)
    with transaction(pages.engine) as session:
        session.get_one(Student, UUID(family.student_id)).homeroom = "604"
    for person in (staff_phone(TEACHER), staff_phone(ELSEWHERE)):
        assert "王小明" not in person.text(REVIEW)
        sent = person.post(f"{REVIEW}/{request_id}", {"answer": "approve"}, form_at=TOKEN)
        assert sent.status_code == 404
    sent = mei.post(f"{REVIEW}/{request_id}", {"answer": "approve"}, form_at=TOKEN)
    assert sent.status_code == 403
    with snapshot(pages.engine) as database:
        assert database.exec(select(Tap)).all() == []


@pytest.mark.parametrize(("days", "look"), [(0, ""), (1, "held"), (2, "no-tap")])
def test_age_of_a_wait_turns_amber_after_two_days(
    mei: Phone, teacher: Phone, family: Family, pages: House, days: int, look: str
) -> None:
    ask(mei, family)
    with transaction(pages.engine) as session:
        session.exec(select(MakeUpRequest)).one().asked_at -= timedelta(days=days)
    page = teacher.get(REVIEW).text
    assert (f'pill is-{look}">' in page) == bool(days)
    assert (f"等了 {days} 天" in page) == bool(days)


def test_list_is_a_look_at_the_children_it_names(
    mei: Phone, teacher: Phone, family: Family
) -> None:
    ask(mei, family)
    assert "導師" not in mei.text(f"{family.page}/looks")
    teacher.get(REVIEW)
    assert "導師" in mei.text(f"{family.page}/looks")


def test_days_without_school_offer_nothing(mei: Phone, family: Family, pages: House) -> None:
    with transaction(pages.engine) as session:
        for back in range(4):
            day = TODAY - timedelta(days=back)
            more = {"reason": "放假", "source": "test", "recorded_at": at(7, 0)}
            session.add(CalendarDay(scope="city", day=day, is_open=False, **more))
    page = mei.text(page_of(family))
    assert "這幾天不上課，沒有可以補登的日子。" in page


def test_in_the_quiet_day_nobody_reads_what_another_guardian_asked_for_today(
    mei: Phone, hua: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        guardian = find_guardian(session, HUA)
        assert guardian is not None
        theirs = make_binding(session, guardian, session.exec(select(Student)).one())
        theirs.quiet_until = pages.clock.now() + timedelta(hours=20)
        page = f"/liff/children/{theirs.id}/make-up"
    ask(mei, family)
    assert "到校 07:10" not in hua.text(page)
    pages.clock.move_to(pages.clock.now() + timedelta(hours=20))
    hua.sign_in(HUA)
    assert "到校 07:10 審核中・另一位家長申請" in hua.text(page)
