"""The rules of the month's quota."""

from collections.abc import Sequence
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.delivery.quota import (
    BETWEEN_LOOKS,
    RESERVED,
    WARN_AT,
    Outlook,
    Quota,
    Standing,
    Step,
    next_standing,
    step_for,
)

MONTH = Outlook(past=10, left=10)
NUMBERS = st.integers(0, 200_000)
DAYS = st.floats(0, 23, allow_nan=False)
OUTLOOKS = st.builds(Outlook, past=DAYS, left=DAYS, reserve=NUMBERS)


@pytest.mark.parametrize(
    ("used", "step"),
    [
        # Ten days cost 4,500, ten more as much: exactly what may be spent.
        (4_500, Step.NORMAL),
        (4_501, Step.NO_TESTS),
        # Arrivals alone need half of it: 6,000 a half month, and 3,000 are left.
        (6_000, Step.NO_TESTS),
        (6_001, Step.DEPARTURES_ON_DEMAND),
        (8_955, Step.DEPARTURES_ON_DEMAND),
        # 45 is a tenth of a morning's arrivals: the next look might come too late.
        (8_956, Step.ARRIVALS_ON_DEMAND),
        (9_000, Step.ARRIVALS_ON_DEMAND),
        (10_500, Step.ARRIVALS_ON_DEMAND),
    ],
)
def test_steps_of_a_month_of_ten_thousand(used: int, step: Step) -> None:
    assert step_for(Quota(10_000, used), MONTH) is step


def test_quota_is_gone_with_its_last_message_and_rounded_in_the_reserves_favour() -> None:
    assert [Quota(500, used).is_gone for used in (499, 500)] == [False, True]
    assert Quota(0, 0).percent == 100
    assert MONTH.room(Quota(505, 0)) == 505 - 51


def test_arrivals_stop_where_the_next_look_would_find_the_reserve_touched() -> None:
    outlook = Outlook(past=10, left=10, reserve=10)
    steps = [step_for(Quota(granted, 200), outlook) for granted in (211, 212)]
    assert steps == [Step.ARRIVALS_ON_DEMAND, Step.DEPARTURES_ON_DEMAND]


def test_channel_without_a_limit_is_never_cut_back() -> None:
    assert step_for(Quota(None, 10**9), MONTH) is Step.NORMAL
    assert Quota(None, 10**9).percent == 0


def test_two_school_days_are_no_forecast() -> None:
    assert step_for(Quota(6_000, 4_000), Outlook(past=2, left=19)) is Step.NORMAL
    assert step_for(Quota(6_000, 4_000), Outlook(past=3, left=18)) is not Step.NORMAL


def test_reserve_holds_from_the_first_day() -> None:
    assert step_for(Quota(200, 180), Outlook(past=1, left=20)) is Step.ARRIVALS_ON_DEMAND


def test_operators_reserve_counts_instead_of_a_tenth() -> None:
    quota = Quota(10_000, 1_000)
    assert Outlook(10, 10).room(quota) == 8_000
    assert Outlook(10, 10, reserve=2_500).room(quota) == 6_500
    assert Outlook(10, 10, reserve=99_999).room(quota) == -1_000


def test_room_lasts_by_school_days() -> None:
    assert Outlook(past=5, left=15).days_of_room(Quota(10_000, 1_000)) == 40
    assert Outlook(past=2, left=15).days_of_room(Quota(10_000, 1_000)) is None


def test_reserve_is_close_within_a_days_pace_or_when_nobody_can_say() -> None:
    assert not Outlook(past=10, left=10).is_close(Quota(10_000, 8_000))
    assert Outlook(past=10, left=10).is_close(Quota(10_000, 8_200))
    assert Outlook(past=1, left=20).is_close(Quota(10_000, 0))
    assert not Outlook(past=1, left=20).is_close(Quota(None, 0))


@given(granted=NUMBERS, used=NUMBERS, more=NUMBERS, outlook=OUTLOOKS)
def test_more_use_never_asks_for_less(granted: int, used: int, more: int, outlook: Outlook) -> None:
    before = step_for(Quota(granted, used), outlook)
    assert step_for(Quota(granted, used + more), outlook) >= before


@given(granted=NUMBERS, counts=st.lists(st.tuples(NUMBERS, OUTLOOKS), min_size=2))
def test_within_a_month_neither_step_nor_told_goes_down(
    granted: int, counts: Sequence[tuple[int, Outlook]]
) -> None:
    standing = Standing()
    for used, outlook in counts:
        after = next_standing(standing, Quota(granted, used), outlook)
        assert after.step >= standing.step
        assert after.told >= standing.told
        standing = after


@given(granted=st.integers(1, 200_000), counts=st.lists(NUMBERS), outlook=OUTLOOKS)
def test_each_share_is_told_once(granted: int, counts: list[int], outlook: Outlook) -> None:
    standing, heard = Standing(), []
    for used in counts:
        after = next_standing(standing, Quota(granted, used), outlook)
        if after.told > standing.told:
            heard.append(after.told)
        standing = after
    assert heard == sorted(set(heard))
    assert set(heard) <= {*WARN_AT, RESERVED}


@given(
    granted=st.integers(100, 100_000),
    reserve=st.integers(0, 50_000),
    past=st.integers(3, 22),
    begun=st.floats(0, 1),
    sends=st.lists(st.floats(0, 1), max_size=60),
)
def test_arrivals_never_eat_the_reserve(
    granted: int, reserve: int, past: int, begun: float, sends: list[float]
) -> None:
    """Whatever goes between two looks, up to a tenth of a morning's arrivals at that pace."""
    outlook = Outlook(past, 22 - past, reserve)
    kept = min(reserve or ceil(granted * 0.1), granted)
    used, standing = int((granted - kept) * begun), Standing()
    for share in sends:
        quota = Quota(granted, used)
        standing = next_standing(standing, quota, outlook)
        if standing.step < Step.ARRIVALS_ON_DEMAND:
            used += int(outlook.pace(quota) * BETWEEN_LOOKS * share)
    assert granted - used >= kept


@given(granted=NUMBERS, more=st.integers(1, 100_000), used=NUMBERS, outlook=OUTLOOKS)
def test_more_quota_begins_anew(granted: int, more: int, used: int, outlook: Outlook) -> None:
    worst = Standing(Step.ARRIVALS_ON_DEMAND, RESERVED)
    quota = Quota(granted + more, used)
    after = next_standing(worst, quota, outlook, is_raised=True)
    assert after == next_standing(Standing(), quota, outlook)
