"""What an order of texts changes on other pages: the boxes, the list of tasks, the deletion."""

from uuid import UUID

import pytest

from core.db import snapshot, transaction
from core.house import House
from core.orders.plans import Items
from core.orders.states import OrderState
from core.orders.tables import SmsOrder
from core.people.tables import Guardian
from tests.liff.conftest import Family
from tests.liff.phone import Phone, text_of
from tests.liff.sms_desk import begin_another_semester, ordered, orders_in

PAGE = "/liff/sms"
# A page with a form that anybody signed in may open.
TOKEN = "/liff/?prove=1"
pytestmark = pytest.mark.usefixtures("sms_service")


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (OrderState.REQUESTED, "訂購審核中；未到校不收費"),
        (OrderState.ACTIVE, "已訂購，註銷請到簡訊服務"),
        (OrderState.CANCELLING, "已訂購，註銷請到簡訊服務"),
        (OrderState.RETURNED, "簡訊需先訂購；未到校不收費"),
        (OrderState.EXPIRED, "簡訊需先訂購；未到校不收費"),
    ],
)
def test_boxes_follow_the_order(
    mei: Phone, pages: House, family: Family, state: OrderState, line: str
) -> None:
    ordered(pages, family, state, Items.ARRIVAL)
    page = mei.get(family.page)
    assert f"簡訊 {line}" in text_of(page)
    is_on = state in (OrderState.ACTIVE, OrderState.CANCELLING)
    assert ("簡訊 到校，已訂閱" in text_of(page)) is is_on
    assert "簡訊 離校，未訂閱" in text_of(page)
    assert ('name="sms_arrival" value="on" checked disabled' in page.text) is is_on
    assert ("審核中" in text_of(page).partition("簡訊 訂購")[2]) is (state is OrderState.REQUESTED)


def test_saving_the_boxes_ends_no_order_and_starts_none(
    mei: Phone, pages: House, family: Family
) -> None:
    ordered(pages, family, OrderState.ACTIVE, Items.ARRIVAL)
    assert mei.post(family.page, {"line_arrival": "on"}).status_code == 303
    assert orders_in(pages)[0].state == OrderState.ACTIVE
    assert "簡訊 到校，已訂閱" in mei.text(family.page)
    refused = mei.post(family.page, {"sms_departure": "on"})
    assert refused.status_code == 422
    assert "勾了簡訊但還沒有生效的訂購" in refused.text


@pytest.mark.parametrize(
    ("state", "task"),
    [
        (OrderState.REQUESTED, "繳小明的簡訊費 請到學校出納組繳 136 元"),
        (OrderState.RETURNED, "修改小明的簡訊申請 學校退回了申請，原因：手機號碼請再確認"),
        (OrderState.CANCELLING, "小明的簡訊註銷審核中 審核前可以取消註銷。"),
    ],
)
def test_home_says_what_waits_and_leads_there(
    mei: Phone, pages: House, family: Family, state: OrderState, task: str
) -> None:
    ordered(pages, family, state)
    home = mei.get("/liff/home")
    assert f"待辦 {task}" in text_of(home)
    assert f'href="{PAGE}?child={family.binding_id}"' in home.text


def test_home_has_no_task_of_a_semester_that_is_over(
    mei: Phone, pages: House, family: Family
) -> None:
    ordered(pages, family, OrderState.RETURNED)
    assert "修改小明的簡訊申請" in mei.text("/liff/home")
    with transaction(pages.engine) as session:
        begin_another_semester(session)
    assert "修改小明的簡訊申請" not in mei.text("/liff/home")


def test_home_has_no_task_of_an_order_in_force(mei: Phone, pages: House, family: Family) -> None:
    ordered(pages, family, OrderState.ACTIVE)
    home = mei.text("/liff/home")
    assert "待辦" not in home
    assert "到離校簡訊" in home


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (OrderState.ACTIVE, "還有生效中的簡訊，請先註銷。"),
        (OrderState.REQUESTED, "還有審核中的簡訊申請，請先撤回。"),
        (OrderState.CANCELLING, "小明的簡訊註銷還在審核，學校核准後才能刪除。"),
    ],
)
def test_account_is_not_deleted_while_an_order_is_open(
    mei: Phone, pages: House, family: Family, state: OrderState, words: str
) -> None:
    ordered(pages, family, state)
    page = mei.get("/liff/my-data/delete")
    assert words in page.text
    assert f'href="{PAGE}"' in page.text
    assert 'name="word"' not in page.text
    refused = mei.post("/liff/my-data/delete", {"word": "刪除"}, form_at=TOKEN)
    assert refused.status_code == 422
    with snapshot(pages.engine) as session:
        assert session.get_one(Guardian, UUID(family.guardian_id)).erased_at is None


@pytest.mark.parametrize("prepaid", [0, 68])
def test_deleting_says_where_money_is_that_comes_back(
    mei: Phone, pages: House, family: Family, prepaid: int
) -> None:
    order_id = ordered(pages, family, OrderState.CANCELLED)
    with transaction(pages.engine) as session:
        session.get_one(SmsOrder, UUID(order_id)).prepaid = prepaid
    page = mei.text("/liff/my-data/delete")
    assert ("退費請洽學校出納組。" in page) is bool(prepaid)
    assert "請輸入「刪除」" in page


def test_order_of_a_child_somebody_is_bound_to_no_more_can_be_ended_before_deleting(
    mei: Phone, pages: House, family: Family
) -> None:
    order = f"{PAGE}/{ordered(pages, family, OrderState.REQUESTED)}"
    mei.post(f"{family.page}/unbind", {})
    assert "還有審核中的簡訊申請，請先撤回。" in mei.text("/liff/my-data/delete")
    assert f'href="{order}"' in mei.get(PAGE).text
    assert f'href="{order}/withdraw"' in mei.get(order).text
    mei.post(f"{order}/withdraw", {})
    assert "已撤回" in mei.text(PAGE)
    assert 'name="word"' in mei.get("/liff/my-data/delete").text
