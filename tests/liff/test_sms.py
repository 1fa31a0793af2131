"""到離校簡訊服務 on the pages: ordering, waiting, what it costs, and the end of it."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import select

from core.db import snapshot, transaction
from core.house import House
from core.languages.language import Language
from core.orders import service
from core.orders.listing import own_order
from core.orders.plans import Items
from core.orders.settling import settle_plan
from core.orders.standing import view_of
from core.orders.states import OrderState
from core.orders.tables import SmsOrder, SmsPlan
from core.orders.words import order_lines
from core.people.contacts import ContactSlot
from core.people.tables import Binding, Guardian
from tests.contact.test_proofs import code_of
from tests.factories import make_binding, make_student
from tests.liff.conftest import Family
from tests.liff.phone import Phone, text_of
from tests.liff.sms_desk import (
    OFFICER,
    begin_another_semester,
    change_prices,
    count_texts,
    open_service,
    ordered,
    orders_in,
    place_slip,
    verify_phone,
)
from tests.orders.shop import PLAN
from tests.orders.test_races import waits_for_a_lock
from tests.waiting import wait_for

PAGE = "/liff/sms"
# A page with a form that anybody signed in may open.
TOKEN = "/liff/?prove=1"
STATE_WORDS = {
    OrderState.REQUESTED: "申請審核中",
    OrderState.ACTIVE: "生效",
    OrderState.CANCELLING: "註銷審核中",
    OrderState.CANCELLED: "已註銷",
    OrderState.RETURNED: "退回",
    OrderState.WITHDRAWN: "已撤回",
    OrderState.EXPIRED: "期滿",
}


def wish(family: Family, **changed: str) -> dict[str, str]:
    """What Mei sends, or some of it changed."""
    return {"binding_id": family.binding_id, "items": "both", "consent": "on"} | changed


def test_without_a_plan_the_page_says_what_works_instead(mei: Phone, family: Family) -> None:
    page = mei.text(PAGE)
    assert "小明的簡訊" in page
    assert "本學期未提供簡訊服務。到校、離校用 LINE 通知，不收費。" in page
    assert "送出申請" not in page


def test_after_the_last_day_only_what_is_sent_is_promised(
    mei: Phone, pages: House, family: Family
) -> None:
    over = replace(PLAN, last_day=date(2026, 11, 23), send_until=date(2026, 11, 23))
    with transaction(pages.engine) as session:
        open_service(session, pages, over)

    assert "已過訂購期限 2026/11/22（日）。其他通知照常發送，不收費。" in mei.text(PAGE)


@pytest.mark.usefixtures("sms_service")
def test_prices_days_and_the_most_stand_before_the_yes(mei: Phone) -> None:
    page = mei.text(PAGE)
    assert "這學期沒有訂購簡訊，LINE 和 e-mail 通知不收費。" in page
    assert "僅到校 68 元／僅離校 68 元／到校和離校 136 元。" in page
    assert "學校今天核准的話，11/24（二）起發送，剩 40 個上課日。" in page
    assert "先繳 68 元；這學期最多約用 30 元，沒用完的可退。" in page
    assert "先繳 136 元；這學期最多約用 60 元，沒用完的可退。" in page
    assert "費用如果超過先繳的金額，由學校負擔，不用再補。" in page
    assert "寄到 0912***123" in page
    assert page.index("最多約") < page.index("我同意以上費用") < page.index("送出申請")


def test_without_a_verified_number_the_way_to_it_is_there(
    mei: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        open_service(session, pages)
    page = mei.get(PAGE)
    assert "訂購前請先驗證手機" in page.text
    assert 'href="/liff/account/contact/phone' in page.text
    assert "送出申請" not in page.text
    assert mei.get("/liff/account/contact/phone").status_code in (200, 403)


@pytest.mark.usefixtures("sms_service")
def test_order_waits_for_the_cashier_and_the_school(
    mei: Phone, pages: House, family: Family
) -> None:
    done = mei.post(PAGE, wish(family))
    assert done.status_code == 303
    page = mei.text(done.location)
    assert "已送出申請。" in page
    assert "到校和離校簡訊 寄到 0912***123 申請審核中 申請 繳費 學校審核 隔天生效" in page
    assert "請到學校出納組繳 136 元，學校審核後隔日生效。" in page
    assert "已送出申請 2026/11/23 07:20・您" in page
    (order,) = orders_in(pages)
    assert (order.items, order.state) == ("both", "申請審核中")
    assert order.consented_at is not None


@pytest.mark.usefixtures("sms_service")
def test_approved_order_without_a_payment_shows_none_as_made(
    mei: Phone, pages: House, family: Family
) -> None:
    ordered(pages, family, OrderState.REQUESTED)
    with transaction(pages.engine) as session:
        order_id = orders_in(pages)[0].id
        service.approve(session, "", order_id, by=OFFICER, now=pages.clock.now())
    page = mei.get(PAGE).text
    assert "已核准</span>" in page and "生效</span>" not in page
    assert '<li>繳費</li><li class="done">學校審核</li>' in page
    assert '<li aria-current="step">隔天生效</li>' in page
    asked = "還沒繳費，請到學校出納組繳 136 元。"
    assert asked in page
    with transaction(pages.engine) as session:
        service.mark_paid(session, order_id, 136, "A-0123", by=OFFICER, now=pages.clock.now())
    assert asked not in mei.get(PAGE).text


@pytest.mark.usefixtures("sms_service")
@pytest.mark.parametrize("prepaid", [0, 136])
def test_money_back_is_spoken_of_where_some_was_paid(
    mei: Phone, pages: House, family: Family, prepaid: int
) -> None:
    ordered(pages, family, OrderState.CANCELLED)
    with transaction(pages.engine) as session:
        session.exec(update(SmsOrder).values(prepaid=prepaid))
    assert ("退費請洽學校出納組。" in mei.text(PAGE)) == bool(prepaid)


@pytest.mark.usefixtures("sms_service")
@pytest.mark.parametrize("state", [OrderState.REQUESTED, OrderState.RETURNED, OrderState.WITHDRAWN])
def test_money_of_a_semester_that_is_over_goes_to_no_other_order(
    pages: House, family: Family, state: OrderState
) -> None:
    order_id = UUID(ordered(pages, family, state))
    with transaction(pages.engine) as session:
        service.mark_paid(session, order_id, 136, "A-0123", by=OFFICER, now=pages.clock.now())
        service.expire(session, "liff", order_id, PLAN.ends_at)
        listed = own_order(session, order_id, UUID(family.guardian_id))
        said = order_lines(view_of(session, listed), PLAN.ends_at)
    assert "退費請洽學校出納組。" in said
    assert not any("再申請" in line for line in said)


@pytest.mark.usefixtures("sms_service")
@pytest.mark.parametrize(
    ("changed", "field", "fault"),
    [
        ({"items": ""}, "items", "請選擇一個項目"),
        ({"items": "everything"}, "items", "請選擇一個項目"),
        ({"consent": ""}, "consent", "請勾選同意費用"),
    ],
)
def test_fault_stands_beside_its_field_and_nothing_is_ordered(
    mei: Phone, pages: House, family: Family, changed: dict[str, str], field: str, fault: str
) -> None:
    fields = {name: value for name, value in (wish(family) | changed).items() if value}
    refused = mei.post(PAGE, fields)
    assert refused.status_code == 422
    label = "要收哪些簡訊：" if field == "items" else ""
    assert f'<a href="#{field}">{label}{fault}</a>' in refused.text
    assert f'id="{field}-fault"' in refused.text
    assert f'id="{field}"' in refused.text
    assert orders_in(pages) == []


@pytest.mark.usefixtures("sms_service")
def test_nothing_is_chosen_before_the_guardian_chooses(mei: Phone) -> None:
    form = mei.get(PAGE).text
    assert 'name="items" value="both"' in form
    assert " checked" not in form


@pytest.mark.usefixtures("sms_service")
def test_what_was_chosen_stays_beside_a_fault(mei: Phone, family: Family) -> None:
    fields = {"binding_id": family.binding_id, "items": "departure"}
    assert 'value="departure" checked' in mei.post(PAGE, fields).text


@pytest.mark.usefixtures("sms_service")
def test_pressed_twice_is_one_order(mei: Phone, pages: House, family: Family) -> None:
    token = mei.token_at(PAGE)
    fields = {"csrf_token": token, **wish(family)}
    answers = [mei.client.post(PAGE, data=fields) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    assert len(orders_in(pages)) == 1
    assert "這學期已經訂購，沒有重複送出。" in mei.text(answers[1].location)


@pytest.mark.usefixtures("sms_service")
@pytest.mark.parametrize("state", OrderState)
def test_every_state_is_told_in_every_language(
    mei: Phone, pages: House, family: Family, state: OrderState
) -> None:
    order_id = ordered(pages, family, state)
    assert STATE_WORDS[state] in mei.text(PAGE)
    own = (f"{PAGE}/{order_id}{step}" for step in ("", "/cancel", "/withdraw"))
    paths = (PAGE, *own, "/liff/home", family.page)
    for language in Language:
        with transaction(pages.engine) as session:
            session.get_one(Guardian, UUID(family.guardian_id)).locale = language.value
        for path in paths:
            answer = mei.get(path)
            assert (answer.status_code, "{" in text_of(answer)) == (200, False), path


@pytest.mark.usefixtures("sms_service")
def test_money_is_counted_live(mei: Phone, pages: House, family: Family) -> None:
    order_id = UUID(ordered(pages, family, OrderState.ACTIVE))
    count_texts(pages, order_id, delivered=41, failed=2, sent=1)
    page = mei.text(PAGE)
    table = page.partition("這學期的費用")[2]
    assert table.startswith(
        " 成功 41 則 失敗 不收費 2 則 等待回報 1 則 "
        "目前費用 41 × 0.75，小數進位到整數 31 元 已收 收據 A-0123 136 元 "
        "可退 註銷或學期結束後 105 元"
    )
    count_texts(pages, order_id, delivered=1)
    assert "成功 42 則" in mei.text(PAGE)
    slip = mei.text(f"{PAGE}/{order_id}")
    assert "學生 王○明 班級 603・12 號 服務 到校和離校簡訊 狀態 生效" in slip
    assert "成功 42 則" in slip


@pytest.mark.usefixtures("sms_service")
def test_settled_order_can_still_be_read(mei: Phone, pages: House, family: Family) -> None:
    order_id = ordered(pages, family, OrderState.EXPIRED)
    with transaction(pages.engine) as session:
        plan_id = session.get_one(SmsOrder, UUID(order_id)).plan_id
    settle_plan(pages, plan_id, by=OFFICER, now=PLAN.ends_at)
    assert "結算 2027/01/21 00:00・教育局 " in mei.text(PAGE)
    slip = mei.text(f"{PAGE}/{order_id}")
    assert "狀態 期滿" in slip
    assert "可退 136 元" in slip


@pytest.mark.usefixtures("sms_service")
def test_money_of_the_semester_before_is_not_this_ones(
    mei: Phone, pages: House, family: Family
) -> None:
    ordered(pages, family, OrderState.EXPIRED)
    with transaction(pages.engine) as session:
        begin_another_semester(session)
    page = mei.text(PAGE)
    assert "115 學年度第 1 學期 小明的簡訊 114 學年度第 2 學期 到校和離校簡訊" in page
    assert "這學期的費用" not in page
    assert "可退 136 元" in page
    assert "送出申請" in page


@pytest.mark.usefixtures("sms_service")
def test_request_is_taken_back_before_the_school_looks_at_it(
    mei: Phone, pages: House, family: Family
) -> None:
    path = f"{PAGE}/{ordered(pages, family, OrderState.REQUESTED)}"
    assert "學校審核前可以撤回；要修改，就撤回後再申請一次。" in mei.text(PAGE)
    assert f'href="{path}/withdraw"' in mei.get(PAGE).text
    asked = mei.text(f"{path}/withdraw")
    assert "確定撤回小明的到校和離校簡訊申請？ 撤回後學校不再審核" in asked
    assert orders_in(pages)[0].state == OrderState.REQUESTED
    done = mei.post(f"{path}/withdraw", {})
    page = mei.text(done.location)
    assert "申請已撤回。" in page
    assert "申請已撤回，不會發送，也不收費。" in page
    assert "撤回申請 2026/11/23 07:20・您" in page
    assert "重新申請" in page
    again = mei.post(f"{path}/withdraw", {}, form_at=TOKEN)
    assert "這筆申請已經撤回，不用再送一次。" in mei.text(again.location)
    mei.post(PAGE, wish(family, items="arrival"))
    states = sorted((one.items, one.state) for one in orders_in(pages))
    assert states == [("arrival", "申請審核中"), ("both", "已撤回")]


@pytest.mark.usefixtures("sms_service")
@pytest.mark.parametrize(
    ("stands", "step", "done"),
    [
        (OrderState.REQUESTED, "withdraw", OrderState.WITHDRAWN),
        (OrderState.ACTIVE, "cancel", OrderState.CANCELLING),
    ],
)
def test_who_is_no_real_name_member_any_more_can_end_an_order_too(
    mei: Phone, pages: House, family: Family, stands: OrderState, step: str, done: OrderState
) -> None:
    path = f"{PAGE}/{ordered(pages, family, stands)}"
    with transaction(pages.engine) as session:
        session.execute(update(Guardian).values(verify_level="0"))
    assert f'href="{path}/{step}"' in mei.get(PAGE).text
    assert mei.get(f"{path}/{step}").status_code == 200
    assert mei.post(f"{path}/{step}", {}).status_code == 303
    assert orders_in(pages)[0].state == done


@pytest.mark.usefixtures("sms_service")
def test_what_the_school_approved_meanwhile_is_not_withdrawn(
    mei: Phone, pages: House, family: Family
) -> None:
    path = f"{PAGE}/{ordered(pages, family, OrderState.ACTIVE)}"
    said = "這筆簡訊已經生效；不想收了，可以申請註銷。"
    assert said in mei.text(f"{path}/withdraw")
    late = mei.post(f"{path}/withdraw", {}, form_at=TOKEN)
    assert said in mei.text(late.location)
    assert orders_in(pages)[0].state == OrderState.ACTIVE


@pytest.mark.usefixtures("sms_service")
def test_end_is_asked_for_reviewed_and_can_be_taken_back(
    mei: Phone, pages: House, family: Family
) -> None:
    path = f"{PAGE}/{ordered(pages, family, OrderState.ACTIVE)}"
    asked = mei.text(f"{path}/cancel")
    assert "確定註銷小明的到校和離校簡訊？ 需經學校老師審核，審核後隔日生效。" in asked
    done = mei.post(f"{path}/cancel", {})
    page = mei.get(done.location)
    assert "已送出註銷申請。" in text_of(page)
    assert "註銷審核中" in text_of(page)
    again = mei.post(f"{path}/cancel", {}, form_at=PAGE)
    for seen in (f"{path}/cancel", again.location):
        assert "已送出註銷申請，學校審核中，不用再送一次。" in mei.text(seen)
    assert "需經學校老師審核，審核後隔日生效；生效前仍會發送並計費。" in page.text
    kept = mei.post(f"{path}/keep", {}, form_at=PAGE)
    after = mei.text(kept.location)
    assert "註銷已取消，服務維持生效，期間不變。" in after
    assert orders_in(pages)[0].state == OrderState.ACTIVE
    again = mei.post(f"{path}/keep", {}, form_at=TOKEN)
    assert "這筆簡訊已經生效；不想收了，可以申請註銷。" in mei.text(again.location)


@pytest.mark.usefixtures("sms_service")
def test_returned_order_says_why_and_can_be_sent_again(
    mei: Phone, pages: House, family: Family
) -> None:
    order_id = UUID(ordered(pages, family, OrderState.RETURNED, Items.ARRIVAL))
    cashier = "送出後請到學校出納組繳費"
    assert cashier in mei.text(PAGE)
    with transaction(pages.engine) as session:
        service.mark_paid(session, order_id, 68, "A-0123", by=OFFICER, now=pages.clock.now())
    page = mei.get(PAGE)
    assert cashier not in text_of(page), "what was paid counts for the next one"
    assert "學校退回了申請，原因：手機號碼請再確認" in page.text
    assert 'value="arrival" checked' in page.text
    assert mei.post(PAGE, wish(family)).status_code == 303
    states = sorted(order.state for order in orders_in(pages))
    assert states == sorted([OrderState.RETURNED, OrderState.REQUESTED])
    assert "到校簡訊 退回" in mei.text(PAGE), "the earlier one is listed"


@pytest.mark.usefixtures("sms_service")
def test_only_an_order_in_force_can_end(mei: Phone, pages: House, family: Family) -> None:
    path = f"{PAGE}/{ordered(pages, family, OrderState.REQUESTED)}"
    said = "學校還在審核這筆申請；不想訂了，可以撤回。"
    assert said in mei.text(f"{path}/cancel")
    done = mei.post(f"{path}/cancel", {}, form_at=TOKEN)
    assert said in mei.text(done.location)
    assert orders_in(pages)[0].state == OrderState.REQUESTED


@pytest.mark.usefixtures("sms_service")
def test_stranger_finds_no_child_and_no_order(
    mei: Phone, hua: Phone, pages: House, family: Family
) -> None:
    order_id = ordered(pages, family, OrderState.ACTIVE)
    with transaction(pages.engine) as session:
        verify_phone(session, pages, _hua_in(pages))
    seen = [
        hua.get(f"{PAGE}?child={family.binding_id}"),
        hua.get(f"{PAGE}?child=nonsense"),
        hua.get(f"{PAGE}/{order_id}"),
        hua.get(f"{PAGE}/{order_id}/cancel"),
        hua.post(PAGE, wish(family), form_at=TOKEN),
        hua.post(f"{PAGE}/{order_id}/cancel", {}, form_at=TOKEN),
        hua.post(f"{PAGE}/{order_id}/keep", {}, form_at=TOKEN),
        hua.get(f"{PAGE}/{order_id}/withdraw"),
        hua.post(f"{PAGE}/{order_id}/withdraw", {}, form_at=TOKEN),
    ]
    assert [one.status_code for one in seen] == [404] * len(seen)
    assert all("小明" not in one.text for one in seen)
    (order,) = orders_in(pages)
    assert order.state == OrderState.ACTIVE


def _hua_in(pages: House) -> UUID:
    with snapshot(pages.engine) as session:
        return session.exec(select(Guardian).order_by(Guardian.id)).all()[-1].id  # type: ignore[arg-type]


@pytest.mark.usefixtures("sms_service")
def test_another_guardian_of_the_child_sees_nothing_of_it(
    mei: Phone, hua: Phone, pages: House, family: Family
) -> None:
    ordered(pages, family, OrderState.ACTIVE)
    with transaction(pages.engine) as session:
        guardians = session.exec(select(Guardian)).all()
        other = next(one for one in guardians if str(one.id) != family.guardian_id)
        binding = session.get_one(Binding, UUID(family.binding_id))
        theirs = Binding(
            guardian_id=other.id,
            student_id=binding.student_id,
            relationship="father",
            proven_by="five_facts",
            bound_at=binding.bound_at,
        )
        session.add(theirs)
    page = hua.text(PAGE)
    assert "這學期沒有訂購簡訊" in page
    assert "0912" not in page


@pytest.mark.usefixtures("sms_service")
def test_nobody_is_sent_to_the_cashier_where_nothing_is_paid_before(
    mei: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        session.execute(update(SmsPlan).values(price_arrival=0, price_departure=0, price_both=0))
    page = mei.text(PAGE)
    assert "出納組" not in page
    assert "需經學校老師審核，審核後隔日生效。" in page
    ordered(pages, family, OrderState.REQUESTED)
    page = mei.text(PAGE)
    assert "申請審核中 申請 學校審核 隔天生效" in page
    assert "繳費" not in page


@pytest.mark.usefixtures("sms_service")
def test_prices_that_changed_meanwhile_are_shown_before_they_count(
    mei: Phone, pages: House, family: Family
) -> None:
    seen = re.findall(r'name="plan" value="([^"]+)"', mei.get(PAGE).text)
    with transaction(pages.engine) as session:
        change_prices(session)
    refused = mei.post(PAGE, wish(family, plan=seen[0]))
    assert refused.status_code == 422
    assert "費用或期間剛有更改，請再看一次後送出" in text_of(refused)
    assert "僅到校 99 元" in text_of(refused)
    assert 'value="on" checked' not in refused.text
    assert orders_in(pages) == []
    now = re.findall(r'name="plan" value="([^"]+)"', refused.text)
    assert mei.post(PAGE, wish(family, plan=now[0])).status_code == 303


@pytest.mark.usefixtures("sms_service")
def test_prices_that_change_while_the_order_is_written_are_shown_first(
    mei: Phone, pages: House, family: Family
) -> None:
    sent = dict(mei.hidden_in(mei.get(PAGE))) | wish(family)
    with ThreadPoolExecutor(1) as pool:
        with transaction(pages.engine) as session:
            change_prices(session)
            answer = pool.submit(mei.client.post, PAGE, data=sent)
            wait_for(lambda: waits_for_a_lock(pages), "whoever orders")
        refused = answer.result()
    assert "費用或期間剛有更改，請再看一次後送出" in text_of(refused)
    assert orders_in(pages) == []


@pytest.mark.usefixtures("sms_service")
def test_number_with_a_paper_slip_needs_no_second_order(
    mei: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        child = session.get_one(Binding, UUID(family.binding_id)).student_id
        place_slip(session, pages, child, "0912000123")
    refused = mei.post(PAGE, wish(family))
    assert refused.status_code == 422
    assert "這支手機已經申請過這個孩子的簡訊（紙本回條，或另一位家長）" in text_of(refused)
    assert len(orders_in(pages)) == 1


@pytest.mark.usefixtures("sms_service")
def test_each_child_has_its_own_service(mei: Phone, pages: House, family: Family) -> None:
    ordered(pages, family, OrderState.ACTIVE)
    with transaction(pages.engine) as session:
        sister = make_student(session, pages, name="王小華", number="11510002")
        mother = session.get_one(Guardian, UUID(family.guardian_id))
        other = make_binding(session, mother, sister).id
    assert "小華的簡訊" in mei.text(f"{PAGE}?child={other}")
    assert "這學期沒有訂購簡訊" in mei.text(f"{PAGE}?child={other}")


def test_whoever_verifies_the_number_comes_back_to_the_order(
    mei: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        open_service(session, pages)
    mei.get(PAGE)
    number = "/liff/account/contact/phone"
    assert mei.post(number, {"address": "0912345678"}).status_code == 303
    code = code_of(pages, UUID(family.guardian_id), ContactSlot.PHONE)
    proved = mei.post(f"{number}/code", {"code": code})
    assert proved.location == f"{PAGE}?child={family.binding_id}&note=proved"
    page = mei.text(proved.location)
    assert "手機已驗證，可以訂購了。" in page
    assert "送出申請" in page
