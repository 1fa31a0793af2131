"""Paper slips: one by form, many by file; whole or not at all, with row numbers."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlmodel import select

from core.db import snapshot, transaction
from core.house import House
from core.order_files.slips import Slip, draft_slips, match_slips, place_slips
from core.orders.plans import Items
from core.orders.service import mark_paid, return_order
from core.orders.states import OrderState
from core.orders.tables import SmsOrder, SmsPlan
from core.people.tables import EnrollmentStatus, Student
from core.roster.faults import RosterError
from tests.liff.conftest import Family
from tests.liff.desk import ADMIN, BUREAU, CASHIER, ELSEWHERE, OFFICER, TEACHER, StaffPhone, monday
from tests.liff.phone import Phone, text_of
from tests.liff.shop import NUMBER, Shop, open_shop
from tests.roster.files import as_ods, as_xls, as_xlsx

NEW, FILE = "/liff/staff/sms/new", "/liff/staff/sms/import"
SLIP = {
    "student_number": "11510001",
    "items": "both",
    "phone": "0912-000-123",
    "prepaid": "136",
    "receipt": "A-0123",
}
HEADER = ["學號", "項目", "手機", "已收金額", "收據號碼"]
ROWS = [
    ["11510001", "到校和離校", "0912000123", "136", "A-0123"],
    ["11520001", "僅到校", "912000124", "", ""],
]


@pytest.fixture
def shop(pages: House, family: Family) -> Shop:
    """The semester, Ming, and An of 604."""
    with transaction(pages.engine) as session:
        shop = open_shop(session, pages)
    shop.child("11520001", "陳安安", homeroom="604")
    return shop


def orders(house: House) -> list[SmsOrder]:
    with snapshot(house.engine) as session:
        return list(session.exec(select(SmsOrder).order_by(SmsOrder.phone_index)).all())


def csv_of(rows: list[list[str]], encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join(",".join(row) for row in [HEADER, *rows]).encode(encoding)


def send(phone: Phone, data: bytes, name: str = "回條.csv") -> str:
    """Send a file; returns where it leads, or what the page says."""
    token = phone.token_at(FILE)
    sent = {"csrf_token": token, "file": (io.BytesIO(data), name)}
    answer = phone.client.post(FILE, data=sent, content_type="multipart/form-data")
    return str(answer.location) if answer.status_code == 303 else text_of(answer)


def test_slip_is_shown_with_the_child_before_it_counts(
    officer: Phone, shop: Shop, pages: House
) -> None:
    check = officer.post(NEW, SLIP)
    page = text_of(check)
    assert "王小明 603 班 12 號・11510001" in page
    assert "到校和離校簡訊" in page
    assert "136 元（收據 A-0123）" in page
    assert "今天核准的話，2026/11/24（二）起發送，剩" in page
    assert orders(pages) == []

    sent = dict(officer.hidden_in(check)) | {"sure": "1"}
    answer = officer.client.post(NEW, data=sent)

    assert "已登錄，等候審核。" in officer.text(answer.location)
    (order,) = orders(pages)
    assert (order.state, order.origin, order.prepaid) == (OrderState.REQUESTED, "slip", 136)
    assert "學校" in officer.text("/liff/staff/sms")


@pytest.mark.parametrize("page", ["review", "orders"])
def test_nobody_is_said_to_hear_of_a_returned_slip(
    officer: Phone, shop: Shop, pages: House, page: str
) -> None:
    officer.post(NEW, SLIP | {"sure": "1"})
    (slip,) = orders(pages)
    path, fields = f"/liff/staff/sms/{page}/{slip.id}", {"answer": "return", "reason": "請洽學校"}
    form = "/liff/staff/sms/review" if page == "review" else path
    answer = officer.post(path, fields, form_at=form)
    assert "已退回。紙本回條的家長，請學校另外通知。" in officer.text(answer.location)


@pytest.mark.parametrize(("typed", "read"), [("0", "還沒有"), ("１３６", "136 元（收據 A-0123）")])
def test_what_was_paid_is_repeated_as_it_is_kept(
    officer: Phone, shop: Shop, typed: str, read: str
) -> None:
    receipt = "A-0123" if typed != "0" else ""
    check = officer.post(NEW, {**SLIP, "prepaid": typed, "receipt": receipt})
    assert f"繳費 {read}" in text_of(check)


def test_slip_can_be_corrected_before_it_is_sent(officer: Phone, shop: Shop) -> None:
    sent = dict(officer.hidden_in(officer.post(NEW, SLIP))) | {"again": "1"}
    page = officer.client.post(NEW, data=sent).text
    assert 'value="0912-000-123"' in page
    assert 'value="11510001"' in page


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"student_number": ""}, "請填學號"),
        ({"student_number": "99999999"}, "查無這個學號，或不在您的範圍內"),
        ({"items": ""}, "請選擇一個項目"),
        ({"phone": "02-27589171"}, "手機應是 09 開頭的 10 碼"),
        ({"phone": ""}, "手機應是 09 開頭的 10 碼"),
        ({"prepaid": "x"}, "金額應是 0–9999 的整數"),
        ({"receipt": ""}, "請填收據號碼"),
        ({"prepaid": ""}, "有收據號碼，請填已收金額"),
    ],
)
def test_wrong_slip_is_told_beside_the_field(
    officer: Phone, shop: Shop, pages: House, changed: dict[str, str], fault: str
) -> None:
    answer = officer.post(NEW, SLIP | changed | {"sure": "1"})
    assert answer.status_code == 422
    assert text_of(answer).count(fault) == 2
    assert orders(pages) == []


def test_same_slip_twice_is_one_order(officer: Phone, shop: Shop, pages: House) -> None:
    for _ in range(2):
        answer = officer.post(NEW, SLIP | {"sure": "1"})
    assert "這位學生這學期已經用這支手機訂購" in text_of(answer)
    assert len(orders(pages)) == 1


def test_two_children_with_one_number_are_told_apart(
    officer: Phone, shop: Shop, pages: House
) -> None:
    twin = shop.child("11510009", "林小華")
    with transaction(pages.engine) as session:
        child = session.get_one(Student, twin)
        child.student_number, child.entry_year = "11510001", 114
    answer = officer.post(NEW, SLIP)
    assert "有兩位學生使用這個學號，請選入學學年度" in text_of(answer)
    assert "林小華" in text_of(officer.post(NEW, SLIP | {"entry_year": "114"}))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("回條.csv", csv_of(ROWS)),
        ("回條.csv", csv_of(ROWS, "big5")),
        ("回條.xlsx", as_xlsx(ROWS, HEADER)),
        ("回條.xls", as_xls(ROWS, HEADER)),
        ("回條.ods", as_ods(ROWS, HEADER)),
    ],
    ids=["utf-8", "big5", "xlsx", "xls", "ods"],
)
def test_file_is_checked_shown_and_taken_over(
    officer: Phone, shop: Shop, pages: House, name: str, data: bytes
) -> None:
    check = send(officer, data, name)
    page = officer.text(check)
    assert "2 回條 1 到校 0 離校 1 到校和離校" in page
    assert "王小明 603 班 12 號・11510001 到校和離校 0912***123・已收 136 元（收據 A-0123）" in page
    assert "陳安安 604 班 12 號・11520001 到校 0912***124・還沒有繳費" in page
    assert "0912000123" not in page
    assert orders(pages) == []

    answer = officer.post(check, {"answer": "take"})

    assert "已匯入 2 筆，等候審核。" in officer.text(answer.location)
    assert {one.origin for one in orders(pages)} == {"file"}
    assert sorted(one.prepaid for one in orders(pages)) == [0, 136]


def test_every_fault_is_named_with_its_row_and_nothing_is_written(
    officer: Phone, shop: Shop, pages: House
) -> None:
    shop.slip(UUID(str(shop.child("11520002"))), phone="0912000999")
    said = send(
        officer,
        csv_of(
            [
                ROWS[0],
                ["99999999", "到校", "0912000123", "", ""],
                ["11520001", "", "0912000123", "", ""],
                ["11520001", "早上", "02-27589171", "68.5", ""],
                ["11520001", "到校", "0912000123", "68", ""],
                ["11520001", "到校", "0912000123", "", "A-0124"],
            ]
        ),
    )
    assert "檔案有 6 個問題，沒有寫入任何資料" in said
    for line in (
        "第 4 列、項目：必填欄位是空的",
        "第 5 列、項目：請寫「到校」、「離校」或「到校和離校」",
        "第 5 列、手機：手機應是 09 開頭的 10 碼",
        "第 5 列、已收金額：金額應是 0–9999 的整數",
        "第 6 列、收據號碼：有已收金額，請填收據號碼",
        "第 7 列、已收金額：有收據號碼，請填已收金額",
    ):
        assert line in said
    said = send(
        officer,
        csv_of(
            [
                ROWS[0],
                ROWS[0],
                ["99999999", "到校", "0912000123", "", ""],
                ["11520002", "到校", "0912000999", "", ""],
            ]
        ),
    )
    assert "第 3 列、手機：重複，第 2 列也是這位學生和這支手機" in said
    assert "第 4 列、學號：查無這個學號，或已不在學" in said
    assert "第 5 列、學號：這位學生這學期已經用這支手機訂購" in said
    assert len(orders(pages)) == 1


def test_receipt_no_database_keeps_is_told_with_its_row(officer: Phone, shop: Shop) -> None:
    said = send(officer, csv_of([["11510001", "到校", "0912000123", "68", "A-\0001"]]))
    assert "第 2 列、收據號碼：收據號碼最多 20 個字，不能有特殊符號" in said


def test_check_says_until_when_it_is_held_whenever_it_is_opened(
    officer: Phone, shop: Shop, pages: House
) -> None:
    check = send(officer, csv_of(ROWS))
    pages.clock.move_to(monday(7, 29))
    assert "07:50 前確認有效" in officer.text(check)


def test_file_without_its_columns_says_which(officer: Phone, shop: Shop) -> None:
    said = send(officer, "學號,姓名\r\n11510001,王小明".encode())
    assert "這個檔案不能匯入" in said
    assert "第一列找不到欄名：項目、手機" in said
    assert "看不出檔案格式" in send(officer, b"\x00\x01", "回條.pdf")


def test_between_two_semesters_no_slip_is_asked_for(
    officer: Phone, shop: Shop, pages: House
) -> None:
    with transaction(pages.engine) as session:
        plan = session.get_one(SmsPlan, shop.plan_id)
        plan.send_until = monday(7, 20).date() - timedelta(days=1)
    page = officer.get("/liff/staff/sms").text
    assert "簡訊訂購名單" in page
    assert f'href="{NEW}"' not in page
    for address in (NEW, FILE):
        answer = officer.get(address)
        assert answer.status_code == 404
        assert "目前沒有可以訂購的學期" in text_of(answer)
        assert 'href="/liff/staff/sms"' in answer.text


def test_what_was_ordered_in_between_takes_nothing_over(
    officer: Phone, shop: Shop, pages: House, family: Family
) -> None:
    check = send(officer, csv_of(ROWS))
    token = officer.token_at(check)
    shop.slip(UUID(family.student_id))

    answer = officer.client.post(check, data={"csrf_token": token, "answer": "take"})

    assert answer.status_code == 422
    assert "第 2 列、學號：這位學生這學期已經用這支手機訂購" in text_of(answer)
    assert len(orders(pages)) == 1


def test_file_is_taken_over_once_and_can_be_dropped(
    officer: Phone, shop: Shop, pages: House
) -> None:
    check = send(officer, csv_of(ROWS))
    token = officer.token_at(check)
    for _ in range(2):
        answer = officer.client.post(check, data={"csrf_token": token, "answer": "take"})
    # Whoever presses twice reads the second answer.
    assert "已匯入 2 筆，等候審核。" in officer.text(answer.location)
    assert "已匯入 2 筆，等候審核。" in officer.text(str(officer.get(check).location))
    assert len(orders(pages)) == 2

    pages.clock.move_to(monday(7, 21))
    check = send(officer, csv_of([["11520001", "離校", "0912000777", "", ""]]))
    dropped = officer.post(check, {"answer": "drop"})
    assert "已放棄這個檔案" in officer.text(dropped.location)
    again = officer.client.post(check, data={"csrf_token": token, "answer": "take"})
    assert "這個檔案已經放棄，或超過時間，請重新傳檔案。" in officer.text(again.location)
    assert len(orders(pages)) == 2


def test_file_pressed_twice_at_once_is_told_as_taken(
    officer: Phone, shop: Shop, pages: House
) -> None:
    check = send(officer, csv_of(ROWS))
    sent = {"csrf_token": officer.token_at(check), "answer": "take"}
    take = partial(officer.client.post, check, data=sent)
    first: list[int] = []

    def be_quicker(*call: object) -> None:
        if "FROM sms_order" in str(call[2]) and not first:
            first.append(0)
            with ThreadPoolExecutor(1) as pool:
                first.append(pool.submit(take).result().status_code)

    event.listen(pages.engine, "before_cursor_execute", be_quicker)
    second = take()
    event.remove(pages.engine, "before_cursor_execute", be_quicker)
    assert first == [0, 303]
    assert "已匯入 2 筆，等候審核。" in officer.text(str(second.location))
    assert len(orders(pages)) == 2


def test_file_of_many_asks_no_more_of_the_database(
    officer: Phone, shop: Shop, pages: House
) -> None:
    rows = [[f"1153{at:04}", "到校", "0912000123", "68", f"A-{at}"] for at in range(12)]
    for row in rows:
        shop.child(row[0])
    counts = []
    for part in (rows[:2], rows[2:]):
        check = send(officer, csv_of(part))
        statements = asked_by(pages, partial(officer.post, check, {"answer": "take"}))
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert len(orders(pages)) == len(rows)


@pytest.mark.parametrize("paid", [["", ""], ["136", "A-0123"]], ids=["moved", "same receipt"])
def test_money_of_a_returned_slip_counts_once_in_a_file(
    officer: Phone, shop: Shop, pages: House, family: Family, paid: list[str]
) -> None:
    before = shop.slip(UUID(family.student_id))
    now = pages.clock.now()
    with transaction(pages.engine) as session:
        mark_paid(session, before, 136, "A-0123", by="staff:somebody", now=now)
        return_order(session, "liff", before, "請再確認", by="staff:somebody", now=now)
    check = send(officer, csv_of([["11510001", "到校和離校", "0912000123", *paid]]))
    officer.post(check, {"answer": "take"})
    money = {one.state: (one.prepaid, one.receipt_number) for one in orders(pages)}
    assert money == {OrderState.RETURNED: (0, None), OrderState.REQUESTED: (136, "A-0123")}


@pytest.mark.parametrize("what", ["ordered", "not_enrolled"])
def test_row_that_was_overtaken_takes_the_file_back(
    shop: Shop, pages: House, family: Family, what: str
) -> None:
    now, child = pages.clock.now(), UUID(family.student_id)
    slips = [Slip(2, "11510001", None, Items.BOTH, NUMBER, 136, "A-1")]
    slips.append(replace(slips[0], row=3, student_number="11520001"))
    with snapshot(pages.engine) as session:
        matched = match_slips(
            session, pages.vault, slips, school_code="353607", plan_id=shop.plan_id
        )
    drafts = draft_slips(pages.vault, matched, plan_id=shop.plan_id, by="staff:x", now=now)
    if what == "ordered":
        shop.slip(child)
    else:
        with transaction(pages.engine) as session:
            session.get_one(Student, child).status = EnrollmentStatus.TRANSFERRED
    with pytest.raises(RosterError) as refused, transaction(pages.engine) as session:
        place_slips(session, drafts, shop.plan_id, by="staff:x", now=now)
    assert [(one.row, one.code) for one in refused.value.faults] == [(2, what)]
    assert len(orders(pages)) == (what == "ordered")


def asked_by(house: House, act: Callable[[], object]) -> list[str]:
    """What is asked of the database meanwhile."""
    statements: list[str] = []

    def note(*call: object) -> None:
        statements.append(str(call[2]))

    event.listen(house.engine, "before_cursor_execute", note)
    act()
    event.remove(house.engine, "before_cursor_execute", note)
    return statements


def test_held_file_is_nobody_elses_and_runs_out(
    staff_phone: StaffPhone, shop: Shop, pages: House
) -> None:
    check = send(staff_phone(OFFICER), csv_of(ROWS))
    other = staff_phone(ADMIN)
    assert "王小明" not in other.get(check).text
    pages.clock.move_to(monday(7, 51))
    again = staff_phone(OFFICER)
    assert "王小明" not in again.get(check).text


@pytest.mark.parametrize("path", [NEW, FILE])
@pytest.mark.parametrize("who", [CASHIER, TEACHER, BUREAU])
def test_slips_are_entered_by_whoever_runs_the_school(
    staff_phone: StaffPhone, shop: Shop, pages: House, who: str, path: str
) -> None:
    phone = staff_phone(who)
    assert phone.get(path).status_code == 403
    answer = phone.post(path, SLIP | {"sure": "1"}, form_at="/liff/home")
    assert answer.status_code == 403
    assert orders(pages) == []


def test_child_of_another_school_is_not_there(
    staff_phone: StaffPhone, shop: Shop, pages: House
) -> None:
    answer = staff_phone(ELSEWHERE).post(NEW, SLIP | {"sure": "1"})
    assert "查無這個學號" in text_of(answer)
    assert orders(pages) == []
