"""Review of SMS orders: who may do what, once, and what it led to."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest

from core.db import transaction
from core.house import House
from core.orders.service import mark_paid, return_order
from core.orders.states import OrderState
from core.orders.tables import TextState
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
from tests.liff.phone import Phone, text_of
from tests.liff.shop import NUMBER, Shop, open_shop

REVIEW = "/liff/staff/sms/review"
EVERYBODY = (OFFICER, ADMIN, CASHIER, TEACHER, BUREAU, ELSEWHERE)
REVIEWERS, CASHIERS = {OFFICER, ADMIN}, {CASHIER, ADMIN}
AGO = monday(7, 20) - timedelta(days=4)


@pytest.fixture
def shop(pages: House, family: Family) -> Shop:
    """The semester."""
    with transaction(pages.engine) as session:
        return open_shop(session, pages)


@pytest.fixture
def order(shop: Shop, family: Family) -> UUID:
    """Mei's order, four days old."""
    return shop.order(UUID(family.guardian_id), UUID(family.student_id), AGO)


def page_of(order: UUID) -> str:
    return f"/liff/staff/sms/orders/{order}"


# What is done, from which state, who may, and the state it leads to.
STEPS: dict[str, tuple[OrderState, set[str], OrderState]] = {
    "approve": (OrderState.REQUESTED, REVIEWERS, OrderState.ACTIVE),
    "return": (OrderState.REQUESTED, REVIEWERS, OrderState.RETURNED),
    "ask_cancel": (OrderState.ACTIVE, REVIEWERS, OrderState.CANCELLING),
    "approve_cancel": (OrderState.CANCELLING, REVIEWERS, OrderState.CANCELLED),
    "pay": (OrderState.REQUESTED, CASHIERS, OrderState.REQUESTED),
}
FIELDS = {"sure": "1", "reason": "還沒有繳費", "amount": "136", "receipt": "A-0123"}


def bring_to(shop: Shop, order: UUID, state: OrderState) -> None:
    if state is not OrderState.REQUESTED:
        shop.approve(order, AGO)
    if state is OrderState.CANCELLING:
        shop.ask_cancel(order, AGO + timedelta(days=1))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("who", EVERYBODY)
def test_each_step_is_for_its_role_and_forbidden_ones_change_nothing(
    staff_phone: StaffPhone, shop: Shop, order: UUID, who: str, step: str
) -> None:
    state, allowed, after = STEPS[step]
    bring_to(shop, order, state)
    before = shop.row(order)
    phone = staff_phone(who)

    answer = phone.post(page_of(order), {**FIELDS, "answer": step}, form_at="/liff/home")

    row = shop.row(order)
    if who in allowed:
        assert answer.status_code == 303
        assert row.state == after
        assert (row.prepaid, row.receipt_number) == (
            (136, "A-0123") if step == "pay" else (0, None)
        )
    else:
        assert answer.status_code in (403, 404)
        assert row == before


@pytest.mark.parametrize("who", EVERYBODY)
def test_page_offers_what_may_be_done(
    staff_phone: StaffPhone, shop: Shop, order: UUID, who: str
) -> None:
    answer = staff_phone(who).get(page_of(order))
    assert ('value="approve"' in answer.text) is (who in REVIEWERS)
    assert ("登記繳費</h2>" in answer.text) is (who in CASHIERS)
    assert NUMBER not in answer.text
    is_masked = "0912***123" in answer.text
    assert is_masked is (who in REVIEWERS | CASHIERS)
    if who in (BUREAU, ELSEWHERE):
        assert answer.status_code in (403, 404)


@pytest.mark.parametrize("who", EVERYBODY)
def test_review_is_for_whoever_runs_the_school(
    staff_phone: StaffPhone, shop: Shop, order: UUID, who: str
) -> None:
    answer = staff_phone(who).get(REVIEW)
    assert (answer.status_code == 200) is (who in REVIEWERS | {ELSEWHERE})
    assert ("王小明" in answer.text) is (who in REVIEWERS)


def test_review_says_whose_what_and_how_long(officer: Phone, shop: Shop, order: UUID) -> None:
    page = officer.text(REVIEW)
    assert "等您審核 1 件" in page
    assert "王小明 603 班 12 號・家長 林○婷" in page
    assert "等了 4 天" in page
    assert "訂購到校和離校簡訊 還沒有登記繳費。" in page
    assert "核准後，2026/11/24（二）00:30 起生效。" in page


def test_review_of_a_cancellation_says_until_when_it_can_be_taken_back(
    officer: Phone, shop: Shop, order: UUID
) -> None:
    bring_to(shop, order, OrderState.CANCELLING)
    page = officer.text(REVIEW)
    assert "2026/11/24（二）00:30 起不再發送。核准前，家長可以取消註銷。" in page


def test_one_press_approves_what_is_paid_from_tomorrow(
    officer: Phone, shop: Shop, order: UUID, pages: House
) -> None:
    with transaction(pages.engine) as session:
        mark_paid(session, order, 136, "A-0123", by="staff:somebody", now=monday(7, 0))
    answer = officer.post(f"{REVIEW}/{order}", {"answer": "approve"}, form_at=REVIEW)
    page = officer.text(answer.location)
    assert "已核准，明天 00:30 起生效。" in page
    assert "沒有待審的簡訊申請" in page
    assert shop.row(order).effective_from == monday(0, 30) + timedelta(days=1)


def test_unpaid_order_is_approved_after_one_more_question(
    officer: Phone, shop: Shop, order: UUID
) -> None:
    for form, back in ((REVIEW, f"{REVIEW}?kind=order"), (page_of(order), page_of(order))):
        path = f"{REVIEW}/{order}?kind=order" if form == REVIEW else form
        asked = officer.post(path, {"answer": "approve"}, form_at=form)
        assert asked.status_code == 303
        page = officer.get(asked.location)
        assert "還沒繳費，仍要核准？" in page.text
        assert "603 班 12 號 訂購 到校和離校簡訊 先繳 136 元，還沒有登記" in text_of(page)
        assert f'href="{back}"' in page.text
        assert shop.row(order).state == OrderState.REQUESTED
    sent = officer.post(path, {"answer": "approve", "sure": "1"}, form_at=asked.location)
    assert "已核准，明天 00:30 起生效。" in officer.text(sent.location)
    assert shop.row(order).state == OrderState.ACTIVE
    assert officer.get(asked.location).location == page_of(order)


@pytest.mark.parametrize("who", EVERYBODY)
def test_question_is_for_whoever_runs_the_school(
    staff_phone: StaffPhone, order: UUID, who: str
) -> None:
    answer = staff_phone(who).get(f"{page_of(order)}/approve")
    assert (answer.status_code == 200) is (who in REVIEWERS)
    assert ("王小明" in answer.text) is (who in REVIEWERS)


def test_giving_back_wants_a_reason_beside_the_field(
    officer: Phone, shop: Shop, order: UUID
) -> None:
    answer = officer.post(f"{REVIEW}/{order}", {"answer": "return", "reason": " "}, form_at=REVIEW)
    assert answer.status_code == 422
    assert text_of(answer).count("請填退回的原因") == 2
    assert f'id="reason-{order}-fault"' in answer.text
    assert shop.row(order).state == OrderState.REQUESTED

    answer = officer.post(
        f"{REVIEW}/{order}", {"answer": "return", "reason": "還沒有繳費"}, form_at=REVIEW
    )
    assert "已退回，已排入家長通知。" in officer.text(answer.location)
    assert shop.row(order).reason == "還沒有繳費"


def test_reason_leads_the_family_to_no_page(officer: Phone, shop: Shop, order: UUID) -> None:
    fields = {"answer": "return", "reason": "請先匯款：https://evil.example"}
    answer = officer.post(f"{REVIEW}/{order}", fields, form_at=REVIEW)
    assert (answer.status_code, shop.row(order).state) == (422, OrderState.REQUESTED)
    assert "原因不能有網址或特殊符號" in text_of(answer)


def test_cancellation_shows_its_money(officer: Phone, shop: Shop, order: UUID) -> None:
    shop.approve(order, AGO)
    shop.send(order, TextState.DELIVERED, 41)
    shop.ask_cancel(order, monday(7, 0))
    page = officer.text(f"{REVIEW}?kind=cancellation")
    assert "註銷到校和離校簡訊 已送 41 則，費用 31 元，已收 0 元，不足 31 元。" in page
    assert "王小明" not in officer.text(f"{REVIEW}?kind=order")

    answer = officer.post(f"{REVIEW}/{order}", {"answer": "approve_cancel"}, form_at=REVIEW)
    assert "已核准註銷，明天 00:30 起不再發送。" in officer.text(answer.location)


def test_second_officer_hears_politely_that_it_is_done(
    staff_phone: StaffPhone, shop: Shop, order: UUID, pages: House
) -> None:
    one, other = staff_phone(OFFICER), staff_phone(ADMIN)
    token = other.token_at(REVIEW)
    one.post(f"{REVIEW}/{order}", {"answer": "approve", "sure": "1"}, form_at=REVIEW)

    late = other.client.post(
        f"{REVIEW}/{order}", data={"csrf_token": token, "answer": "return", "reason": "不行"}
    )

    assert "已有人處理。" in other.text(late.location)
    assert shop.row(order).state == OrderState.ACTIVE


def test_who_approved_is_not_told_of_somebody_else(staff_phone: StaffPhone, order: UUID) -> None:
    one, page = staff_phone(OFFICER), f"/liff/staff/sms/orders/{order}"
    for path in (f"{REVIEW}/{order}", f"{REVIEW}/{order}", page):
        sent = one.post(path, {"answer": "approve", "sure": "1"}, form_at=page)
    assert "您已經核准了，不需要再按。" in one.text(sent.location)


def test_two_who_press_at_once_have_one_effect(
    staff_phone: StaffPhone, shop: Shop, order: UUID
) -> None:
    phones = [staff_phone(OFFICER), staff_phone(ADMIN)]
    tokens = [phone.token_at(REVIEW) for phone in phones]

    def press(at: int) -> str:
        answer = {"answer": ("approve", "return")[at], "sure": "1", "reason": "不行"}
        data = {"csrf_token": tokens[at], **answer}
        return str(phones[at].client.post(f"{REVIEW}/{order}", data=data).location)

    with ThreadPoolExecutor(2) as pool:
        places = list(pool.map(press, range(2)))

    assert sum("note=wrong_state" in place for place in places) == 1
    assert shop.row(order).state in (OrderState.ACTIVE, OrderState.RETURNED)


def test_twelve_cards_are_a_page(officer: Phone, shop: Shop) -> None:
    for number in range(13):
        shop.slip(shop.child(f"1152{number:04d}"), AGO + timedelta(minutes=number))
    first = officer.get(REVIEW)
    assert first.text.count('value="approve"') == 12
    assert len(first.data) <= 30_000
    assert officer.get(f"{REVIEW}?page=2").text.count('value="approve"') == 1


def test_payment_typed_in_full_width_digits_is_taken(
    staff_phone: StaffPhone, shop: Shop, order: UUID
) -> None:
    paid = {"amount": "１３６", "receipt": "A-0123", "answer": "pay"}
    assert staff_phone(CASHIER).post(page_of(order), paid).status_code == 303
    assert shop.row(order).prepaid == 136


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"amount": "12x", "receipt": "A-1"}, "金額應是 0–9999 的整數"),
        ({"amount": "", "receipt": "A-1"}, "金額應是 0–9999 的整數"),
        ({"amount": "68", "receipt": ""}, "請填收據號碼"),
        ({"amount": "68", "receipt": "A" * 21}, "收據號碼最多 20 個字"),
    ],
)
def test_payment_is_checked_and_what_was_typed_stays(
    staff_phone: StaffPhone, shop: Shop, order: UUID, fields: dict[str, str], fault: str
) -> None:
    cashier = staff_phone(CASHIER)
    answer = cashier.post(page_of(order), {**fields, "answer": "pay"})
    assert answer.status_code == 422
    assert text_of(answer).count(fault) == 2
    assert all(f'value="{value}"' in answer.text for value in fields.values())
    assert shop.row(order).prepaid == 0


def test_payment_and_every_step_are_told_with_who_and_when(
    staff_phone: StaffPhone, shop: Shop, order: UUID
) -> None:
    cashier = staff_phone(CASHIER)
    cashier.post(page_of(order), {**FIELDS, "answer": "pay"})
    page = cashier.text(page_of(order))
    assert "繳費 已繳 136 元（收據 A-0123）" in page
    assert "申請 2026/11/19（四）07:20・家長" in page
    assert "登記繳費：136 元（收據 A-0123） 2026/11/23（一）07:20・林國華（出納組）" in page


def test_guardians_wish_to_end_is_not_the_schools_to_take_back(
    officer: Phone, shop: Shop, order: UUID
) -> None:
    shop.approve(order, AGO)
    shop.ask_cancel(order, AGO)
    assert officer.post(page_of(order), {"answer": "keep"}).status_code == 404
    slip = shop.slip(shop.child("11520001"), AGO)
    shop.approve(slip, AGO)
    shop.ask_cancel(slip, AGO)
    assert officer.post(page_of(slip), {"answer": "keep"}).status_code == 303
    assert shop.row(slip).state == OrderState.ACTIVE


def test_returned_order_shows_why(officer: Phone, shop: Shop, order: UUID, pages: House) -> None:
    with transaction(pages.engine) as session:
        return_order(session, "liff", order, "金額不符", by="staff:somebody", now=monday(7, 0))
    page = officer.text(page_of(order))
    assert "退回原因 金額不符" in page
    assert 'value="approve"' not in officer.get(page_of(order)).text


def test_slip_prints_the_money_outside_line(
    staff_phone: StaffPhone, phone: Phone, shop: Shop, order: UUID, pages: House
) -> None:
    shop.approve(order, AGO)
    shop.send(order, TextState.DELIVERED, 4)
    shop.send(order, TextState.FAILED, 2)
    page = staff_phone(OFFICER).get(page_of(order)).text
    (path,) = re.findall(r'href="[^"]*(/liff/staff/sms/slips/[^"?]+)', page)

    slip = text_of(phone.client.get(path))

    assert "到離校簡訊服務費用單" in slip
    assert "成功 到校 4・離校 0 4 則" in slip
    assert "目前費用 3 元" in slip
    assert NUMBER not in slip
    pages.clock.move_to(monday(7, 31))
    assert phone.client.get(path).status_code == 410
    assert phone.client.get("/liff/staff/sms/slips/forged").status_code == 404
