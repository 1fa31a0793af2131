"""The daily reconcile: our count of yesterday's pushes against LINE's."""

import logging
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import select

from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.delivery.tables import DeliveryDay
from core.house import House
from core.kinds import NoticeState
from core.notices.tables import Notice
from core.settings import load_settings
from core.watch.metrics import metrics_page
from core.watch.reconcile import Difference, reconcile_yesterday
from tests.watch.conftest import Ming, Site

PATH = "/v2/bot/message/delivery/push"
NEXT_DAY = datetime(2026, 11, 24, 10, 0, tzinfo=TAIPEI)


@pytest.fixture
def connected(house: House, outside: Site) -> House:
    """A house whose LINE is the site."""
    outside.answers[PATH] = (200, {"status": "ready", "success": 1})
    return replace(house, settings=load_settings(_env_file=None, line_api_base=outside.origin))


def days(house: House) -> list[tuple[date, int, int | None]]:
    with snapshot(house.engine) as session:
        rows = session.exec(select(DeliveryDay)).all()
    return [(row.day, row.ours, row.theirs) for row in rows]


def test_yesterdays_pushes_are_compared_once_after_ten(
    connected: House, ming: Ming, outside: Site
) -> None:
    ming.tap()
    ming.end()
    connected.clock.move_to(NEXT_DAY - timedelta(minutes=1))
    reconcile_yesterday(connected)
    assert outside.asked == []
    for minutes in (0, 20):
        connected.clock.move_to(NEXT_DAY + timedelta(minutes=minutes))
        reconcile_yesterday(connected)
    assert outside.asked == [f"{PATH}?date=20261123"]
    assert days(connected) == [(date(2026, 11, 23), 1, 1)]


def test_count_that_is_not_ready_is_asked_for_again(
    connected: House, ming: Ming, outside: Site
) -> None:
    outside.answers[PATH] = (200, {"status": "unready"})
    connected.clock.move_to(NEXT_DAY)
    reconcile_yesterday(connected)
    assert days(connected) == [(date(2026, 11, 23), 0, None)]
    outside.answers[PATH] = (200, {"status": "ready", "success": 0})
    connected.clock.move_to(NEXT_DAY + timedelta(minutes=1))
    reconcile_yesterday(connected)
    assert len(outside.asked) == 1
    connected.clock.move_to(NEXT_DAY + timedelta(minutes=10))
    reconcile_yesterday(connected)
    assert days(connected) == [(date(2026, 11, 23), 0, 0)]


@pytest.mark.parametrize("answer", [(500, {}), (401, {}), (200, "what"), (200, {"status": "new"})])
def test_answer_that_says_nothing_stores_nothing(
    connected: House, outside: Site, answer: tuple[int, Any]
) -> None:
    outside.answers[PATH] = answer
    connected.clock.move_to(NEXT_DAY)
    reconcile_yesterday(connected)
    assert days(connected) == []


def test_difference_is_an_error_and_a_metric(
    connected: House, outside: Site, caplog: pytest.LogCaptureFixture
) -> None:
    outside.answers[PATH] = (200, {"status": "ready", "success": 6})
    connected.clock.move_to(NEXT_DAY)
    reconcile_yesterday(connected)
    assert [one.levelno for one in caplog.records if one.name.endswith("reconcile")] == [
        logging.ERROR
    ]
    assert b"gate_line_day_difference -6.0" in metrics_page(connected)


@pytest.mark.parametrize(
    ("ours", "theirs", "alarming"),
    [(0, 5, False), (0, 6, True), (1000, 990, False), (1000, 989, True), (1000, 1011, True)],
)
def test_five_or_one_percent_may_differ(ours: int, theirs: int, alarming: bool) -> None:
    assert Difference(ours, theirs).is_alarming is alarming


def test_day_is_lines_and_a_push_of_several_counts_once(
    connected: House, ming: Ming, outside: Site
) -> None:
    # 22:59 is of the 23rd at LINE, 23:00 of the 24th.
    evening = datetime(2026, 11, 23, 22, 59, tzinfo=TAIPEI)
    ming.tap()
    ming.end(settled_at=evening)
    first = ming.notices()[0]
    with transaction(connected.engine) as session:
        for at, rides_with in ((evening, first.id), (evening + timedelta(minutes=1), None)):
            facts = first.model_dump() | {"id": uuid4(), "retry_key": uuid4()}
            session.add(Notice(**facts | {"settled_at": at, "rides_with": rides_with}))
        facts = first.model_dump() | {"id": uuid4(), "retry_key": uuid4()}
        session.add(Notice(**facts | {"state": NoticeState.DEAD}))
    connected.clock.move_to(NEXT_DAY)
    reconcile_yesterday(connected)
    assert days(connected) == [(date(2026, 11, 23), 1, 1)]
