"""What a guardian hears of their order, and that the school's own orders are silent."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select

from core.kinds import NoticeKind
from core.notices.tables import Notice
from core.orders.service import (
    approve,
    approve_cancel,
    ask_cancel,
    expire,
    keep,
    mark_paid,
    return_order,
)
from core.orders.states import OrderState
from core.orders.tables import Origin, TextState
from core.people.bindings import unbind_child
from core.people.tables import Binding, Guardian
from tests.bot.line_limits import words_of
from tests.factories import MEI
from tests.orders.shop import LIFF, OFFICER, PLAN, Shop, at


def told(shop: Shop) -> list[Notice]:
    """What was written to the outbox, first to last."""
    newest = select(Notice).order_by(Notice.created_at)  # type: ignore[arg-type]
    notices: list[Notice] = shop.does(lambda session: session.scalars(newest).all())
    return notices


def last_words(shop: Shop) -> list[str]:
    """The words of the newest notice."""
    return words_of(orjson.loads(told(shop)[-1].content))


def active(shop: Shop) -> UUID:
    order_id = shop.order(at(10, 6))
    shop.does(approve, LIFF, order_id, by=OFFICER, now=at(10, 6, 10))
    return order_id


def test_approval_says_from_when_and_until_when(shop: Shop) -> None:
    active(shop)
    notice = told(shop)[0]
    assert (notice.kind, notice.guardian_id, notice.line_user_id) == (
        NoticeKind.SMS_APPROVED,
        shop.mei,
        MEI,
    )
    said = last_words(shop)
    assert "小明的到校和離校簡訊已核准，10/7（三）起發送到 1/20（三）。" in said
    assert f"https://liff.line.me/{LIFF}/sms?child=" in notice.content.decode()


def test_return_gives_the_schools_reason(shop: Shop) -> None:
    order_id = shop.order(at(10, 6))
    shop.does(return_order, LIFF, order_id, "收據號碼不清楚。", by=OFFICER, now=at(10, 7))
    assert "學校退回了申請，原因：收據號碼不清楚。" in last_words(shop)


def test_every_change_of_mind_is_told_even_within_a_day(shop: Shop) -> None:
    order_id = active(shop)
    for hour in (8, 9):
        shop.does(ask_cancel, LIFF, order_id, by="guardian:m", now=at(10, 8, hour))
        shop.does(keep, LIFF, order_id, by="guardian:m", now=at(10, 8, hour, 30))
    kinds = [one.kind for one in told(shop)[1:]]
    assert kinds == [NoticeKind.SMS_CANCELLING, NoticeKind.SMS_KEPT] * 2
    assert "註銷已取消，服務維持生效，期間不變：10/7（三）–1/20（三）" in last_words(shop)


@pytest.mark.parametrize(
    ("prepaid", "money"),
    [
        (136, "已收 136 元，費用 3 元，可退 133 元。退費請洽學校出納組。"),
        (3, "已收 3 元，費用 3 元，沒有退費。"),
        (0, "已收 0 元，費用 3 元，沒有退費。"),
    ],
)
def test_end_says_the_day_and_the_money(shop: Shop, prepaid: int, money: str) -> None:
    order_id = active(shop)
    if prepaid:
        shop.does(mark_paid, order_id, prepaid, "A-1", by="staff:c", now=at(10, 7))
    shop.add_texts(order_id, TextState.DELIVERED, 4)
    shop.does(ask_cancel, LIFF, order_id, by="guardian:m", now=at(10, 8))
    shop.does(approve_cancel, LIFF, order_id, by=OFFICER, now=at(10, 9, 23, 59))
    said = last_words(shop)
    assert "註銷已核准，10/10（六）起不再發送。" in said
    assert money in said


def test_guardian_hears_in_their_own_language(shop: Shop) -> None:
    guardian = shop.does(lambda session: session.get_one(Guardian, shop.mei))
    guardian.locale = "vi"
    shop.does(lambda session: session.merge(guardian))
    active(shop)
    assert any("Đến và rời trường" in one for one in last_words(shop))


def test_who_is_no_longer_bound_still_hears_of_their_money(shop: Shop) -> None:
    order_id = active(shop)
    shop.does(ask_cancel, LIFF, order_id, by="guardian:m", now=at(10, 8))
    binding = shop.does(lambda session: session.scalars(select(Binding)).one())
    shop.does(unbind_child, guardian_id=shop.mei, binding_id=binding.id, now=at(10, 8))
    shop.does(approve_cancel, LIFF, order_id, by=OFFICER, now=at(10, 9))
    notice = told(shop)[-1]
    assert notice.kind == NoticeKind.SMS_CANCELLED
    assert "?child=" not in notice.content.decode()


def test_paper_slip_tells_nobody_in_line(shop: Shop) -> None:
    slip: dict[str, Any] = {"guardian_id": None, "origin": Origin.SLIP, "phone": "0933000111"}
    order_id = shop.order(at(10, 6), **slip)
    shop.does(approve, LIFF, order_id, by=OFFICER, now=at(10, 7))
    assert told(shop) == []


@pytest.mark.parametrize(("prepaid", "asked"), [(136, "已繳的 136 元可退"), (0, "新學期")])
def test_order_nobody_looked_at_ends_with_the_semester_and_says_so(
    shop: Shop, prepaid: int, asked: str
) -> None:
    order_id = shop.order(at(10, 6))
    if prepaid:
        shop.does(mark_paid, order_id, prepaid, "A-1", by="staff:c", now=at(10, 7))
    shop.does(expire, LIFF, order_id, PLAN.ends_at - timedelta(seconds=1))
    assert shop.row(order_id).state == OrderState.REQUESTED
    shop.does(expire, LIFF, order_id, PLAN.ends_at)
    assert shop.row(order_id).state == OrderState.RETURNED
    said = last_words(shop)
    assert "簡訊申請沒有生效" in said
    assert any(asked in one for one in said)
