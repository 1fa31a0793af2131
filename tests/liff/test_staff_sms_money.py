"""What a school's texts come to, its file, and the semesters of the bureau."""

import io
import re
from datetime import timedelta
from uuid import UUID

import pytest
from python_calamine import CalamineWorkbook

from core.db import snapshot, transaction
from core.house import House
from core.orders.plan_book import list_plans
from core.orders.service import mark_paid
from core.orders.settling import settle_plan
from core.orders.tables import Purpose, SmsPlan, TextState
from core.people.staff import revoke_staff, roles_of
from core.privacy.purge import purge
from tests.liff.conftest import Family
from tests.liff.desk import ADMIN, BUREAU, CASHIER, ELSEWHERE, OFFICER, TEACHER, StaffPhone, monday
from tests.liff.phone import Phone, text_of
from tests.liff.shop import NUMBER, Shop, open_shop

MONEY, PLANS, NEW = "/liff/staff/sms/money", "/liff/staff/sms/plans", "/liff/staff/sms/plans/new"
AGO = monday(7, 20) - timedelta(days=4)
PLAN = {
    "term": "115/2",
    "name": "115 學年度第 2 學期到離校簡訊服務",
    "first_day": "2027-02-15",
    "last_day": "2027-06-30",
    "send_until": "2027-06-30",
    "billing_days": "92",
    "price_arrival": "68",
    "price_departure": "68",
    "price_both": "136",
    "rounding": "per_order",
    "shortfall_by": "school",
}


@pytest.fixture
def shop(pages: House, family: Family) -> Shop:
    """Two orders: Ming's came to more than was paid, An's to less; and texts that are free."""
    with transaction(pages.engine) as session:
        shop = open_shop(session, pages)
    ming = shop.order(UUID(family.guardian_id), UUID(family.student_id), AGO)
    an = shop.slip(shop.child("11520001", "陳安安", homeroom="604"), AGO)
    for order in (ming, an):
        shop.approve(order, AGO)
    with transaction(pages.engine) as session:
        mark_paid(session, an, 136, "A-0123", by="staff:somebody", now=AGO)
    shop.send(ming, TextState.DELIVERED, 4)
    shop.send(ming, TextState.DELIVERED, 1, kind="departure")
    shop.send(an, TextState.DELIVERED, 1)
    shop.send(an, TextState.FAILED, 2)
    shop.send(an, TextState.SENT, 3)
    with transaction(pages.engine) as session:
        session.add(shop.text(Purpose.NO_SHOW, "no_show", TextState.DELIVERED))
        session.add(shop.text(Purpose.NO_SHOW, "no_show", TextState.FAILED))
        session.add(shop.text(Purpose.URGENT, "announcement", TextState.QUEUED))
    return shop


def link_of(phone: Phone, extension: str = "csv") -> str:
    page = phone.get(f"{MONEY}?format={extension}").text
    (path,) = re.findall(r'href="[^"]*(/liff/staff/sms/settlement/[^"?]+)', page)
    return str(path)


@pytest.mark.parametrize("who", [OFFICER, ADMIN, CASHIER])
def test_table_adds_each_order_up_and_keeps_the_free_ones_apart(
    staff_phone: StaffPhone, shop: Shop, who: str
) -> None:
    page = staff_phone(who).text(MONEY)
    for line in (
        "訂購 2 筆",
        "成功 到校 5・離校 1 6 則",
        "失敗（不收費） 2 則",
        "等待回報 3 則",
        "目前費用 每筆訂購各自進位後相加 5 元",
        "已收 136 元",
        "可退 135 元",
        "不足 由學校吸收 4 元",
        "尚無刷卡紀錄 失敗 1・等待回報 0 成功 1 則",
        "重要、緊急 失敗 0・等待回報 1 成功 0 則",
    ):
        assert line in page


def test_closed_semester_comes_to_the_same_when_its_orders_are_deleted(
    staff_phone: StaffPhone, shop: Shop, pages: House
) -> None:
    closing = monday(9, 0) + timedelta(days=90)
    settle_plan(pages, shop.plan_id, by="staff:bureau", now=closing)
    pages.clock.move_to(closing + timedelta(days=31))
    purge(pages)
    page = staff_phone(CASHIER).text(MONEY)
    assert "訂購 2 筆 成功 到校 5・離校 1 6 則 失敗（不收費） 2 則" in page
    assert "5 元 已收 136 元 可退 135 元 不足 由學校吸收 4 元" in page
    assert "結算 30 天後，每一筆訂購會刪除，只留合計；要留存請先匯出。" in page


@pytest.mark.parametrize("who", [TEACHER, BUREAU])
def test_money_is_not_for_everybody(staff_phone: StaffPhone, shop: Shop, who: str) -> None:
    assert staff_phone(who).get(MONEY).status_code == 403


def test_money_of_another_school_is_its_own(staff_phone: StaffPhone, shop: Shop) -> None:
    assert "訂購 0 筆" in staff_phone(ELSEWHERE).text(MONEY)


def test_settlement_is_a_file_for_ten_minutes(
    staff_phone: StaffPhone, phone: Phone, shop: Shop, pages: House
) -> None:
    path = link_of(staff_phone(CASHIER))
    answer = phone.client.get(path)
    rows = answer.data.decode("utf-8-sig").splitlines()
    assert rows[0].startswith("班級,座號,學號,姓名,申請人,項目,狀態,生效日,到校成功")
    assert rows[1].startswith("603,12,11510001,王小明,林○婷,到校和離校,生效,2026/11/20,4,1,0,0,4,0")
    assert rows[2].endswith("1,0,2,3,1,136,A-0123,135,0")
    assert NUMBER not in answer.text
    assert "115-1.csv" in answer.headers["Content-Disposition"]
    answer.close()
    pages.clock.move_to(monday(7, 31))
    over = phone.client.get(path)
    assert over.status_code == 410
    # Who takes the money has no page to export from.
    assert 'href="/liff/staff">回到校務</a>' in over.text
    assert "匯出" not in over.text


def test_settlement_opens_in_a_spreadsheet_with_numbers(
    staff_phone: StaffPhone, phone: Phone, shop: Shop
) -> None:
    data = phone.client.get(link_of(staff_phone(OFFICER), "xlsx")).data
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    _, ming, an = book.get_sheet_by_index(0).to_python()
    assert ming[12] == 4
    assert an[13:16] == [136, "A-0123", 135]


def test_link_ends_with_the_role(
    staff_phone: StaffPhone, phone: Phone, shop: Shop, pages: House
) -> None:
    path = link_of(staff_phone(OFFICER))
    with transaction(pages.engine) as session:
        (role,) = roles_of(session, OFFICER)
        revoke_staff(session, role.id, by="operator", now=pages.clock.now())
    assert phone.client.get(path).status_code == 410
    assert phone.client.get("/liff/staff/sms/settlement/forged").status_code == 404


@pytest.mark.parametrize("who", [OFFICER, ADMIN, CASHIER, TEACHER, BUREAU])
def test_everybody_reads_the_semester(staff_phone: StaffPhone, shop: Shop, who: str) -> None:
    page = staff_phone(who).text(PLANS)
    assert "115 學年度第 1 學期到離校簡訊服務 服務中" in page
    assert "計費天數 91 天" in page
    assert "到校 68 元、離校 68 元、到校和離校 136 元" in page
    assert ("登錄一個學期" in page) is (who == BUREAU)


def plans(house: House) -> list[SmsPlan]:
    with snapshot(house.engine) as session:
        return list(list_plans(session))


def test_bureau_records_a_semester(staff_phone: StaffPhone, shop: Shop, pages: House) -> None:
    bureau = staff_phone(BUREAU)
    answer = bureau.post(NEW, PLAN)
    page = bureau.text(answer.location)
    assert "已登錄，家長現在可以訂購。" in page
    assert "第 2 學期到離校簡訊服務 還沒開始" in page
    assert (plans(pages)[0].billing_days, plans(pages)[0].price_both) == (92, 136)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"last_day": "2027-02-15"}, "服務期間的最後一天要在開始發送之後"),
        ({"send_until": "2027-07-01"}, "最後發送日要在服務期間內"),
        ({"first_day": "2027-01-10"}, "和另一個學期的服務期間重疊"),
        ({"term": "115/1"}, "這個學期已經有人訂購，不能再更改"),
        ({"term": "99/1"}, "請選擇學期"),
        ({"name": " "}, "請填服務名稱，最多 60 個字"),
        ({"billing_days": "91.5"}, "天數應是 0–200 的整數"),
        ({"price_both": "-1"}, "金額應是 0–9999 的整數"),
        ({"first_day": "115/2/15"}, "請選擇日期"),
        ({"rounding": ""}, "請選擇進位的方式"),
        ({"shortfall_by": "nobody"}, "請選擇由誰負擔"),
    ],
)
def test_wrong_semester_is_told_beside_the_field(
    staff_phone: StaffPhone, shop: Shop, pages: House, changed: dict[str, str], fault: str
) -> None:
    dates = {"first_day": "2026-09-07", "last_day": "2027-01-20", "send_until": "2027-01-20"}
    same_days = dates if changed.get("term") == "115/1" else {}
    answer = staff_phone(BUREAU).post(NEW, PLAN | same_days | changed)
    assert answer.status_code == 422
    assert text_of(answer).count(fault) == 2
    assert len(plans(pages)) == 1


@pytest.mark.parametrize("who", [OFFICER, ADMIN, CASHIER, TEACHER])
def test_schools_record_no_semester(
    staff_phone: StaffPhone, shop: Shop, pages: House, who: str
) -> None:
    phone = staff_phone(who)
    assert phone.get(NEW).status_code == 403
    assert phone.post(NEW, PLAN, form_at="/liff/home").status_code == 403
    assert len(plans(pages)) == 1


CLOSED = "/liff/staff/sms/plans/{}/close"


def test_bureau_settles_once_the_last_text_is_out(
    staff_phone: StaffPhone, shop: Shop, pages: House
) -> None:
    path = CLOSED.format(shop.plan_id)
    assert "還沒到最後發送日" in _settle(staff_phone(BUREAU), path)
    pages.clock.move_to(monday(8, 0) + timedelta(days=90))
    bureau = staff_phone(BUREAU)
    assert "訂購 2 筆 等待回報 3 則，結算後不收費" in bureau.text(path)
    assert "已結算，費用不再改變。" in _settle(bureau, path)
    assert "這個學期已經結算過了。" in _settle(bureau, path)
    assert plans(pages)[0].closed_at is not None


def _settle(phone: Phone, path: str) -> str:
    return phone.text(phone.post(path, {}).location)


@pytest.mark.parametrize("who", [OFFICER, ADMIN, CASHIER, TEACHER])
def test_schools_settle_nothing(
    staff_phone: StaffPhone, shop: Shop, pages: House, who: str
) -> None:
    pages.clock.move_to(monday(8, 0) + timedelta(days=90))
    path = CLOSED.format(shop.plan_id)
    phone = staff_phone(who)
    assert phone.get(path).status_code == 403
    assert phone.post(path, {}, form_at="/liff/home").status_code == 403
    assert plans(pages)[0].closed_at is None
