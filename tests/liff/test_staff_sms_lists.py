"""訂購名單 and 註銷名單: columns and filters of the old portal, 50 a page, by school and role."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import select

from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.house import House
from core.orders.listing import PAGE_SIZE
from core.orders.tables import SmsPlan
from core.people.tables import Staff, StaffRole
from tests.factories import make_staff
from tests.liff.conftest import Family
from tests.liff.desk import (
    ADMIN,
    BUREAU,
    CASHIER,
    ELSEWHERE,
    OFFICER,
    TEACHER,
    StaffPhone,
    monday,
)
from tests.liff.phone import Phone
from tests.liff.shop import NUMBER, Shop, open_shop

ORDERS, CANCELLATIONS = "/liff/staff/sms", "/liff/staff/sms/cancellations"


@pytest.fixture
def shop(pages: House, family: Family) -> Shop:
    """The semester, and Mei's order for Ming."""
    with transaction(pages.engine) as session:
        shop = open_shop(session, pages)
    shop.order(UUID(family.guardian_id), UUID(family.student_id))
    return shop


def test_list_has_the_columns_of_the_old_portal(officer: Phone, shop: Shop) -> None:
    page = officer.text(ORDERS)

    for column in (
        "編號",
        "班級座號",
        "學號",
        "姓名",
        "項目",
        "申請人",
        "申請日期",
        "已收",
        "狀態",
    ):
        assert column in page
    assert "臺北市立榕光國民小學・115 學年度第 1 學期到離校簡訊服務・" in page
    assert "1 603 班 12 11510001 王小明 到校和離校 家長 林○婷" in page
    assert "申請審核中" in page
    assert "共 1 筆，每頁 50 筆" in page


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("state=REQUESTED", True),
        ("state=ACTIVE", False),
        ("applicant=guardian", True),
        ("applicant=school", False),
        ("homeroom=603", True),
        ("homeroom=604", False),
        ("paid=no", True),
        ("paid=yes", False),
        ("state=nonsense&applicant=x&homeroom=&paid=y&page=0", True),
    ],
)
def test_list_is_narrowed(officer: Phone, shop: Shop, query: str, is_there: bool) -> None:
    page = officer.text(f"{ORDERS}?{query}")
    assert ("王小明" in page) is is_there
    assert ("沒有訂購" in page) is not is_there


@pytest.mark.parametrize(("orders", "last"), [(PAGE_SIZE, 1), (PAGE_SIZE + 1, 2)], ids=["50", "51"])
def test_fifty_rows_are_a_page(
    officer: Phone, pages: House, shop: Shop, orders: int, last: int
) -> None:
    for number in range(1, orders):
        shop.slip(shop.child(f"1152{number:04d}"))

    first = officer.get(ORDERS)
    assert first.text.count('role="rowheader"') == PAGE_SIZE
    assert len(first.data) <= 30_000
    assert ("第 1／2 頁" in first.text) is (last == 2)
    beyond = officer.get(f"{ORDERS}?page=9")
    assert beyond.text.count('role="rowheader"') == (PAGE_SIZE if last == 1 else 1)
    if last == 2:
        assert officer.text(f"{ORDERS}?page=2").count("51 603 班") == 1
        assert "page=1&amp;state=REQUESTED" in officer.get(f"{ORDERS}?page=2&state=REQUESTED").text


def test_cancellations_are_those_who_asked_for_the_end(officer: Phone, shop: Shop) -> None:
    other = shop.slip(shop.child("11520001", "陳安安"))
    shop.approve(other, monday(7, 0) - timedelta(days=3))
    assert "沒有註銷" in officer.text(CANCELLATIONS)

    shop.ask_cancel(other, monday(7, 10))

    page = officer.text(CANCELLATIONS)
    assert "陳安安" in page
    assert "王小明" not in page
    assert "註銷審核中" in page
    assert "陳安安" not in officer.text(f"{CANCELLATIONS}?state=CANCELLED")


@pytest.mark.parametrize("page", [ORDERS, CANCELLATIONS])
@pytest.mark.parametrize("who", [OFFICER, ADMIN, CASHIER, TEACHER])
def test_nobody_is_shown_a_number(
    staff_phone: StaffPhone, shop: Shop, family: Family, who: str, page: str
) -> None:
    assert NUMBER not in staff_phone(who).get(page).text


def test_teacher_sees_the_own_class_whatever_is_asked(staff_phone: StaffPhone, shop: Shop) -> None:
    shop.slip(shop.child("11520001", "陳安安", homeroom="604"))
    teacher = staff_phone(TEACHER)
    for query in ("", "?homeroom=604", "?homeroom=603", "?paid=no"):
        page = teacher.text(f"{ORDERS}{query}")
        assert "王小明" in page
        assert "陳安安" not in page
    assert "登錄紙本回條" not in teacher.text(ORDERS)


def test_teacher_of_two_classes_sees_both(
    staff_phone: StaffPhone, shop: Shop, pages: House
) -> None:
    for number, homeroom in (("11520001", "604"), ("11520002", "605")):
        shop.slip(shop.child(number, f"陳{homeroom}", homeroom=homeroom))
    teacher = staff_phone(TEACHER)
    with transaction(pages.engine) as session:
        make_staff(session, pages, TEACHER, role=StaffRole.HOMEROOM_TEACHER, homeroom="604")
    page = teacher.text(ORDERS)
    assert "王小明" in page
    assert "陳604" in page
    assert "陳605" not in page
    assert "王小明" not in teacher.text(f"{ORDERS}?homeroom=604")


def test_teacher_without_a_class_sees_none(
    staff_phone: StaffPhone, shop: Shop, pages: House
) -> None:
    officer = staff_phone(OFFICER)
    with transaction(pages.engine) as session:
        for one in session.exec(select(Staff)):
            one.role = StaffRole.HOMEROOM_TEACHER
    assert "王小明" not in officer.text(ORDERS)


def test_another_school_and_the_bureau_see_nothing(staff_phone: StaffPhone, shop: Shop) -> None:
    elsewhere = staff_phone(ELSEWHERE)
    assert "王小明" not in elsewhere.text(ORDERS)
    assert elsewhere.get(f"{ORDERS}?school=353607").status_code == 404
    assert staff_phone(BUREAU).get(ORDERS).status_code == 403


def test_looking_is_noted_for_each_child(
    officer: Phone, shop: Shop, family: Family, pages: House
) -> None:
    officer.get(ORDERS)
    with snapshot(pages.engine) as session:
        seen = session.exec(select(AuditEntry.subject)).all()
    assert f"student:{family.student_id}" in seen
    assert "orders:353607" in seen


def test_desk_says_what_waits_for_each(staff_phone: StaffPhone, shop: Shop) -> None:
    assert "到離校簡訊 待審 1 筆" in staff_phone(OFFICER).text("/liff/staff")
    assert "到離校簡訊 自己班級的訂購" in staff_phone(TEACHER).text("/liff/staff")
    cashier = staff_phone(CASHIER).text("/liff/staff")
    assert "到離校簡訊 還沒登記繳費 1 筆" in cashier
    for other in ("待查名單", "補登申請", "綁定碼", "各班今日", "王小明"):
        assert other not in cashier


def test_cashier_is_asked_for_no_money_where_nothing_is_paid_before(
    staff_phone: StaffPhone, shop: Shop, pages: House
) -> None:
    with transaction(pages.engine) as session:
        session.execute(update(SmsPlan).values(price_arrival=0, price_departure=0, price_both=0))
    cashier = staff_phone(CASHIER)
    assert "還沒登記繳費" not in cashier.text("/liff/staff")
    assert "王小明" not in cashier.text(f"{ORDERS}?paid=no")
    assert "未繳" not in cashier.text(ORDERS)
    review = staff_phone(OFFICER).text("/liff/staff/sms/review")
    assert "不用先繳費" in review
    assert "登記繳費" not in review


def test_without_a_semester_the_list_says_so(officer: Phone) -> None:
    assert "還沒有簡訊服務的學期" in officer.text(ORDERS)
