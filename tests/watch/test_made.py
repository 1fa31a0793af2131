"""What was written is counted apart from what ended, so that a lost notice shows."""

import re
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, update
from sqlmodel import select

from core.clock import at_taipei, school_day_of
from core.db import snapshot, transaction
from core.house import House
from core.kinds import NoticeState
from core.notices.tables import Notice
from core.watch.counting import count_notices
from core.watch.made import count_made
from core.watch.metrics import metrics_page
from core.watch.replay import replay
from core.watch.tables import MadeCount
from tests.watch.conftest import Ming
from tests.watch.test_metrics import WALKS, explain

Go = Callable[..., Any]
CREATED, STATES = "gate_notices_created{", "gate_notices{"


def _total(house: House, series: str) -> float:
    """The sum of a series of the page."""
    lines = metrics_page(house).decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(series))


def _count(house: House) -> None:
    count_notices(house)
    count_made(house)


@pytest.mark.parametrize("has_ended", [False, True])
def test_notice_that_is_lost_is_missing_from_the_states_alone(
    house: House, ming: Ming, go: Go, has_ended: bool
) -> None:
    ming.tap()
    go(minutes=3)
    _count(house)
    if has_ended:
        ming.end()
    with transaction(house.engine) as session:
        session.execute(delete(Notice))
    go(minutes=3)
    _count(house)
    assert (_total(house, CREATED), _total(house, STATES)) == (1, 0)


def test_both_counts_agree_at_every_moment_of_a_notice(house: House, ming: Ming, go: Go) -> None:
    for _ in range(3):
        ming.tap()
        for _ in range(5):
            go(seconds=50)
            _count(house)
            assert _total(house, CREATED) == _total(house, STATES) > 0
        ming.end()
        go(hours=5)


def test_what_waits_at_midnight_is_taken_into_the_new_day(house: House, ming: Ming, go: Go) -> None:
    ming.tap()
    ming.end()
    go(minutes=3)
    _count(house)
    go(hours=5)
    ming.tap()
    today = school_day_of(house.clock.now())
    house.clock.move_to(at_taipei(today + timedelta(days=1), time(0, 5)))
    assert (_total(house, CREATED), _total(house, STATES)) == (1, 1)
    for _ in range(2):
        _count(house)
    ming.end()
    assert (_total(house, CREATED), _total(house, STATES)) == (1, 1)
    with snapshot(house.engine) as session:
        counts = session.exec(select(MadeCount).order_by(MadeCount.day)).all()  # type: ignore[arg-type]
    assert [(one.day.day, one.kind, one.number) for one in counts] == [
        (23, "arrival", 1), (23, "departure", 1), (24, "departure", 1)
    ]  # fmt: skip


def test_counting_walks_through_no_notices(house: House, ming: Ming, go: Go) -> None:
    ming.tap()
    go(minutes=3)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(house.engine, "before_cursor_execute", note)
    count_made(house)
    event.remove(house.engine, "before_cursor_execute", note)
    (counting,) = [one for one in asked if "INSERT INTO made_count" in one[0]]
    plan = explain(house, *counting)
    assert not re.search(WALKS, plan), plan


def test_what_is_replayed_on_another_day_is_taken_into_that_day(
    house: House, ming: Ming, go: Go
) -> None:
    ming.tap()
    ming.end(NoticeState.DEAD)
    (dead,) = ming.notices()
    go(minutes=3)
    _count(house)
    tomorrow = school_day_of(house.clock.now()) + timedelta(days=1)
    for at in (time(0, 5), time(6)):
        house.clock.move_to(at_taipei(tomorrow, at))
        _count(house)
    with transaction(house.engine) as session:
        session.execute(update(Notice).values(expires_at=house.clock.now() + timedelta(hours=1)))
        replay(session, dead.id, by="operator", now=house.clock.now())
    assert (_total(house, CREATED), _total(house, STATES)) == (1, 1)
    ming.end()
    go(minutes=5)
    _count(house)
    assert (_total(house, CREATED), _total(house, STATES)) == (1, 1)
