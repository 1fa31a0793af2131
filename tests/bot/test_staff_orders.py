"""審核 簡訊: orders and cancellations one at a time; the first answer counts."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import Session

from core.db import transaction
from core.house import House
from core.orders.service import mark_paid
from core.orders.states import OrderState
from core.people.guardians import find_guardian
from core.people.tables import StaffRole, Student
from tests.bot.line_limits import words_of
from tests.bot.staff_room import FANG, GAO, HO, JIAN, LIN, labels, make_room, press, rows_of, tell
from tests.factories import MEI, make_staff
from tests.liff.shop import Shop, open_shop

CASHIER = "U" + "4" * 32
NOTHING = "沒有待審的簡訊申請。"


@pytest.fixture
def room(house: House) -> Shop:
    """Two schools' staff, a cashier, and Mei's paid order for Ming, four days old."""
    ming = make_room(house)
    with transaction(house.engine) as session:
        shop = open_shop(session, house)
        make_staff(session, house, CASHIER, role=StaffRole.CASHIER)
    _order(house, shop, ming)
    return shop


def _order(house: House, shop: Shop, ming: Student) -> None:
    with transaction(house.engine) as session:
        guardian_id = _mei(session)
    ago = house.clock.now() - timedelta(days=4)
    order = shop.order(guardian_id, ming.id, ago)
    with transaction(house.engine) as session:
        mark_paid(session, order, 136, "A-0123", by="staff:somebody", now=ago)


def _mei(session: Session) -> UUID:
    guardian = find_guardian(session, MEI)
    assert guardian is not None
    return guardian.id


def state(shop: Shop) -> str:
    return shop.only().state


@pytest.mark.parametrize("text", ["審核", "審核 簡訊"])
def test_order_is_shown_with_payment_age_and_effect(house: House, room: Shop, text: str) -> None:
    queue = tell(house, text, HO)
    said = words_of(queue.messages)
    assert said[0] == "待審：簡訊 1（最久 4 天）"
    for words in (
        "603 班 12 王○明",
        "到校＋離校簡訊",
        "已繳 136 元（收據 A-0123）",
        "等了 4 天",
        "核准後，11/24（二）起生效。",
    ):
        assert words in said
    assert labels(queue) == ["退回", "核准"]


def test_one_press_approves(house: House, room: Shop) -> None:
    said = words_of(press(house, tell(house, "審核 簡訊", HO), "核准", HO).messages)
    assert said == ["603 班 12 王○明：已核准，明天 00:30 起生效。", "目前沒有待審的申請。"]
    assert state(room) == OrderState.ACTIVE


def test_unpaid_order_is_asked_back_once(house: House, room: Shop) -> None:
    with transaction(house.engine) as session:
        order_id, now = room.only().id, house.clock.now()
        mark_paid(session, order_id, 0, "", by="staff:somebody", now=now)
    asked = press(house, tell(house, "審核 簡訊", HO), "核准", HO)
    assert words_of(asked.messages)[:2] == [
        "603 班 12 王○明還沒有登記繳費，仍要核准？",
        "家長會看到還沒繳費，請到出納組繳費。",
    ]
    assert state(room) == OrderState.REQUESTED
    said = words_of(press(house, asked, "仍要核准", HO).messages)
    assert said[0] == "603 班 12 王○明：已核准，明天 00:30 起生效。"
    again = words_of(press(house, asked, "仍要核准", HO).messages)
    assert again == ["您已經核准了，不需要再按。"]


def test_giving_back_asks_for_the_reason_the_guardian_reads(house: House, room: Shop) -> None:
    why = press(house, tell(house, "審核 簡訊", JIAN), "退回", JIAN)
    assert state(room) == OrderState.REQUESTED
    said = words_of(press(house, why, "請確認手機號碼", JIAN).messages)
    assert said[0] == "603 班 12 王○明：已退回。已排入家長通知。"
    assert room.only().reason == "請確認手機號碼"


@pytest.mark.parametrize("label", ["核准", "退回"])
def test_second_officer_hears_that_it_is_done(house: House, room: Shop, label: str) -> None:
    late = tell(house, "審核 簡訊", JIAN)
    press(house, tell(house, "審核 簡訊", HO), "核准", HO)
    answer = press(house, late, label, JIAN)
    if label == "退回":
        answer = press(house, answer, "還沒有繳費", JIAN)
    assert words_of(answer.messages) == ["已有人處理。"]
    assert state(room) == OrderState.ACTIVE


def test_old_button_of_an_order_does_not_end_it(house: House, room: Shop) -> None:
    late = tell(house, "審核 簡訊", JIAN)
    order = room.only()
    room.approve(order.id, house.clock.now())
    room.ask_cancel(order.id, house.clock.now())
    assert words_of(press(house, late, "核准", JIAN).messages) == ["已有人處理。"]
    assert state(room) == OrderState.CANCELLING


def test_cancellation_shows_its_money_and_ends_tomorrow(house: House, room: Shop) -> None:
    order = room.only()
    room.approve(order.id, house.clock.now())
    room.ask_cancel(order.id, house.clock.now())
    queue = tell(house, "審核 註銷", HO)
    said = words_of(queue.messages)
    assert said[0] == "待審：註銷 1"
    assert "已送 0 則，費用 0 元，可退 136 元" in said
    assert labels(queue) == ["核准註銷"]
    said = words_of(press(house, queue, "核准註銷", HO).messages)
    assert said[0] == "603 班 12 王○明：已核准註銷，明天 00:30 起不再發送。"


def test_next_one_leaves_this_as_it_is(house: House, room: Shop) -> None:
    room.slip(room.child("11520001", "陳彥安", homeroom="604"))
    first = tell(house, "審核 簡訊", HO)
    assert "603 班 12 王○明" in words_of(first.messages)
    then = press(house, first, "下一筆", HO)
    assert "604 班 12 陳○安" in words_of(then.messages)
    again = press(house, then, "下一筆", HO)
    assert "603 班 12 王○明" in words_of(again.messages)
    assert room.states() == {OrderState.REQUESTED}


@pytest.mark.parametrize("who", [LIN, GAO])
def test_others_see_no_order(house: House, room: Shop, who: str) -> None:
    assert words_of(tell(house, "審核 簡訊", who).messages) == [NOTHING]


def test_forbidden_ones_change_nothing(house: House, room: Shop) -> None:
    before = rows_of(house)
    assert words_of(tell(house, "審核 簡訊", FANG).messages)[0].startswith("您的權限不包含這個指令")
    said = words_of(tell(house, "審核", CASHIER).messages)
    assert said[0] == "沒有等候登記繳費的簡訊訂購。"
    assert "王○明" not in "".join(said)
    assert rows_of(house) == before


def test_cashier_hears_how_many_have_not_paid(house: House, room: Shop) -> None:
    room.slip(room.child("11520001", "陳彥安", homeroom="604"))
    assert "還沒登記繳費的簡訊訂購：1 筆" in words_of(tell(house, "審核", CASHIER).messages)
    assert words_of(tell(house, "今日 603", CASHIER).messages)[0].startswith(
        "您的權限不包含這個指令"
    )
