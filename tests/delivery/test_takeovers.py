"""Takeovers are told apart from retries, and counted as they happen."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from core.clock import school_day_of
from core.db import snapshot, transaction
from core.delivery.claims import LEASE, claim
from core.delivery.line import PushAnswer, PushResult
from core.delivery.outcomes import settlement_for
from core.delivery.pushes import Leased
from core.delivery.settle import settle
from core.delivery.takeovers import takeovers_of
from core.house import House
from core.kinds import NoticeKind
from core.watch.metrics import metrics_page

Notify = Callable[..., int]
SECOND = timedelta(seconds=1)


def _claim(house: House) -> list[Leased]:
    with transaction(house.engine) as session:
        return claim(session, now=house.clock.now(), limit=10)


def _answer(house: House, leased: list[Leased], result: PushResult) -> None:
    now, answer = house.clock.now(), PushAnswer(result, "word")
    with transaction(house.engine) as session:
        settle(session, [settlement_for(one, answer, now) for one in leased], now)


def _count(house: House) -> int:
    with snapshot(house.engine) as session:
        return takeovers_of(session, school_day_of(house.clock.now()))


def _later(house: House, span: timedelta) -> None:
    house.clock.move_to(house.clock.now() + span)


def test_lease_that_ran_out_is_a_takeover_each_time(house: House, notify: Notify) -> None:
    for occurrence in (1, 2, 3):
        notify(NoticeKind.BOUND, student_id=None, about=str(occurrence))
    assert len(_claim(house)) == 3
    assert _count(house) == 0
    for times in (1, 2):
        _later(house, LEASE + SECOND)
        assert len(_claim(house)) == 3
        assert _count(house) == 3 * times
    assert 'gate_lease_takeovers{channel="line"} 6.0' in metrics_page(house).decode()


@pytest.mark.parametrize("result", [PushResult.AMBIGUOUS, PushResult.NOT_SENT])
def test_retry_is_no_takeover(house: House, notify: Notify, result: PushResult) -> None:
    notify()
    _claim(house)
    _later(house, LEASE + SECOND)
    _answer(house, _claim(house), result)
    assert _count(house) == 1
    _later(house, timedelta(minutes=1))
    assert len(_claim(house)) == 1
    assert _count(house) == 1


def test_count_begins_anew_each_day(house: House, notify: Notify) -> None:
    notify(NoticeKind.BOUND)
    _claim(house)
    _later(house, LEASE + SECOND)
    _claim(house)
    _later(house, timedelta(days=1))
    assert _count(house) == 0
