"""Held no-shows on the page: 放行 and 取消."""

from datetime import time
from uuid import UUID

import pytest
from sqlmodel import select

from core.attendance.tables import AttendanceDay, NoShowRun, RunState
from core.db import snapshot, transaction
from core.house import House
from core.notices.tables import Notice
from tests.factories import make_student
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
    assert "08:30 截止 保留 1 則" in page
    assert "刷卡機沒有連線" in page
    assert "603 班 12 王小明" in page
    assert "保留中：1 則「尚無刷卡紀錄」。" in officer.text("/liff/staff")


def test_release_asks_first_and_tells_the_guardians(officer: Phone, pages: House) -> None:
    assert "放行 1 則，立即通知家長？" in officer.text(f"{ANSWER}{ASKED}release")
    assert told(pages) == 0
    answer = officer.post(
        ANSWER, {**FIELDS, "answer": "release"}, form_at=f"{ANSWER}{ASKED}release"
    )
    assert "已放行 1 則。" in officer.text(answer.location)
    assert (state(pages), told(pages)) == ("told", 1)


def test_cancel_asks_first_and_tells_nobody(officer: Phone, pages: House) -> None:
    assert "取消 1 則，不通知家長？" in officer.text(f"{ANSWER}{ASKED}cancel")
    answer = officer.post(ANSWER, {**FIELDS, "answer": "cancel"}, form_at=f"{ANSWER}{ASKED}cancel")
    assert "已取消 1 則，沒有通知家長。" in officer.text(answer.location)
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
