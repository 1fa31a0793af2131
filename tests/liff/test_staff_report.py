"""報表: a day in pictures, for whoever runs the school and for the bureau."""

import re
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlmodel import Session, select

from core.attendance.tables import AttendanceDay
from core.audit import AuditEntry
from core.calendar.policy import NewRule, add_rule
from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.house import House
from core.kinds import UNFINISHED_STATES
from core.notices.tables import Notice
from tests.factories import LONG_AGO, make_student
from tests.liff.conftest import Family
from tests.liff.desk import BUREAU, ELSEWHERE, OFFICER, TEACHER, StaffPhone
from tests.liff.phone import Phone, text_of

PAGE = "/liff/staff/report"
MONDAY = date(2026, 11, 23)
IMAGE = re.compile(r'<div role="img" aria-label="([^"]+)">')


def at(hour: int, minute: int, day: date = MONDAY) -> datetime:
    """A Taipei moment."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=TAIPEI)


def told(session: Session, family: Family, kind: str, state: str, **facts: object) -> None:
    """A notice of that Monday."""
    moment = at(8, 31)
    session.add(
        Notice(
            dedupe_key=uuid4().hex,
            retry_key=uuid4(),
            kind=kind,
            student_id=UUID(family.student_id),
            guardian_id=UUID(family.guardian_id),
            channel="line",
            school_day=MONDAY,
            content=b"[]",
            priority=1,
            state=state,
            created_at=moment,
            due_at=moment,
            turn_at=moment,
            expires_at=moment + timedelta(hours=1),
            first_tried_at=moment,
            settled_at=None if state in UNFINISHED_STATES else moment,
            **facts,
        )
    )


@pytest.fixture
def morning(pages: House, family: Family) -> None:
    """Three children: one on time, one late after a no-show, one not heard of."""
    with transaction(pages.engine) as session:
        late = make_student(session, pages, name="王小華", number="2")
        gone = make_student(session, pages, name="王小安", number="3")
        session.add_all(
            [
                AttendanceDay(
                    student_id=UUID(family.student_id), school_day=MONDAY, arrived_at=at(7, 41)
                ),
                AttendanceDay(
                    student_id=late.id, school_day=MONDAY, arrived_at=at(8, 40), no_show="cleared"
                ),
                AttendanceDay(student_id=gone.id, school_day=MONDAY, no_show="told"),
                AttendanceDay(
                    student_id=gone.id,
                    school_day=MONDAY - timedelta(days=7),
                    arrived_at=at(7, 40, MONDAY - timedelta(days=7)),
                ),
            ]
        )
        told(session, family, "arrival", "accepted")
        told(session, family, "no_show", "accepted", moot_at=at(8, 50))
        told(session, family, "leave_school", "refused")


def test_every_picture_has_a_sentence_and_the_table_behind_it(
    staff_phone: StaffPhone, morning: None
) -> None:
    answer = staff_phone(OFFICER).get(PAGE)
    assert IMAGE.findall(answer.text) == [
        "到校 2 人；截止 08:30，之後到校 1 人。最多的 5 分鐘是 07:40–07:45，1 人。",
        "11/23（一） 到校 2 人，前 1 次平均 1 人。",
        "已送出 2 則，待送 0 則，無法送出 1 則，逾時未送出 0 則。",
        "截止時尚無紀錄 2 人，後來有刷卡或請假 1 人。",
        "通知了 1 位學生的家長，1 位已有回覆或紀錄，0 位還沒有。",
    ]
    assert answer.text.count("<details>") == 5
    page = text_of(answer)
    assert "07:40–07:45 1" in page
    assert "LINE 到校 1 0 0 0 0" in page
    assert "LINE 其他 0 0 1 0 0" in page
    assert "603 班 1 1" in page
    assert "08:00 起 1" in page
    assert "11/16（一） 1 0 0 0" in page
    assert len(answer.data) < 30_000


def test_report_names_no_child(staff_phone: StaffPhone, morning: None) -> None:
    assert "王小" not in staff_phone(OFFICER).get(PAGE).text


def test_cutoffs_of_the_day_are_drawn(staff_phone: StaffPhone, morning: None, pages: House) -> None:
    with transaction(pages.engine) as session:
        make_student(session, pages, name="王小一", number="4", grade=1)
        rule = NewRule(grade=1, cutoff=at(9, 0).time())
        add_rule(session, "353607", rule, by="staff:x", now=LONG_AGO)
    page = staff_phone(OFFICER).get(PAGE).text
    assert "截止 08:30、09:00" in page
    drawing = page.partition("columns-picture")[2].partition("</svg>")[0]
    assert drawing.count('class="cutoff"') == 2


@pytest.mark.parametrize(("grade", "minute"), [(None, 37), (1, 37), (None, 39), (None, 40)])
def test_who_came_after_the_last_cutoff_is_counted_to_the_minute(
    staff_phone: StaffPhone, morning: None, pages: House, grade: int | None, minute: int
) -> None:
    with transaction(pages.engine) as session:
        make_student(session, pages, name="王小一", number="4", grade=1)
        rule = NewRule(grade=grade, cutoff=at(8, minute).time())
        add_rule(session, "353607", rule, by="staff:x", now=LONG_AGO)
        seen = AttendanceDay.arrived_at == at(7, 41)
        session.exec(update(AttendanceDay).where(seen).values(arrived_at=at(8, 39)))
    page = staff_phone(OFFICER).get(PAGE).text
    assert f"08:{minute}，之後到校 {2 if minute < 40 else 1} 人" in page


def test_any_day_can_be_chosen_without_a_script(staff_phone: StaffPhone, morning: None) -> None:
    officer = staff_phone(OFFICER)
    page = officer.text(f"{PAGE}?day=2026-11-16")
    assert "報表 2026/11/16（一）" in page
    assert "到校 1 人" in page
    sunday = officer.get(f"{PAGE}?day=2026-11-22")
    assert "這一天不上課" in sunday.text
    assert "這一天沒有資料。" in sunday.text
    assert 'day=2026-11-21"' in sunday.text
    assert 'day=2026-11-23"' in sunday.text
    today = officer.get(f"{PAGE}?day=2027-01-01").text
    assert "報表 2026/11/23（一）" in today
    assert "後一天" not in today
    assert officer.get(f"{PAGE}?day=yesterday").status_code == 200


def test_officer_goes_on_to_the_export_of_that_day(staff_phone: StaffPhone, morning: None) -> None:
    page = staff_phone(OFFICER).get(f"{PAGE}?day=2026-11-16").text
    assert "/liff/staff/export?day=2026-11-16" in page


def test_bureau_chooses_a_school_and_exports_nothing(
    staff_phone: StaffPhone, morning: None
) -> None:
    bureau = staff_phone(BUREAU)
    assert "/liff/staff/schools?page=report" in bureau.get(PAGE).location
    listed = bureau.get("/liff/staff/schools?page=report&district=中正區").text
    assert "/liff/staff/report?school=353607" in listed
    page = bureau.get(f"{PAGE}?school=353607").text
    assert "到校 2 人" in page
    assert "/liff/staff/export" not in page
    assert 'name="school" value="353607"' in page, "the next day is of the same school"


def test_others_see_no_report_of_the_school(staff_phone: StaffPhone, morning: None) -> None:
    assert staff_phone(TEACHER).get(PAGE).status_code == 403
    elsewhere = staff_phone(ELSEWHERE)
    assert elsewhere.get(f"{PAGE}?school=353607").status_code == 404
    assert "到校 2 人" not in elsewhere.get(PAGE).text


def test_looking_is_in_the_audit(staff_phone: StaffPhone, pages: House, morning: None) -> None:
    phone: Phone = staff_phone(OFFICER)
    phone.get(PAGE)
    with snapshot(pages.engine) as session:
        found = session.exec(
            select(AuditEntry.subject).where(AuditEntry.action == "report.look")
        ).all()
    assert found == ["report:353607/2026-11-23"]
