"""Held no-shows on the page: 放行 and 取消."""

from datetime import time, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from core.attendance.tables import AttendanceDay, NoShowRun, RunState
from core.db import snapshot, transaction
from core.house import House
from core.notices.tables import Notice
from core.people.friends import record_friendship
from core.people.tables import Student
from tests.factories import MEI, make_binding, make_guardian, make_reader, make_student
from tests.liff.conftest import Family
from tests.liff.desk import ELSEWHERE, OFFICER, StaffPhone, monday
from tests.liff.phone import Phone

PAGE, ANSWER = "/liff/staff/held", "/liff/staff/held/answer"
ASKED = "?day=2026-11-23&cutoff=08:30&answer="
FIELDS = {"day": "2026-11-23", "cutoff": "08:30"}


@pytest.fixture
def officer(staff_phone: StaffPhone, pages: House, family: Family) -> Phone:
    """The officer at 08:35, with Ming's no-show held."""
    pages.clock.move_to(monday(8, 35))
    with transaction(pages.engine) as session:
        session.add(
            NoShowRun(
                school_code="353607",
                school_day=monday(8, 30).date(),
                cutoff=time(8, 30),
                state=RunState.HELD,
                hold_reason="silent",
                held=1,
                held_at=monday(8, 30),
                ran_at=monday(8, 30),
            )
        )
    return staff_phone(OFFICER)


def state(house: House) -> str:
    """Where the run stands."""
    with snapshot(house.engine) as session:
        return session.exec(select(NoShowRun.state)).one()


def told(house: House) -> int:
    """How many no-shows were written."""
    with snapshot(house.engine) as session:
        return len(session.exec(select(Notice).where(Notice.kind == "no_show")).all())


def test_page_says_why_and_whom(officer: Phone) -> None:
    page = officer.text(PAGE)
    assert "08:30 截止 保留 1 位" in page
    assert "刷卡機沒有連線" in page
    assert "603 班 12 王小明" in page
    assert "保留中：1 位學生的「尚無刷卡紀錄」。" in officer.text("/liff/staff")


def test_release_asks_first_and_tells_the_guardians(officer: Phone, pages: House) -> None:
    assert "放行 1 位學生的通知，立即通知家長？" in officer.text(f"{ANSWER}{ASKED}release")
    assert told(pages) == 0
    answer = officer.post(
        ANSWER, {**FIELDS, "answer": "release"}, form_at=f"{ANSWER}{ASKED}release"
    )
    assert "已放行：1 位學生的家長會收到通知。" in officer.text(answer.location)
    assert (state(pages), told(pages)) == ("told", 1)


def test_children_nobody_hears_of_are_counted_and_named(officer: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        make_student(session, pages, number="11510002", name="李小華").seat_number = 3
        make_student(session, pages, number="11510003", name="陳小安").seat_number = 4
    asked = officer.text(f"{ANSWER}{ASKED}release")
    assert "放行 3 位學生的通知，立即通知家長？" in asked
    assert "其中 2 位目前沒有家長收得到，放行後請直接聯絡。" in asked
    sent = officer.post(ANSWER, {**FIELDS, "answer": "release"}, form_at=f"{ANSWER}{ASKED}release")
    page = officer.text(sent.location)
    assert "已放行：1 位學生的家長會收到通知；2 位目前沒有家長收得到，請直接聯絡。" in page
    assert "請直接聯絡：2 位" in page
    assert "603 班 03 李小華、04 陳小安" in page
    assert "王小明" not in page


def test_two_guardians_of_a_child_are_one_child_told(
    officer: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        child = session.get_one(Student, UUID(family.student_id))
        make_binding(session, make_guardian(session, pages, "U" + "e" * 32), child)
    sent = officer.post(ANSWER, {**FIELDS, "answer": "release"}, form_at=f"{ANSWER}{ASKED}release")
    assert "已放行：1 位學生的家長會收到通知。" in officer.text(sent.location)
    assert told(pages) == 2


def test_a_child_whose_guardians_blocked_us_is_to_be_called_about(
    officer: Phone, pages: House
) -> None:
    with transaction(pages.engine) as session:
        record_friendship(session, line_user_id=MEI, is_following=False, at=monday(7, 0))
    sent = officer.post(ANSWER, {**FIELDS, "answer": "release"}, form_at=f"{ANSWER}{ASKED}release")
    page = officer.text(sent.location)
    assert "已放行：0 位學生的家長會收到通知；1 位目前沒有家長收得到，請直接聯絡。" in page
    assert "603 班 12 王小明" in page


def test_who_came_after_all_needs_no_call(officer: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        late = make_student(session, pages, number="11510002", name="李小華").id
    officer.post(ANSWER, {**FIELDS, "answer": "release"}, form_at=f"{ANSWER}{ASKED}release")
    assert "李小華" in officer.text(PAGE)
    with transaction(pages.engine) as session:
        day = session.get_one(AttendanceDay, (late, monday(8, 0).date()))
        day.arrived_at = monday(8, 40)
    assert "李小華" not in officer.text(PAGE)


def test_released_notice_says_since_when_the_gate_is_silent(officer: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        make_reader(session, pages, contact_at=monday(7, 39))
    officer.post(ANSWER, {**FIELDS, "answer": "release"}, form_at=f"{ANSWER}{ASKED}release")
    with snapshot(pages.engine) as session:
        sent = session.exec(select(Notice).where(Notice.kind == "no_show")).one()
    assert "校門刷卡機 07:39 起沒有連線，紀錄可能較晚出現" in sent.content.decode()


def test_cancel_asks_first_and_tells_nobody(officer: Phone, pages: House) -> None:
    assert "取消 1 位學生的通知，不通知家長？" in officer.text(f"{ANSWER}{ASKED}cancel")
    answer = officer.post(ANSWER, {**FIELDS, "answer": "cancel"}, form_at=f"{ANSWER}{ASKED}cancel")
    assert "已取消 1 位學生的通知，沒有通知家長。" in officer.text(answer.location)
    assert (state(pages), told(pages)) == ("cancelled", 0)


def test_second_answer_changes_nothing(officer: Phone, pages: House) -> None:
    token = officer.token_at(f"{ANSWER}{ASKED}release")
    for answer in ("cancel", "release"):
        sent = officer.client.post(ANSWER, data={"csrf_token": token, **FIELDS, "answer": answer})
    assert "這件事已經處理好了，不需要再按。" in officer.text(sent.location)
    assert (state(pages), told(pages)) == ("cancelled", 0)


@pytest.mark.parametrize(
    "changed", [{"answer": "drop"}, {"day": "x"}, {"cutoff": ""}, {"cutoff": "soon"}]
)
def test_answer_to_nothing_is_not_there(
    officer: Phone, pages: House, changed: dict[str, str]
) -> None:
    fields = {**FIELDS, "answer": "release", **changed}
    answer = officer.post(ANSWER, fields, form_at=f"{ANSWER}{ASKED}release")
    assert answer.status_code == 404
    assert state(pages) == "held"


def test_officer_of_another_school_answers_only_the_own(
    officer: Phone, staff_phone: StaffPhone, pages: House
) -> None:
    token_page = f"{ANSWER}{ASKED}release"
    other = staff_phone(ELSEWHERE)
    assert other.get(f"{token_page}&school=353607").status_code == 404
    assert "王小明" not in other.text(PAGE)
    assert other.get(token_page).status_code == 303
    assert state(pages) == "held"


def test_child_that_came_meanwhile_is_not_on_the_list(
    officer: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        make_student(session, pages, name="李大華", number="11520001")
        today = AttendanceDay(student_id=UUID(family.student_id), school_day=monday(8, 0).date())
        today.arrived_at = monday(8, 34)
        session.add(today)
    page = officer.text(PAGE)
    assert "李大華" in page
    assert "王小明" not in page


def test_nothing_held_is_said(staff_phone: StaffPhone) -> None:
    assert "今天沒有保留的通知" in staff_phone(OFFICER).text(PAGE)


def test_yesterdays_page_tells_nobody_today(officer: Phone, pages: House) -> None:
    pages.clock.move_to(monday(8, 40) + timedelta(days=1))
    officer.sign_in(OFFICER)
    sent = officer.post(ANSWER, {**FIELDS, "answer": "release"}, form_at="/liff/staff/policy/new")
    assert "保留已超過 2 小時，通知沒有發出，請人工聯絡家長。" in officer.text(sent.location)
    assert told(pages) == 0
