"""The series that alerts on quota, purges and ticks read."""

from datetime import timedelta

import pytest

from core.db import transaction
from core.delivery.quota import Outlook, Quota, Step
from core.delivery.quota_month import record_quota
from core.duty.scheduler import TICKS
from core.house import House
from tests.delivery.shortage import run_short
from tests.watch.standing import purged
from tests.watch.test_metrics import of, read


def ask_line(house: House, granted: int | None, used: int) -> None:
    with transaction(house.engine) as session:
        record_quota(session, Quota(granted, used), Outlook(past=16, left=5), house.clock.now())


def test_quota_is_told_by_lines_last_count(house: House) -> None:
    assert "gate_quota_left" not in read(house), "nobody asked yet"
    ask_line(house, 10_000, 4_000)
    page = read(house)
    assert (page["gate_quota_left"], page["gate_quota_granted"]) == (6_000, 10_000)
    assert page["gate_quota_step"] == 0


def test_quota_that_is_overdrawn_leaves_none(house: House) -> None:
    ask_line(house, 10_000, 10_003)
    assert read(house)["gate_quota_left"] == 0


def test_quota_without_a_limit_has_nothing_left_to_tell(house: House) -> None:
    ask_line(house, None, 4_000)
    assert {"gate_quota_left", "gate_quota_granted"}.isdisjoint(read(house))


def test_step_that_cuts_pushes_back_is_told(house: House) -> None:
    run_short(house, Step.DEPARTURES_ON_DEMAND)
    assert read(house)["gate_quota_step"] == 2


def test_purge_is_told_by_limit_and_the_newest_counts(house: House) -> None:
    now = house.clock.now()
    with transaction(house.engine) as session:
        session.add_all([purged(now - timedelta(days=1), after=7), purged(now, after=0)])
        session.add(purged(now - timedelta(hours=3), after=2, limit="job_runs"))
        session.add(purged(now - timedelta(days=90), after=9, limit="what_is_kept_no_more"))
    page = read(house)
    left = {name: value for name, value in page.items() if "purge_left" in name}
    assert left == {of("purge_left", limit="taps"): 0, of("purge_left", limit="job_runs"): 2}
    assert page["gate_purge_age_seconds"] == pytest.approx(3 * 3600)


def test_house_that_was_never_purged_tells_no_age(house: House) -> None:
    assert "gate_purge_age_seconds" not in read(house)


def test_every_tick_is_told_with_its_pace_though_it_never_ran(house: House) -> None:
    page = read(house)
    paces = {tick: page[of("tick_every_seconds", tick=tick.__name__)] for tick in TICKS}
    assert paces == TICKS
    assert "gate_tick_age_seconds" not in {name.partition("{")[0] for name in page}
