"""The end of a semester: orders run out, fees are fixed, everybody is told once."""

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from core.duty.order_commands import order_commands
from core.duty.order_tick import run_order_tick
from core.errors import InputError
from core.kinds import NoticeKind
from core.notices.tables import Notice
from core.orders.accounts import account_for
from core.orders.ledger import steps_of
from core.orders.plan_book import list_plans, plan_of, plan_of_day, record_plan
from core.orders.service import approve, mark_paid, withdraw
from core.orders.settling import expire_orders, settle_plan, totals_of
from core.orders.states import OrderState
from core.orders.tables import Origin, TextState
from core.orders.texts import move_text
from core.settings import Settings, load_settings
from tests.orders.shop import LIFF, OFFICER, PLAN, Shop, at

OVER = PLAN.ends_at + timedelta(hours=9)


def settle(shop: Shop) -> int:
    return settle_plan(shop.house, shop.plan, by="operator", now=OVER)


def paid_order(shop: Shop, delivered: int) -> UUID:
    order_id = shop.order(at(10, 6))
    shop.does(approve, LIFF, order_id, by=OFFICER, now=at(10, 7))
    shop.does(mark_paid, order_id, 68, "A-1", by="staff:c", now=at(10, 7))
    shop.add_texts(order_id, TextState.DELIVERED, delivered)
    return order_id


def told(shop: Shop, kind: NoticeKind) -> list[Notice]:
    statement = select(Notice).where(Notice.kind == kind)  # type: ignore[arg-type]
    found: list[Notice] = shop.does(lambda session: session.scalars(statement).all())
    return found


def test_orders_run_out_with_the_semester_and_only_then(shop: Shop) -> None:
    active, asked = (
        paid_order(shop, 1),
        shop.order(at(10, 8), guardian_id=None, origin=Origin.SLIP, phone="0933000111"),
    )
    shop.house.clock.move_to(PLAN.ends_at - timedelta(seconds=1))
    run_order_tick(shop.house)
    assert shop.row(active).state == OrderState.ACTIVE
    shop.house.clock.move_to(PLAN.ends_at)
    run_order_tick(shop.house)
    run_order_tick(shop.house)
    assert (shop.row(active).state, shop.row(asked).state) == (
        OrderState.EXPIRED,
        OrderState.RETURNED,
    )
    assert [one.step for one in shop.does(steps_of, active)][-1] == "expire"


class Unrung(threading.Event):
    """A bell nobody may ring."""

    def set(self) -> None:
        raise AssertionError("rung")


def test_before_the_end_no_order_runs_out_whoever_asks(shop: Shop) -> None:
    active = paid_order(shop, 1)
    # The bell rings after each batch: one that changed nothing would be followed by the same again.
    house = replace(shop.house, notices_due=Unrung())
    assert expire_orders(house, shop.plan, PLAN.ends_at - timedelta(seconds=1)) == 0
    assert shop.row(active).state == OrderState.ACTIVE
    assert expire_orders(shop.house, shop.plan, PLAN.ends_at) == 1


def test_nobody_is_woken_at_midnight_for_an_order_that_lapsed(shop: Shop) -> None:
    shop.order(at(10, 6))
    shop.house.clock.move_to(PLAN.ends_at)
    run_order_tick(shop.house)
    (notice,) = told(shop, NoticeKind.SMS_RETURNED)
    assert notice.due_at == at(1, 21, 8, 0, year=2027)


def test_receipt_counts_until_the_settlement_and_not_afterwards(shop: Shop) -> None:
    order_id = paid_order(shop, 88)
    late, later = shop.add_texts(order_id, TextState.SENT, 2)
    shop.does(move_text, late, TextState.DELIVERED, OVER)
    assert settle(shop) == 1
    shop.does(move_text, later, TextState.DELIVERED, OVER)
    account = shop.does(account_for, shop.row(order_id))
    assert (account.ok, account.fee, account.refund, account.shortfall) == (89, 67, 1, 0)


def test_settlement_is_told_once_and_fixes_everything(shop: Shop) -> None:
    order_id = paid_order(shop, 91)
    settle(shop)
    with pytest.raises(InputError, match="closed"):
        settle(shop)
    notice = told(shop, NoticeKind.SMS_SETTLED)
    assert len(notice) == 1
    assert "本學期成功 91 則，費用 69 元；已收 68 元，沒有退費。" in notice[0].content.decode()
    with pytest.raises(InputError, match="closed"):
        shop.does(mark_paid, order_id, 0, "", by="staff:c", now=OVER)
    total = shop.does(totals_of, shop.plan)[0]
    counts = (total.orders, total.arrivals, total.fee, total.prepaid, total.refund, total.shortfall)
    assert counts == (1, 91, 69, 68, 0, 1)


def test_order_that_never_sent_is_settled_in_silence(shop: Shop) -> None:
    order_id = shop.order(at(10, 6))
    assert settle(shop) == 1
    assert (shop.row(order_id).state, shop.row(order_id).fee) == (OrderState.RETURNED, 0)
    assert told(shop, NoticeKind.SMS_SETTLED) == []


def test_totals_count_what_was_in_force_or_paid(shop: Shop) -> None:
    withdrawn = shop.order(at(10, 5))
    shop.does(withdraw, withdrawn, by="guardian:m", now=at(10, 6))
    paid_order(shop, 3)
    assert settle(shop) == 2
    assert [one.orders for one in shop.does(totals_of, shop.plan)] == [1]


def test_plan_that_still_sends_can_not_be_closed(shop: Shop) -> None:
    with pytest.raises(InputError, match="running"):
        settle_plan(shop.house, shop.plan, by="operator", now=PLAN.ends_at - timedelta(seconds=1))


def test_more_orders_than_a_batch_are_all_settled(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.orders.settling.BATCH", 2)
    slip = {"guardian_id": None, "origin": Origin.SLIP}
    for number in range(5):
        shop.order(at(10, 6), phone=f"093300011{number}", **slip)
    assert settle(shop) == 5


def test_plan_comes_back_as_it_was_recorded(shop: Shop) -> None:
    row = shop.does(plan_of_day, at(8, 1).date())
    assert plan_of(row) == PLAN
    assert shop.does(plan_of_day, OVER.date()) is None


def test_plan_with_orders_is_not_replaced(shop: Shop) -> None:
    shop.does(record_plan, PLAN, by="operator", now=OVER)
    shop.order(at(10, 6))
    with pytest.raises(InputError, match="ordered"):
        shop.does(record_plan, PLAN, by="operator", now=OVER)
    assert len(shop.does(list_plans)) == 1


@pytest.fixture
def settings(database_url: str) -> Settings:
    return load_settings(
        _env_file=None, database_url=database_url, clock_now="2027-02-01T09:00:00+08:00"
    )


def run(settings: Settings, *words: str) -> Result:
    return CliRunner().invoke(order_commands, ["plan", *words], obj=settings)


def test_commands_add_list_and_close_a_plan(shop: Shop, settings: Settings) -> None:
    order_id = paid_order(shop, 90)
    shop.add_texts(order_id, TextState.SENT)
    days = ("--first", "2027-02-22", "--last", "2027-06-30", "--billing-days", "90")
    assert run(settings, "add", "115-2", *days).exit_code == 0
    assert "open: 1 orders, 1 texts without a receipt" in run(settings, "list").output
    asked = CliRunner().invoke(order_commands, ["plan", "close", "115-1"], obj=settings, input="n")
    assert "1 texts have no receipt yet and will cost nothing." in asked.output
    assert run(settings, "close", "115-1", "--yes").output == "closed 115-1: 1 orders settled\n"
    listed = run(settings, "list").output
    assert "closed: 1 orders, fees 68, refunds 0, shortfalls 0" in listed
    assert "115-2  2027-02-22…2027-06-30, texts until 2027-06-30  90 billing days" in listed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "114-1", "--first", "2025-09-08", "--last", "2025-01-23"), "the days run backw"),
        (("add", "115-2", "--first", "2027-01-10", "--last", "2027-06-30"), "another semester"),
        (("add", "1152", "--first", "2027-02-22", "--last", "2027-06-30"), "is no semester"),
    ],
)
def test_plan_that_can_not_be_is_refused_with_the_reason(
    shop: Shop, settings: Settings, words: tuple[str, ...], said: str
) -> None:
    result = run(settings, *words, "--billing-days", "91")
    assert result.exit_code == 1
    assert said in result.output
