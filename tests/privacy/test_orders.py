"""Orders of texts: who deletes ends them first, and what identifies goes after the settlement."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core.db import snapshot, transaction
from core.errors import InputError
from core.house import House
from core.notices.tables import Notice
from core.orders.leaving import has_open_orders
from core.orders.states import OrderState
from core.orders.tables import SmsOrder, SmsOrderStep, SmsPlan, SmsText, TextState
from core.privacy.erasure import erase_guardian
from core.privacy.people import person_of
from core.privacy.purge import purge
from core.privacy.tombstones import Stone, stones_of
from tests.orders.shop import paid_text
from tests.privacy.conftest import NOW, Cast


def order_of(house: House, guardian_id: UUID) -> SmsOrder:
    """The guardian's one order."""
    with snapshot(house.engine) as session:
        return session.scalars(select(SmsOrder).where(SmsOrder.guardian_id == guardian_id)).one()  # type: ignore[arg-type]


@pytest.fixture
def active(home: House, cast: Cast) -> SmsOrder:
    """Mei's order, in force."""
    with transaction(home.engine) as session:
        row = session.get_one(SmsOrder, order_of(home, cast.mei).id)
        row.state, row.ended_at, row.reason = OrderState.ACTIVE, None, None
        row.approved_at = row.effective_from = NOW
        session.add(row)
    return row


def test_open_order_keeps_a_guardian_from_deleting(
    home: House, cast: Cast, active: SmsOrder
) -> None:
    with snapshot(home.engine) as session:
        assert has_open_orders(session, cast.mei)
        assert not has_open_orders(session, cast.hua)
    with pytest.raises(InputError, match="open_order"), transaction(home.engine) as session:
        erase_guardian(session, home.vault, cast.mei, NOW)


def test_account_of_an_ended_order_stays_without_its_number(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        assert erase_guardian(session, home.vault, cast.mei, NOW)
    row = order_of(home, cast.mei)
    assert (row.phone_sealed, row.phone_index, row.prepaid) == (None, None, 0)
    assert order_of(home, cast.hua).phone_sealed is not None


def test_order_a_backup_brought_back_ends_with_its_guardian(
    home: House, cast: Cast, active: SmsOrder
) -> None:
    with transaction(home.engine) as session:
        assert erase_guardian(session, home.vault, cast.mei, NOW, stone=_stone(home, cast))
    row = order_of(home, cast.mei)
    assert (row.state, row.phone_sealed) == (OrderState.CANCELLED, None)


def _stone(house: House, cast: Cast) -> Stone:
    with snapshot(house.engine) as session:
        person = person_of(session, house.vault, cast.mei)
    return next(iter(stones_of(house.vault, "pass", person.line_user_ids, NOW, "K7Q4M2XP")))


@pytest.mark.parametrize(("ago", "left"), [(29, 1), (31, 0)])
def test_order_goes_thirty_days_after_its_settlement_with_all_that_hangs_on_it(
    home: House, cast: Cast, ago: int, left: int
) -> None:
    order_id = order_of(home, cast.mei).id
    with transaction(home.engine) as session:
        row = session.get_one(SmsOrder, order_id)
        row.fee, row.settled_at = 0, NOW - timedelta(days=ago)
        session.add_all([row, paid_text(order_id, NOW, TextState.SENT)])
        notice = session.scalars(select(Notice).where(Notice.guardian_id == cast.mei)).first()  # type: ignore[arg-type]
        assert notice is not None
        notice.order_id = order_id
    assert purge(home) is not None
    with snapshot(home.engine) as session:
        for model, column in (
            (SmsOrder, SmsOrder.id),
            (SmsOrderStep, SmsOrderStep.order_id),
            (Notice, Notice.order_id),
        ):
            found = session.scalars(select(model).where(column == order_id)).all()  # type: ignore[arg-type]
            assert len(found) == left, model
        texts = session.scalars(select(SmsText).where(SmsText.order_id == order_id)).all()  # type: ignore[arg-type]
        assert len(texts) == 2 * left
        assert session.scalars(select(SmsPlan)).one()
