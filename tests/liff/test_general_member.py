"""A general member and a school's code: where the school says so it binds, and only it."""

from uuid import UUID

from sqlmodel import select

from core.binding.codes import issue_codes
from core.binding.rules import Rules, save_rules
from core.binding.trying import BY_CODE
from core.db import transaction
from core.house import House
from core.people.tables import Binding, Student
from tests.liff.conftest import Family
from tests.liff.outside import Outside
from tests.liff.phone import Phone
from tests.liff.test_binding import FACTS

NEW = "U" + "d" * 32
ADD = "/liff/children/new"


def _vouch(pages: House, family: Family) -> str:
    """Let the school's codes vouch, and return one for the child."""
    now = pages.clock.now()
    with transaction(pages.engine) as session:
        child = session.get_one(Student, UUID(family.student_id))
        save_rules(session, child.school_code, Rules(code_vouches=True), by="staff:x", now=now)
        (slip,) = issue_codes(session, pages.vault, [child], by="staff:x", now=now)
    return slip.code


def _arrive(phone: Phone, outside: Outside) -> None:
    outside.be_member("pass-general", level="0")
    page = phone.sign_in(NEW).come_back(phone.go_to_pass())
    assert "用學校綁定碼" in page.text
    phone.get("/liff/taipei-pass/confirm")
    assert phone.confirm().location.startswith(ADD)


def _bindings(pages: House) -> list[str]:
    with transaction(pages.engine) as session:
        return sorted(session.exec(select(Binding.proven_by)))


def test_code_of_a_school_that_vouches_binds_a_general_member(
    phone: Phone, pages: House, outside: Outside, family: Family
) -> None:
    code = _vouch(pages, family)
    _arrive(phone, outside)
    form = phone.get(ADD).text
    assert "用學校綁定碼" in form
    assert "身分證字號" not in form
    answer = phone.post(ADD, {"binding_code": code, "relationship": "other"})
    assert answer.status_code == 303
    assert BY_CODE in _bindings(pages)
    child = phone.get(answer.location)
    assert child.status_code == 200
    refused = phone.post(answer.location.split("?")[0], {"line_arrival": "on"})
    assert refused.status_code == 403, "a general member looks and changes nothing"


def test_general_member_can_not_bind_by_facts(
    phone: Phone, pages: House, outside: Outside, family: Family
) -> None:
    _vouch(pages, family)
    _arrive(phone, outside)
    before = _bindings(pages)
    assert phone.post(ADD, FACTS).status_code == 403
    assert _bindings(pages) == before


def test_scanned_code_waits_until_its_reader_is_linked(
    phone: Phone, outside: Outside, family: Family
) -> None:
    phone.sign_in(NEW)
    assert phone.get(f"{ADD}?binding_code=KQ7M2XPA").location == "/liff/home"
    outside.be_member("pass-new")
    phone.come_back(phone.go_to_pass())
    arrived = phone.confirm().location
    assert arrived == f"{ADD}?binding_code=KQ7M2XPA"
    assert "KQ7M2XPA" in phone.get(arrived).text
