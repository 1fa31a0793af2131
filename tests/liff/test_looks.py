"""誰看過: dates, roles and reasons, for the child's own guardians."""

from datetime import timedelta
from uuid import uuid4

import pytest

from core.audit import record_audit
from core.db import transaction
from core.house import House
from core.people.tables import StaffRole
from tests.factories import make_staff
from tests.liff.conftest import Family
from tests.liff.phone import Phone

OFFICER = "U" + "c" * 32


@pytest.fixture
def officer(pages: House, family: Family) -> str:
    """The officer as records name them."""
    with transaction(pages.engine) as session:
        staff = make_staff(session, pages, OFFICER, role=StaffRole.OFFICER)
    return f"staff:{staff.id}"


def look(
    house: House, actor: str, subject: str, action: str = "student.look", ago: int = 0
) -> None:
    """Record a look so many minutes ago."""
    now = house.clock.now() - timedelta(minutes=ago)
    with transaction(house.engine) as session:
        record_audit(session, actor=actor, action=action, subject=subject, now=now)


def page(family: Family, number: int = 1) -> str:
    """The address of a page of looks."""
    return f"{family.page}/looks?page={number}"


def test_look_says_when_and_which_role_of_which_school_and_no_name(
    mei: Phone, pages: House, family: Family, officer: str
) -> None:
    look(pages, officer, f"student:{family.student_id}")
    text = mei.text(page(family))
    assert "榕光國小 生教組 這個孩子的紀錄 2026/11/23 07:20" in text
    assert "林國華" not in text
    assert officer.partition(":")[2] not in mei.get(page(family)).text


def test_operators_look_is_there_with_its_reason(mei: Phone, pages: House, family: Family) -> None:
    look(pages, "operator", f"student:{family.student_id}", "notices.why")
    assert "維運人員 這個孩子的紀錄・查詢通知" in mei.text(page(family))


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("class:353607/603", "全班名單"),
        ("lists:353607", "待查名單"),
        ("held:353607", "保留的通知"),
    ],
)
def test_lists_that_hold_the_child_count(
    mei: Phone, pages: House, family: Family, officer: str, subject: str, said: str
) -> None:
    look(pages, officer, subject, "children.look")
    assert said in mei.text(page(family))


@pytest.mark.parametrize("subject", ["class:353607/602", "class:353608/603", "lists:353608"])
def test_looks_at_others_are_not_shown(
    mei: Phone, pages: House, family: Family, officer: str, subject: str
) -> None:
    look(pages, officer, subject, "children.look")
    assert "還沒有人查看過" in mei.text(page(family))


def test_what_guardians_do_is_no_look(mei: Phone, pages: House, family: Family) -> None:
    look(pages, "guardian:x", f"student:{family.student_id}", "binding.add")
    assert "還沒有人查看過" in mei.text(page(family))


def test_looks_are_paged_newest_first(
    mei: Phone, pages: House, family: Family, officer: str
) -> None:
    for minute in range(25):
        look(pages, officer, f"student:{family.student_id}", ago=minute)
    first, second = mei.text(page(family)), mei.text(page(family, 2))
    assert (first.count("生教組"), second.count("生教組")) == (20, 5)
    assert "07:20" in first
    assert "更早的紀錄" in first
    assert "06:56" in second
    assert "較新" in second


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999999999999", "١"])
def test_odd_page_number_is_a_page_all_the_same(mei: Phone, family: Family, number: str) -> None:
    assert mei.get(f"{family.page}/looks?page={number}").status_code == 200


def test_account_page_leads_to_each_child(mei: Phone, family: Family) -> None:
    assert f'href="{family.page}/looks"' in mei.get("/liff/account").text
    assert "誰看過小明的資料" in mei.text("/liff/account")


def test_list_that_names_the_child_is_one_look(
    mei: Phone, pages: House, family: Family, officer: str
) -> None:
    look(pages, officer, "class:353607/603", "children.look")
    look(pages, officer, f"student:{family.student_id}")
    assert mei.text(page(family)).count("生教組") == 1


def test_list_of_the_class_that_did_not_name_the_child_is_no_look(
    mei: Phone, pages: House, family: Family, officer: str
) -> None:
    look(pages, officer, "lists:353607", "children.look")
    look(pages, officer, f"student:{uuid4()}")
    assert "還沒有人查看過" in mei.text(page(family))


def test_page_of_one_child_is_one_look(
    mei: Phone, pages: House, family: Family, officer: str
) -> None:
    look(pages, officer, f"student:{family.student_id}", "children.look")
    look(pages, officer, f"student:{family.student_id}")
    assert mei.text(page(family)).count("生教組") == 1
