"""簡訊 typed: how each child's service stands, an order by buttons, and its end."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from bot.answer import Answer
from bot.sms_words import Wish, read_sms
from core.db import transaction
from core.house import House
from core.kinds import NoticeKind
from core.languages.language import Language
from core.notices.tables import Notice
from core.orders.plans import Items
from core.orders.service import mark_paid
from core.orders.states import OrderState
from core.orders.tables import SmsPlan
from core.people.guardians import find_guardian
from core.people.tables import Binding, Guardian, Student
from core.postback import Action, PostbackCodec, Press
from tests.bot.conversation import hear
from tests.bot.happenings import make_postback, make_text
from tests.bot.line_limits import words_of
from tests.bot.staff_room import labels, press, tell
from tests.factories import HUA, MEI, make_binding, make_guardian, make_student
from tests.liff.sms_desk import (
    OFFICER,
    begin_another_semester,
    bring_to,
    change_prices,
    count_texts,
    open_service,
    orders_in,
    place,
    place_slip,
    verify_phone,
)

MEANINGS = [
    ("簡訊", None, Wish.LOOK, None),
    ("簡訊費用", None, Wish.LOOK, None),
    ("退費", None, Wish.LOOK, None),
    ("取消註銷", None, Wish.LOOK, None),
    ("撤回簡訊申請", None, Wish.CANCEL, None),
    ("撤回簡訊 小華", 1, Wish.CANCEL, None),
    ("訂購簡訊", None, Wish.ORDER, None),
    ("訂購簡訊 小明 離校", 0, Wish.ORDER, Items.DEPARTURE),
    ("訂購簡訊小華到離校", 1, Wish.ORDER, Items.BOTH),
    ("訂購簡訊 小明 到校和離校", 0, Wish.ORDER, Items.BOTH),
    ("訂購簡訊 小明 未到校", 0, Wish.ORDER, None),
    ("註銷簡訊 小華", 1, Wish.CANCEL, None),
]


@pytest.mark.parametrize(("text", "child", "wish", "items"), MEANINGS)
def test_what_a_line_means(text: str, child: int | None, wish: Wish, items: Items | None) -> None:
    found = read_sms(text, [("小明", "王小明"), ("小華", "王小華")])
    assert (found.child, found.wish, found.items) == (child, wish, items)


@pytest.fixture
def service(house: House, ming: Student) -> None:
    """The service is open, and Mei proved her number."""
    with transaction(house.engine) as session:
        open_service(session, house)
        verify_phone(session, house, binding_of(session).guardian_id)


def binding_of(session: Session) -> Binding:
    """Mei's binding."""
    return session.exec(select(Binding)).one()


def guardian_in(session: Session) -> Guardian:
    """Mei's row, to be changed."""
    guardian = find_guardian(session, MEI)
    assert guardian is not None
    return session.get_one(Guardian, guardian.id)


def ordered(house: House, state: OrderState, items: Items = Items.BOTH) -> UUID:
    """Mei's order in a state."""
    with transaction(house.engine) as session:
        order_id = place(session, house, binding_of(session), items)
    bring_to(house, order_id, state)
    return order_id


def test_without_a_plan_it_says_what_works_instead(house: House, ming: Student) -> None:
    said = words_of(tell(house, "簡訊", MEI).messages)
    assert said[0] == "本學期未提供簡訊服務。到校、離校用 LINE 通知，不收費。"


@pytest.mark.usefixtures("service")
def test_order_by_buttons_from_end_to_end(house: House) -> None:
    shown = tell(house, "簡訊", MEI)
    assert words_of(shown.messages)[:3] == [
        "小明",
        "– 未訂購",
        "僅到校 68 元／僅離校 68 元／到校和離校 136 元。",
    ]
    assert labels(shown) == ["僅到校", "僅離校", "到離校都要"]
    asked = press(house, shown, "到離校都要", MEI)
    said = words_of(asked.messages)
    assert said[0] == "替小明訂購到校和離校簡訊，同意以下費用嗎？"
    assert "請到學校出納組先繳 136 元。" in said
    assert "每則成功 0.75 元，依實際成功則數結算，最多約 60 元。" in said
    assert "學校今天核准的話，11/24（二）起發送，剩 40 個上課日。" in said
    assert orders_in(house) == []
    sent = press(house, asked, "同意並送出", MEI)
    assert words_of(sent.messages)[0] == "已送出小明的簡訊申請。"
    (order,) = orders_in(house)
    assert (order.items, order.state) == ("both", OrderState.REQUESTED)
    assert order.consented_at is not None
    again = press(house, asked, "同意並送出", MEI)
    assert words_of(again.messages)[0] == "這學期已經訂購，沒有重複送出。"
    assert len(orders_in(house)) == 1


@pytest.mark.usefixtures("service")
def test_number_with_a_paper_slip_is_not_told_that_all_is_done(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        place_slip(session, house, ming.id, "0912000123")
    asked = tell(house, "訂購簡訊 小明 離校", MEI)
    said = words_of(press(house, asked, "同意並送出", MEI).messages)
    assert said[0].startswith("這支手機已經申請過這個孩子的簡訊")


@pytest.mark.usefixtures("service")
def test_who_paid_for_a_returned_order_is_not_sent_to_pay_again(house: House) -> None:
    order_id = ordered(house, OrderState.REQUESTED)
    with transaction(house.engine) as session:
        mark_paid(session, order_id, 136, "A-0123", by=OFFICER, now=house.clock.now())
    bring_to(house, order_id, OrderState.RETURNED)
    asked = tell(house, "訂購簡訊 小明 離校", MEI)
    said = words_of(asked.messages)
    assert not any("請到學校出納組先繳" in line for line in said)
    assert "已繳的費用，再申請時會轉過去；不再申請，退費請洽學校出納組。" in said
    sent = words_of(press(house, asked, "同意並送出", MEI).messages)
    assert "已繳 136 元，等學校審核。" in sent
    assert not any("請到學校出納組繳費" in line for line in sent)


@pytest.mark.usefixtures("service")
def test_who_owes_nothing_before_is_not_sent_to_the_cashier(house: House) -> None:
    with transaction(house.engine) as session:
        session.execute(update(SmsPlan).values(price_departure=0))
    asked = tell(house, "訂購簡訊 小明 離校", MEI)
    sent = press(house, asked, "同意並送出", MEI)
    for shown in (asked, sent, tell(house, "簡訊", MEI)):
        assert not any("出納組" in line for line in words_of(shown.messages))


@pytest.mark.usefixtures("service")
def test_prices_that_changed_meanwhile_are_asked_about_again(house: House) -> None:
    asked = tell(house, "訂購簡訊 小明 離校", MEI)
    with transaction(house.engine) as session:
        change_prices(session)
    again = press(house, asked, "同意並送出", MEI)
    assert "請到學校出納組先繳 99 元。" in words_of(again.messages)
    assert orders_in(house) == []
    press(house, again, "同意並送出", MEI)
    assert len(orders_in(house)) == 1


@pytest.mark.usefixtures("service")
def test_one_line_leads_to_the_question_at_once(house: House) -> None:
    asked = tell(house, "訂購簡訊 小明 離校", MEI)
    assert words_of(asked.messages)[0] == "替小明訂購離校簡訊，同意以下費用嗎？"
    press(house, asked, "返回", MEI)
    assert orders_in(house) == []


def test_without_a_verified_number_the_way_to_it_is_there(house: House, ming: Student) -> None:
    with transaction(house.engine) as session:
        open_service(session, house)
    shown = hear(house, make_text("簡訊"))
    assert "訂購前請先驗證手機，簡訊會寄到這個號碼。" in words_of(shown.messages)
    assert "/account/contact/phone" in str(shown.messages)


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("state", OrderState)
def test_every_state_has_its_bubble_in_every_language(house: House, state: OrderState) -> None:
    ordered(house, state)
    assert words_of(tell(house, "簡訊", MEI).messages)[1].endswith(state.value)
    for language in Language:
        with transaction(house.engine) as session:
            guardian_in(session).locale = language.value
        shown = hear(house, make_text("簡訊"), longest_alt=60)
        assert "{" not in " ".join(words_of(shown.messages))


@pytest.mark.usefixtures("service")
def test_order_of_the_semester_before_says_which_it_was(house: House) -> None:
    ordered(house, OrderState.EXPIRED)
    assert "114 學年度第 2 學期" not in words_of(tell(house, "簡訊", MEI).messages)
    with transaction(house.engine) as session:
        begin_another_semester(session)
    shown = tell(house, "簡訊", MEI)
    assert "114 學年度第 2 學期" in words_of(shown.messages)
    assert labels(shown) == ["僅到校", "僅離校", "到離校都要"]


@pytest.mark.usefixtures("service")
def test_end_is_asked_for_and_taken_back_by_buttons(house: House) -> None:
    order_id = ordered(house, OrderState.ACTIVE)
    count_texts(house, order_id, delivered=41, failed=2, sent=1)
    shown = tell(house, "簡訊費用", MEI)
    said = " ".join(words_of(shown.messages))
    assert "成功 41 則 失敗 2 則 等待回報 1 則 目前費用 31 元 已收 136 元 可退 105 元" in said
    asked = press(house, shown, "註銷", MEI)
    assert words_of(asked.messages)[:2] == [
        "確定註銷小明的到校和離校簡訊？",
        "需經學校老師審核，審核後隔日生效。",
    ]
    assert labels(asked) == ["保留", "申請註銷"]
    done = press(house, asked, "申請註銷", MEI)
    assert "需經學校老師審核，審核後隔日生效；生效前仍會發送並計費。" in words_of(done.messages)
    assert orders_in(house)[0].state == OrderState.CANCELLING
    assert labels(done) == ["取消註銷"]
    assert notices_in(house) == [], "the answer in the chat says it all"
    waiting = tell(house, "簡訊", MEI)
    kept = press(house, waiting, "取消註銷", MEI)
    assert words_of(kept.messages)[0] == "註銷已取消，小明的簡訊服務維持生效，期間不變。"
    assert orders_in(house)[0].state == OrderState.ACTIVE
    assert notices_in(house) == []
    again = press(house, waiting, "取消註銷", MEI)
    assert words_of(again.messages)[0] == "這筆簡訊已經生效；不想收了，可以申請註銷。"


@pytest.mark.usefixtures("service")
def test_the_answer_to_an_end_has_the_way_back(house: House) -> None:
    ordered(house, OrderState.ACTIVE)
    done = press(house, tell(house, "註銷", MEI), "申請註銷", MEI)

    kept = press(house, done, "取消註銷", MEI)

    assert words_of(kept.messages)[0] == "註銷已取消，小明的簡訊服務維持生效，期間不變。"
    assert orders_in(house)[0].state == OrderState.ACTIVE


@pytest.mark.usefixtures("service")
def test_request_is_taken_back_by_buttons(house: House) -> None:
    ordered(house, OrderState.REQUESTED)
    asked = press(house, tell(house, "簡訊", MEI), "撤回申請", MEI)
    assert words_of(asked.messages)[0] == "確定撤回小明的到校和離校簡訊申請？"
    assert labels(asked) == ["保留", "撤回申請"]
    assert orders_in(house)[0].state == OrderState.REQUESTED
    done = press(house, asked, "撤回申請", MEI)
    assert words_of(done.messages)[0] == "已撤回小明的簡訊申請。"
    assert orders_in(house)[0].state == OrderState.WITHDRAWN
    again = press(house, asked, "撤回申請", MEI)
    assert words_of(again.messages)[0] == "這筆申請已經撤回，不用再送一次。"
    assert labels(tell(house, "簡訊", MEI)) == ["僅到校", "僅離校", "到離校都要"]


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    ("stands", "word", "done"),
    [
        (OrderState.REQUESTED, "撤回申請", OrderState.WITHDRAWN),
        (OrderState.ACTIVE, "申請註銷", OrderState.CANCELLING),
    ],
)
def test_who_is_no_real_name_member_any_more_can_end_an_order_too(
    house: House, stands: OrderState, word: str, done: OrderState
) -> None:
    ordered(house, stands)
    with transaction(house.engine) as session:
        guardian_in(session).verify_level = "0"
    press(house, tell(house, "註銷簡訊", MEI), word, MEI)
    assert orders_in(house)[0].state == done


@pytest.mark.usefixtures("service")
def test_what_the_school_approved_meanwhile_is_not_said_to_be_withdrawn(house: House) -> None:
    order_id = ordered(house, OrderState.REQUESTED)
    shown = tell(house, "簡訊", MEI)
    asked = press(house, shown, "撤回申請", MEI)
    bring_to(house, order_id, OrderState.ACTIVE)
    for late in (press(house, asked, "撤回申請", MEI), press(house, shown, "撤回申請", MEI)):
        assert words_of(late.messages)[0] == "這筆簡訊已經生效；不想收了，可以申請註銷。"
    assert orders_in(house)[0].state == OrderState.ACTIVE


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("line", ["撤回簡訊申請", "註銷簡訊"])
def test_what_only_waits_is_withdrawn_by_a_line_too(house: House, line: str) -> None:
    ordered(house, OrderState.REQUESTED)
    asked = tell(house, line, MEI)
    assert words_of(asked.messages)[0] == "確定撤回小明的到校和離校簡訊申請？"
    press(house, asked, "保留", MEI)
    assert orders_in(house)[0].state == OrderState.REQUESTED


@pytest.mark.usefixtures("service")
def test_註銷簡訊_asks_at_once_where_one_order_can_end(house: House) -> None:
    ordered(house, OrderState.ACTIVE)
    asked = tell(house, "註銷簡訊", MEI)
    assert words_of(asked.messages)[0] == "確定註銷小明的到校和離校簡訊？"
    press(house, asked, "保留", MEI)
    assert orders_in(house)[0].state == OrderState.ACTIVE


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    ("line", "lead"),
    [
        ("訂閱 小明 簡訊", "簡訊要先訂購，由學校審核；未到校簡訊不收費，在孩子的網頁勾選。"),
        ("退訂 小明 簡訊", "簡訊要到「簡訊」申請註銷，並由學校審核。"),
        ("退訂 小明 簡訊 到校", "簡訊要到「簡訊」申請註銷，並由學校審核。"),
    ],
)
def test_boxes_of_texts_are_orders(house: House, line: str, lead: str) -> None:
    ordered(house, OrderState.ACTIVE)
    said = words_of(tell(house, line, MEI).messages)
    assert said[0] == lead
    assert "● 生效" in said
    assert orders_in(house)[0].state == OrderState.ACTIVE


@pytest.mark.usefixtures("service")
def test_two_children_have_a_bubble_each(house: House) -> None:
    with transaction(house.engine) as session:
        guardian = guardian_in(session)
        make_binding(session, guardian, make_student(session, house, name="王小華", number="2"))
    shown = hear(house, make_text("簡訊"))
    assert len(shown.messages[0]["contents"]["contents"]) == 2
    only = hear(house, make_text("簡訊 小華"))
    assert "小明" not in " ".join(words_of(only.messages))


def notices_in(house: House) -> list[str]:
    """The notices of an end and its taking back; those of the approval are older."""
    kinds = (NoticeKind.SMS_CANCELLING, NoticeKind.SMS_KEPT)
    with transaction(house.engine) as session:
        rows = session.exec(select(Notice).where(col(Notice.kind).in_(kinds)))
        return [row.kind for row in rows]


Detail = Callable[[Binding, UUID], str]
BUTTONS: list[tuple[Action, Detail]] = [
    (Action.SMS_ITEMS, lambda binding, _order: f"{binding.id.hex}/both"),
    (Action.SMS_ORDER, lambda binding, _order: f"{binding.id.hex}/both"),
    (Action.SMS_WITHDRAW, lambda _binding, order: order.hex),
    (Action.SMS_WITHDRAW_SURE, lambda _binding, order: order.hex),
    (Action.SMS_CANCEL, lambda _binding, order: order.hex),
    (Action.SMS_CANCEL_SURE, lambda _binding, order: order.hex),
    (Action.SMS_KEEP, lambda _binding, order: order.hex),
]


def pressed(house: House, action: Action, detail: str, user: str, *, hours: int = 0) -> Answer:
    """Press a button that was made so long ago."""
    made_at = house.clock.now() - timedelta(hours=hours)
    data = PostbackCodec(house.settings).seal(Press(action, detail), user, made_at)
    return hear(house, make_postback(data, user=user))


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(("action", "detail"), BUTTONS)
def test_another_guardians_order_is_not_there(house: House, action: Action, detail: Detail) -> None:
    order_id = ordered(house, OrderState.ACTIVE)
    with transaction(house.engine) as session:
        binding = binding_of(session)
        hua = make_guardian(session, house, HUA, name="華大明")
        verify_phone(session, house, hua.id)
        about = detail(binding, order_id)
    said = words_of(pressed(house, action, about, HUA).messages)
    assert said[0] == "這個按鈕不能在這裡使用。"
    assert [order.state for order in orders_in(house)] == [OrderState.ACTIVE]


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(("action", "detail"), BUTTONS)
def test_old_button_is_refused_politely(house: House, action: Action, detail: Detail) -> None:
    order_id = ordered(house, OrderState.ACTIVE)
    with transaction(house.engine) as session:
        about = detail(binding_of(session), order_id)
    said = words_of(pressed(house, action, about, MEI, hours=25).messages)
    assert said[0] == "這個按鈕已過期，請輸入「今天」看最新紀錄。"
    assert [order.state for order in orders_in(house)] == [OrderState.ACTIVE]
