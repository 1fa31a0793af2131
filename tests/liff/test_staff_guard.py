"""Who may open which staff page."""

import pytest
from flask import Flask
from sqlmodel import select

from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.house import House
from core.people.staff import revoke_staff, roles_of
from tests.factories import make_guardian
from tests.liff.conftest import Family
from tests.liff.desk import ADMIN, BUREAU, ELSEWHERE, OFFICER, TEACHER, StaffPhone
from tests.liff.phone import Phone

SOME = "00000000-0000-4000-8000-000000000000"
OF_CLASS = ("/liff/staff", "/liff/staff/classes/603", "/liff/staff/lists", "/liff/staff/three-days")
OF_SCHOOL = (
    "/liff/staff/held",
    "/liff/staff/export",
    "/liff/staff/policy",
    "/liff/staff/policy/new",
)
OF_CLOSING = ("/liff/staff/closures", "/liff/staff/closures/new")
POSTS = (
    "/liff/staff/held/answer",
    "/liff/staff/policy/new",
    f"/liff/staff/policy/{SOME}/end",
    "/liff/staff/closures/new",
    f"/liff/staff/closures/{SOME}",
)
ALL = (*OF_CLASS, *OF_SCHOOL, *OF_CLOSING, f"/liff/staff/closures/{SOME}")


def test_list_of_pages_is_whole(app: Flask) -> None:
    known = {path.replace(SOME, "<x>").replace("603", "<x>") for path in (*ALL, *POSTS)}
    known |= {"/liff/staff/download/<x>"}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/liff/staff"):
            assert "<x>".join(_fixed_parts(rule.rule)) in known, rule.rule


def _fixed_parts(rule: str) -> list[str]:
    parts = rule.replace("<uuid:", "<").split("<")
    return [parts[0], *(part.split(">", 1)[1] for part in parts[1:])]


@pytest.mark.parametrize("path", ALL)
def test_signed_out_visitor_starts_with_signing_in(phone: Phone, path: str) -> None:
    answer = phone.get(path)
    assert f'data-next="{path}"' in answer.text


@pytest.mark.parametrize("path", ALL)
def test_stranger_gets_into_no_staff_page(hua: Phone, path: str) -> None:
    answer = hua.get(path)
    assert answer.status_code == 403
    assert "還不是學校人員" in answer.text
    assert "王" not in answer.text


@pytest.mark.parametrize("path", POSTS)
def test_stranger_and_guardian_send_nothing(hua: Phone, mei: Phone, path: str) -> None:
    for person in (hua, mei):
        assert person.post(path, {}, form_at="/liff/account").status_code == 403


@pytest.mark.parametrize("path", ALL)
def test_revoked_staff_are_strangers_at_once(
    staff_phone: StaffPhone, pages: House, path: str
) -> None:
    phone = staff_phone(OFFICER)
    with transaction(pages.engine) as session:
        (role,) = roles_of(session, OFFICER)
        revoke_staff(session, role.id, by="staff:x", now=pages.clock.now())
    assert phone.get(path).status_code == 403


@pytest.mark.parametrize("person", [OFFICER, ADMIN])
@pytest.mark.parametrize("path", [*OF_CLASS, *OF_SCHOOL, *OF_CLOSING])
def test_who_runs_the_school_opens_everything(
    staff_phone: StaffPhone, person: str, path: str
) -> None:
    assert staff_phone(person).get(path).status_code == 200


@pytest.mark.parametrize("path", OF_CLASS)
def test_teacher_opens_what_is_of_the_class(staff_phone: StaffPhone, path: str) -> None:
    assert staff_phone(TEACHER).get(path).status_code == 200


@pytest.mark.parametrize("path", [*OF_SCHOOL, *OF_CLOSING])
def test_teacher_is_told_what_the_role_lacks(staff_phone: StaffPhone, path: str) -> None:
    answer = staff_phone(TEACHER).get(path)
    assert answer.status_code == 403
    assert "您的權限不包含這一頁" in answer.text


@pytest.mark.parametrize("path", POSTS)
def test_teacher_sends_nothing_that_is_of_the_school(
    staff_phone: StaffPhone, pages: House, path: str
) -> None:
    with transaction(pages.engine) as session:
        make_guardian(session, pages, TEACHER, name="陳映如")
    fields = {"answer": "release", "day": "2026-11-23", "cutoff": "08:30"}
    answer = staff_phone(TEACHER).post(path, fields, form_at="/liff/account")
    assert answer.status_code in (403, 404)


def test_bureau_closes_schools_and_sees_no_child(staff_phone: StaffPhone) -> None:
    phone = staff_phone(BUREAU)
    for path in OF_CLOSING:
        assert phone.get(path).status_code == 200
    for path in (*OF_CLASS[1:], *OF_SCHOOL):
        answer = phone.get(path)
        assert answer.status_code in (403, 404), path
        assert "王小明" not in answer.text
    assert "停課" in phone.text("/liff/staff")


@pytest.mark.parametrize("path", [*OF_CLASS, *OF_SCHOOL, *OF_CLOSING])
def test_staff_of_another_school_find_nothing_of_ours(staff_phone: StaffPhone, path: str) -> None:
    phone = staff_phone(ELSEWHERE)
    asked = phone.get(f"{path}?school=353607")
    assert asked.status_code == 404
    own = phone.get(path)
    assert "小明" not in own.text
    assert "榕光" not in own.text


def test_teacher_of_another_class_finds_no_such_class(staff_phone: StaffPhone) -> None:
    phone = staff_phone(TEACHER)
    assert phone.get("/liff/staff/classes/602").status_code == 404
    assert phone.get("/liff/staff/classes/%E5%85%AD%E5%AD%9D").status_code == 404


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
