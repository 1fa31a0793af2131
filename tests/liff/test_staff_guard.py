"""Who may open which staff page."""

import re
from urllib.parse import quote
from uuid import UUID

import pytest
from flask import Flask
from sqlmodel import select

from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.house import House
from core.people.staff import revoke_staff, roles_of
from core.people.tables import Student
from tests.factories import make_guardian
from tests.liff.conftest import Family
from tests.liff.desk import ADMIN, BUREAU, ELSEWHERE, OFFICER, TEACHER, StaffPhone
from tests.liff.phone import Phone

SOME = "00000000-0000-4000-8000-000000000000"
OF_CLASS = (
    "/liff/staff",
    "/liff/staff/classes/603",
    "/liff/staff/lists",
    "/liff/staff/three-days",
    "/liff/staff/codes",
    "/liff/staff/make-ups",
)
OF_WRITING = ("/liff/staff/announcements", "/liff/staff/announcements/new")
WISH = {"audience": "school", "type": "event", "importance": "normal", "title": "x", "body": "x"}
OF_SCHOOL = (
    "/liff/staff/held",
    "/liff/staff/export",
    "/liff/staff/policy",
    "/liff/staff/policy/new",
    "/liff/staff/requests",
)
# What the bureau reads and changes as well, of every school or the whole city.
OF_SETTINGS = ("/liff/staff/calendar", "/liff/staff/readers")
OF_MANAGER = (
    "/liff/staff/calendar/day",
    "/liff/staff/calendar/term",
    "/liff/staff/people",
    "/liff/staff/people/invite",
)
OF_BUREAU = (
    "/liff/staff/calendar/import",
    "/liff/staff/schools?page=people",
    "/liff/staff/status",
)
OF_CHOSEN_SCHOOL = ("/liff/staff/readers/new",)
OF_CLOSING = ("/liff/staff/closures", "/liff/staff/closures/new")
ORDER, PLAN = f"/liff/staff/sms/orders/{SOME}", f"/liff/staff/sms/plans/{SOME}/close"
# Who may do which of these is in test_staff_sms_orders, _slips and _money.
OF_ORDERS = (
    "/liff/staff/sms",
    "/liff/staff/sms/cancellations",
    "/liff/staff/sms/review",
    ORDER,
    f"{ORDER}/approve",
    "/liff/staff/sms/new",
    "/liff/staff/sms/import",
    f"/liff/staff/sms/import/{SOME}",
    "/liff/staff/sms/money",
    "/liff/staff/sms/plans",
    "/liff/staff/sms/plans/new",
    PLAN,
)
POSTS = (
    f"/liff/staff/sms/review/{SOME}",
    ORDER,
    "/liff/staff/sms/new",
    "/liff/staff/sms/import",
    f"/liff/staff/sms/import/{SOME}",
    "/liff/staff/sms/plans/new",
    PLAN,
    "/liff/staff/held/answer",
    "/liff/staff/policy/new",
    f"/liff/staff/policy/{SOME}/end",
    f"/liff/staff/changes/{SOME}/undo",
    "/liff/staff/calendar/day",
    "/liff/staff/calendar/term",
    "/liff/staff/calendar/import",
    "/liff/staff/readers/new",
    f"/liff/staff/readers/{SOME}/rotate",
    f"/liff/staff/readers/{SOME}/revoke",
    "/liff/staff/people/invite",
    f"/liff/staff/people/invites/{SOME}/withdraw",
    f"/liff/staff/people/{SOME}/change",
    f"/liff/staff/people/{SOME}/revoke",
    "/liff/staff/closures/new",
    f"/liff/staff/closures/{SOME}",
    "/liff/staff/codes",
    f"/liff/staff/children/{SOME}",
    f"/liff/staff/requests/{SOME}",
    "/liff/staff/requests/rules",
    "/liff/staff/announcements/new",
    f"/liff/staff/announcements/{SOME}",
    f"/liff/staff/announcements/{SOME}/edit",
    f"/liff/staff/make-ups/{SOME}",
    "/liff/staff/classes/603",
    "/liff/staff/classes/603/undo",
    "/liff/staff/channels",
    "/liff/staff/roster",
    f"/liff/staff/roster/{SOME}",
)
# Settings of an admin, which others of the school read.
OF_ADMIN = ("/liff/staff/channels", "/liff/staff/report")
OF_ONE = (
    f"/liff/staff/roster/{SOME}",
    f"/liff/staff/closures/{SOME}",
    f"/liff/staff/children/{SOME}",
    f"/liff/staff/announcements/{SOME}",
    f"/liff/staff/announcements/{SOME}/edit",
)
OF_PLACE = (
    *OF_SETTINGS,
    *OF_MANAGER,
    *OF_BUREAU,
    *OF_CHOSEN_SCHOOL,
    *OF_ADMIN,
    "/liff/staff/roster",
)
OF_SOME = (*OF_CLASS, *OF_WRITING, *OF_SCHOOL, *OF_CLOSING, *OF_ONE, *OF_PLACE)
ALL = (*OF_SOME, *OF_ORDERS, "/liff/staff/survey")


SIGNED = ("download", "codes", "shown", "survey", "sms/slips", "sms/settlement")


def test_list_of_pages_is_whole(app: Flask) -> None:
    paths = (path.partition("?")[0] for path in (*ALL, *POSTS))
    known = {path.replace(SOME, "<x>").replace("603", "<x>") for path in paths}
    # Signed links, and what only its asker is shown.
    known |= {f"/liff/staff/{one}/<x>" for one in SIGNED}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/liff/staff"):
            assert "<x>".join(_fixed_parts(rule.rule)) in known, rule.rule


def _fixed_parts(rule: str) -> list[str]:
    parts = rule.replace("<uuid:", "<").split("<")
    return [parts[0], *(part.split(">", 1)[1] for part in parts[1:])]


def test_signed_out_visitor_starts_with_signing_in(phone: Phone) -> None:
    for path in ALL:
        assert f'data-next="{path}"' in phone.get(path).text


def test_stranger_gets_into_no_staff_page(hua: Phone) -> None:
    for path in ALL:
        answer = hua.get(path)
        assert answer.status_code == 403, path
        assert "還不是學校人員" in answer.text, path
        assert "王" not in answer.text, path


def test_stranger_and_guardian_send_nothing(hua: Phone, mei: Phone) -> None:
    for person in (hua, mei):
        for path in POSTS:
            assert person.post(path, {}, form_at="/liff/account").status_code == 403, path


def test_revoked_staff_are_strangers_at_once(staff_phone: StaffPhone, pages: House) -> None:
    phone = staff_phone(OFFICER)
    with transaction(pages.engine) as session:
        (role,) = roles_of(session, OFFICER)
        revoke_staff(session, role.id, by="staff:x", now=pages.clock.now())
    for path in ALL:
        assert phone.get(path).status_code == 403, path


@pytest.mark.parametrize("person", [OFFICER, ADMIN])
def test_who_runs_the_school_opens_everything(staff_phone: StaffPhone, person: str) -> None:
    phone = staff_phone(person)
    for path in (*OF_CLASS, *OF_WRITING, *OF_SCHOOL, *OF_CLOSING, *OF_SETTINGS, *OF_ADMIN):
        assert phone.get(path).status_code == 200, path


def test_teacher_opens_what_is_of_the_class(staff_phone: StaffPhone) -> None:
    phone = staff_phone(TEACHER)
    for path in (*OF_CLASS, *OF_WRITING):
        assert phone.get(path).status_code == 200, path


def test_teacher_is_told_what_the_role_lacks(staff_phone: StaffPhone) -> None:
    phone = staff_phone(TEACHER)
    for path in (*OF_SCHOOL, *OF_CLOSING, *OF_PLACE):
        answer = phone.get(path)
        assert answer.status_code == 403, path
        assert "您的權限不包含這一頁" in answer.text, path


def test_teacher_sends_nothing_that_is_of_the_school(staff_phone: StaffPhone, pages: House) -> None:
    with transaction(pages.engine) as session:
        make_guardian(session, pages, TEACHER, name="陳映如")
    phone = staff_phone(TEACHER)
    fields = {"answer": "release", "day": "2026-11-23", "cutoff": "08:30", **WISH}
    fields |= {f"answer-{SOME}": "absent"}
    for path in POSTS:
        answer = phone.post(path, fields, form_at="/liff/account")
        assert answer.status_code in (403, 404), path


def test_bureau_closes_schools_and_sees_no_child(staff_phone: StaffPhone) -> None:
    phone = staff_phone(BUREAU)
    for path in (*OF_CLOSING, *OF_WRITING):
        assert phone.get(path).status_code == 200
    for path in (*OF_CLASS[1:], *OF_SCHOOL):
        answer = phone.get(path)
        assert answer.status_code in (403, 404), path
        assert "王小明" not in answer.text
    assert "停課" in phone.text("/liff/staff")


@pytest.mark.parametrize(
    ("person", "opens"),
    [
        (OFFICER, (*OF_SETTINGS, *OF_ADMIN)),
        (ADMIN, (*OF_SETTINGS, *OF_MANAGER, *OF_ADMIN)),
        (BUREAU, (*OF_SETTINGS, *OF_MANAGER, *OF_BUREAU, *OF_ADMIN)),
    ],
)
def test_settings_open_to_those_whose_they_are(
    staff_phone: StaffPhone, person: str, opens: tuple[str, ...]
) -> None:
    phone = staff_phone(person)
    for path in OF_PLACE[:-1]:
        # The bureau's report begins with choosing a school.
        expected = (200, 303) if path in opens else (403,)
        assert phone.get(path).status_code in expected, path


def test_bureau_chooses_any_school_and_nobody_else_does(
    staff_phone: StaffPhone, family: Family
) -> None:
    bureau = staff_phone(BUREAU)
    for path in (*OF_SETTINGS, *OF_MANAGER, *OF_CHOSEN_SCHOOL):
        answer = bureau.get(f"{path}?school=353607")
        assert answer.status_code == 200, path
        assert "榕光國小" in answer.text, path
        assert bureau.get(f"{path}?school=999999").status_code == 404, path
    elsewhere = staff_phone(ELSEWHERE)
    for path in (*OF_SETTINGS, *OF_MANAGER, *OF_CHOSEN_SCHOOL):
        assert elsewhere.get(f"{path}?school=353607").status_code == 404, path


def test_staff_of_another_school_find_nothing_of_ours(staff_phone: StaffPhone) -> None:
    phone = staff_phone(ELSEWHERE)
    for path in (*OF_CLASS, *OF_WRITING, *OF_SCHOOL, *OF_CLOSING):
        assert phone.get(f"{path}?school=353607").status_code == 404, path
        own = phone.get(path)
        assert "小明" not in own.text, path
        assert "榕光" not in own.text, path


def test_teacher_of_another_class_finds_no_such_class(staff_phone: StaffPhone) -> None:
    phone = staff_phone(TEACHER)
    assert phone.get("/liff/staff/classes/602").status_code == 404
    assert phone.get("/liff/staff/classes/%E5%85%AD%E5%AD%9D").status_code == 404


def test_class_of_a_chinese_name_is_found_again_after_signing_in(
    staff_phone: StaffPhone, phone: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        session.get_one(Student, UUID(family.student_id)).homeroom = "六年三班"
    page = "/liff/staff/classes/六年三班"
    teacher = staff_phone(OFFICER)
    assert "王小明" in teacher.get(page).text
    # The form was open too long, or the session over.
    assert f'href="{quote(page)}"' in teacher.client.post(page, data={"csrf_token": "x"}).text
    found = re.search(r'data-next="([^"]+)"', phone.get(page).text)
    assert found is not None
    assert "王小明" in teacher.get(found[1]).text


def test_what_staff_do_not_find_leads_back_to_their_own_desk(staff_phone: StaffPhone) -> None:
    teacher = staff_phone(TEACHER)
    for path in ("/liff/staff/classes/605", "/liff/staff/nowhere"):
        answer = teacher.get(path)
        assert answer.status_code == 404
        assert '<a class="button primary" href="/liff/staff">回到校務</a>' in answer.text
    assert "回到我的孩子" in teacher.get("/liff/nowhere").text


def test_every_look_at_children_is_recorded(staff_phone: StaffPhone, pages: House) -> None:
    phone = staff_phone(OFFICER)
    phone.get("/liff/staff/classes/603")
    phone.get("/liff/staff/lists")
    with snapshot(pages.engine) as session:
        (role,) = roles_of(session, OFFICER)
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "children.look")).all()
    assert {entry.actor for entry in entries} == {f"staff:{role.id}"}
    assert {entry.subject for entry in entries} == {"class:353607/603", "lists:353607"}


def test_staff_find_their_pages_from_home(
    staff_phone: StaffPhone, mei: Phone, family: Family
) -> None:
    assert 'href="/liff/staff"' in staff_phone(OFFICER).get("/liff/home").text
    assert 'href="/liff/staff"' not in mei.get("/liff/home").text
