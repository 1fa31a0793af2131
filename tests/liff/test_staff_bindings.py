"""綁定 on the staff pages: codes and their sheet, who is bound, the queue."""

import re
from datetime import time, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlmodel import select

from core.audit import AuditEntry
from core.binding.rules import rules_of
from core.binding.tables import BindingCode, Measure
from core.db import snapshot, transaction
from core.delivery.claims import claim
from core.house import House
from core.kinds import NoticeKind
from core.notices.fan_out import tell_no_shows
from core.notices.tables import Notice
from core.people.bindings import children_of
from core.people.guardians import find_guardian
from core.people.staff import revoke_staff, roles_of
from core.people.tables import StaffRole, Student
from tests.factories import DESK, HUA, MEI, make_staff
from tests.liff.conftest import Family
from tests.liff.desk import ELSEWHERE, TEACHER, StaffPhone
from tests.liff.phone import Phone, text_of
from tests.liff.test_binding import FACTS, NEW_CHILD

A_DAY = timedelta(days=1)
CODES, QUEUE = "/liff/staff/codes", "/liff/staff/requests"


def page_of(family: Family) -> str:
    """The page about Ming's bindings."""
    return f"/liff/staff/children/{family.student_id}"


def names_bound(house: House, user: str) -> list[str]:
    """The children a LINE user is bound to."""
    with snapshot(house.engine) as database:
        guardian = find_guardian(database, user)
        assert guardian
        return [child.name for child in children_of(database, guardian.id)]


def make_sheet(phone: Phone, fields: dict[str, str]) -> str:
    """Have codes made and return the path of the sheet."""
    answer = phone.post(CODES, fields)
    assert answer.status_code == 303
    found = re.search(r'href="([^"]+/staff/codes/[^"]+)"', phone.get(answer.location).text)
    assert found
    return urlsplit(found.group(1)).path


def test_sheet_is_printed_once_and_its_code_binds(
    officer: Phone, hua: Phone, phone: Phone, pages: House
) -> None:
    path = make_sheet(officer, {"homeroom": "603"})
    assert "只顯示這一次" in phone.text(path)
    sheet = phone.post(path, {})
    assert sheet.status_code == 200
    assert "603 班 12 號 王小明" in text_of(sheet)
    assert 'src="data:image/svg+xml' in sheet.text
    (code,) = re.findall(r'class="code">([^<]+)<', sheet.text)
    assert phone.post(path, {}, form_at="/liff/").status_code == 410
    filled = hua.get(f"{NEW_CHILD}?binding_code={code}").text
    assert f'value="{code}"' in filled
    answer = hua.post(NEW_CHILD, {"binding_code": code, "relationship": "mother"})
    assert answer.status_code == 303
    assert names_bound(pages, HUA) == ["王小明"]


def test_code_of_wrong_shape_costs_no_try_and_says_what_it_wants(hua: Phone) -> None:
    answer = hua.post(NEW_CHILD, {"binding_code": "K7Q4", "relationship": ""})
    assert answer.status_code == 422
    assert "有 2 個地方要修改" in answer.text
    assert "綁定碼是 8 碼英文字母和數字" in answer.text
    assert answer.text.count('id="relationship"') == 1


def test_teacher_makes_codes_of_the_own_class_alone(
    staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    teacher = staff_phone(TEACHER)
    assert make_sheet(teacher, {"homeroom": "603"})
    assert teacher.post(CODES, {"homeroom": "602"}).status_code == 404
    elsewhere = staff_phone(ELSEWHERE)
    fields = {"student_id": family.student_id}
    assert elsewhere.post(CODES, fields, form_at="/liff/account").status_code in (400, 404)


def test_teacher_who_is_cashier_too_prints_the_sheet_of_the_own_class(
    staff_phone: StaffPhone, pages: House
) -> None:
    teacher = staff_phone(TEACHER)
    with transaction(pages.engine) as database:
        make_staff(database, pages, TEACHER, role=StaffRole.CASHIER).enrolled_at -= A_DAY
    path = make_sheet(teacher, {"homeroom": "603"})
    assert "只顯示這一次" in teacher.text(path)
    assert teacher.post(path, {}).status_code == 200


def test_sheet_of_a_class_ends_with_the_role_it_was_made_in(
    staff_phone: StaffPhone, pages: House
) -> None:
    teacher = staff_phone(TEACHER)
    with transaction(pages.engine) as database:
        other = make_staff(
            database, pages, TEACHER, role=StaffRole.HOMEROOM_TEACHER, homeroom="602"
        )
        other.enrolled_at -= A_DAY
        (own,) = [one for one in roles_of(database, TEACHER) if one.homeroom == "603"]
    path = make_sheet(teacher, {"homeroom": "603"})
    with transaction(pages.engine) as database:
        revoke_staff(database, own.id, by="staff:x", now=pages.clock.now())
    assert teacher.post(path, {}, form_at="/liff/").status_code == 410


def test_school_ends_a_binding_with_a_reason_and_undoes_it(
    officer: Phone, pages: House, family: Family
) -> None:
    page = page_of(family)
    assert "林雅婷" in officer.text(page)
    fields = {"what": "unbind", "binding_id": family.binding_id}
    refused = officer.post(page, fields)
    assert refused.status_code == 422
    assert "請填原因" in text_of(refused)
    assert names_bound(pages, MEI) == ["王小明"]
    done = officer.post(page, fields | {"reason": "家長來電"})
    assert "7 天內可以復原" in officer.text(done.location)
    assert names_bound(pages, MEI) == []
    with snapshot(pages.engine) as database:
        assert [one.kind for one in database.exec(select(Notice))] == ["unbound"]
        assert "家長來電" not in str([one.model_dump() for one in database.exec(select(Measure))])
    officer.post(page, fields | {"what": "rebind", "reason": "弄錯了"})
    assert names_bound(pages, MEI) == ["王小明"]


def test_no_show_that_waits_is_not_told_of_a_child_sealed_meanwhile(
    officer: Phone, family: Family, pages: House
) -> None:
    now = pages.clock.now()
    with transaction(pages.engine) as database:
        facts = {"school_day": now.date(), "cutoff": time(8, 30), "heartbeat": None, "now": now}
        assert tell_no_shows(database, DESK, [UUID(family.student_id)], **facts)
    officer.post(page_of(family), {"what": "seal", "reason": "保護令"})
    with transaction(pages.engine) as database:
        assert NoticeKind.NO_SHOW not in {one.kind for one in claim(database, now=now, limit=9)}


def test_sealed_child_is_found_by_who_runs_the_school_alone(
    officer: Phone, staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    teacher, page = staff_phone(TEACHER), page_of(family)
    assert teacher.get(page).status_code == 200
    officer.post(page, {"what": "seal", "reason": "保護令"})
    assert "已封存" in officer.text(page)
    assert teacher.get(page).status_code == 404
    with snapshot(pages.engine) as database:
        actions = {one.action for one in database.exec(select(AuditEntry))}
    assert "binding.seal" in actions


def test_teacher_looks_and_does_nothing(
    staff_phone: StaffPhone, pages: House, family: Family
) -> None:
    teacher, page = staff_phone(TEACHER), page_of(family)
    assert "解除綁定" not in teacher.text(page)
    fields = {"what": "unbind", "binding_id": family.binding_id, "reason": "x"}
    assert teacher.post(page, fields).status_code == 403
    assert names_bound(pages, MEI) == ["王小明"]


def test_other_schools_staff_find_no_child_of_ours(staff_phone: StaffPhone, family: Family) -> None:
    assert staff_phone(ELSEWHERE).get(page_of(family)).status_code == 404


@pytest.mark.parametrize(
    ("answer", "bound", "notice"), [("approve", 1, "bound"), ("decline", 0, "binding_declined")]
)
def test_school_that_approves_answers_in_the_queue(
    officer: Phone, hua: Phone, pages: House, answer: str, bound: int, notice: str
) -> None:
    officer.post(f"{QUEUE}/rules", {"needs_approval": "on"}, form_at=QUEUE)
    with snapshot(pages.engine) as database:
        assert rules_of(database, "353607").needs_approval
    asked = hua.post(NEW_CHILD, FACTS)
    assert "已送出，學校確認後會用 LINE 通知您。" in hua.text(asked.location)
    assert names_bound(pages, HUA) == []
    queue = officer.get(QUEUE)
    assert "603 班 12 王小明" in text_of(queue)
    found = re.search(r'action="(/liff/staff/requests/[0-9a-f-]{36})', queue.text)
    assert found
    officer.post(found.group(1), {"answer": answer}, form_at=QUEUE)
    assert len(names_bound(pages, HUA)) == bound
    with snapshot(pages.engine) as database:
        to_hua = select(Notice.kind).where(Notice.line_user_id == HUA)
        assert list(database.exec(to_hua)) == [notice]


def test_code_for_one_child_voids_the_earlier(officer: Phone, pages: House, family: Family) -> None:
    for _ in range(2):
        make_sheet(officer, {"student_id": family.student_id})
    with transaction(pages.engine) as database:
        rows = database.exec(select(BindingCode)).all()
        assert sorted(row.voided_at is None for row in rows) == [False, True]
        database.exec(select(Student)).one().is_sealed = True
    answer = officer.post(CODES, {"student_id": family.student_id}, form_at="/liff/staff/requests")
    assert answer.status_code == 404
