"""LINE remembers a retry key for a day: nothing is tried again when that may be over."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from core.db import snapshot, transaction
from core.delivery.claims import claim, expire
from core.delivery.line import PushAnswer, PushResult
from core.delivery.outcomes import settlement_for
from core.delivery.pushes import Leased
from core.delivery.retry import next_try
from core.delivery.settle import settle
from core.house import House
from core.kinds import NoticeKind, NoticeState
from core.notices.outbox import RETRY_HORIZON, NewNotice, enqueue
from core.notices.tables import Notice
from core.notices.templates import frozen
from tests.conftest import MONDAY_MORNING
from tests.factories import MEI, make_guardian

Take = Callable[[], list[Leased]]


@pytest.fixture
def take(house: House) -> Take:
    """A correction that LINE neither takes nor refuses; what is due of it at the moment."""
    with transaction(house.engine) as session:
        guardian = make_guardian(session, house)
        notice = NewNotice(
            kind=NoticeKind.BOUND,
            guardian_id=guardian.id,
            line_user_id=MEI,
            school_day=MONDAY_MORNING.date(),
            at=house.clock.now(),
            content=frozen([{"type": "text", "text": "1"}]),
        )
        enqueue(session, [notice], house.clock.now())

    def take() -> list[Leased]:
        now = house.clock.now()
        with transaction(house.engine) as session:
            expire(session, now)
            leased = claim(session, now=now, limit=5)
        with transaction(house.engine) as session:
            answer = PushAnswer(PushResult.AMBIGUOUS, "http_500")
            settle(session, [settlement_for(one, answer, now) for one in leased], now)
        return leased

    return take


def _state(house: House) -> str:
    with snapshot(house.engine) as session:
        state: str = session.scalars(select(col(Notice.state))).one()
    return state


@pytest.mark.parametrize("later", [RETRY_HORIZON, timedelta(hours=25), timedelta(days=9)])
def test_what_was_tried_a_day_ago_is_never_tried_again(
    house: House, take: Take, later: timedelta
) -> None:
    assert len(take()) == 1
    house.clock.move_to(house.clock.now() + later)
    assert take() == []
    assert _state(house) == NoticeState.UNKNOWN


def test_it_is_tried_until_then_under_one_key(house: House, take: Take) -> None:
    keys = set()
    for _ in range(30):
        keys |= {one.retry_key for one in take()}
        house.clock.move_to(house.clock.now() + timedelta(hours=1))
    assert len(keys) == 1
    assert _state(house) == NoticeState.UNKNOWN


@given(st.integers(1, 2_000), st.integers(0, 90_000))
def test_no_try_is_due_past_the_horizon(attempts: int, seconds: int) -> None:
    first = datetime(2026, 11, 23, tzinfo=UTC)
    due = next_try(attempts, first, first + timedelta(seconds=seconds))
    assert due is None or due < first + RETRY_HORIZON
