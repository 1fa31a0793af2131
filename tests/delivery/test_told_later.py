"""A departure waits a minute for its arrival and no longer: its own text tells both."""

from datetime import timedelta

import orjson
import pytest
from sqlmodel import select

from core.db import transaction
from core.delivery.line import PushResult
from core.delivery.told_later import PATIENCE
from core.house import House
from core.notices.tables import Notice
from core.watch.replay import Replay, replay
from tests.delivery.held_up import (
    ARRIVAL,
    DEPARTURE,
    MAYBE_READ,
    SECOND,
    TOLD_LATER,
    Notify,
    Take,
    change,
    ends,
    kinds,
    land,
    out_after_trouble,
    to_a_delegate,
    to_another_guardian,
)
from tests.delivery.siblings import NAMES, Walk, later, send
from tests.fakes import FakeLine

NEIGHBOUR = "11540004"


@pytest.mark.usefixtures("both")
def test_departure_goes_when_it_waited_a_minute_for_an_arrival_never_tried(
    house: House, take: Take
) -> None:
    house.clock.move_to(house.clock.now() + PATIENCE)
    assert kinds(take()) == [DEPARTURE]
    assert ends(house) == [TOLD_LATER]


@pytest.mark.usefixtures("both")
def test_departure_waits_for_the_whole_minute(house: House, take: Take) -> None:
    house.clock.move_to(house.clock.now() + PATIENCE - SECOND)
    assert kinds(take()) == []
    assert ends(house) == []


def test_minute_begins_with_the_departures_own_turn(
    house: House, take: Take, notify: Notify
) -> None:
    notify(ARRIVAL, due_at=house.clock.now() + timedelta(minutes=20))
    house.clock.move_to(house.clock.now() + timedelta(minutes=10))
    notify(DEPARTURE)
    house.clock.move_to(house.clock.now() + PATIENCE - SECOND)
    assert kinds(take()) == []
    house.clock.move_to(house.clock.now() + SECOND)
    assert kinds(take()) == [DEPARTURE]


def test_arrival_that_was_tried_may_have_been_read(
    house: House, take: Take, notify: Notify
) -> None:
    notify(ARRIVAL)
    land(house, take(), PushResult.AMBIGUOUS)
    change(house, ARRIVAL, due_at=house.clock.now() + timedelta(minutes=10))
    later(house, seconds=1)
    notify(DEPARTURE)
    house.clock.move_to(house.clock.now() + PATIENCE)
    assert kinds(take()) == [DEPARTURE]
    assert ends(house) == [MAYBE_READ]


def test_arrival_whose_sender_died_holds_up_nothing(
    house: House, take: Take, notify: Notify
) -> None:
    notify(ARRIVAL)
    in_hand = take()
    later(house, seconds=1)
    notify(DEPARTURE)
    house.clock.move_to(house.clock.now() + PATIENCE)
    assert kinds(take()) == [DEPARTURE]
    land(house, in_hand, PushResult.ACCEPTED)
    assert ends(house) == [MAYBE_READ], "a stalled sender's word came too late"


@pytest.mark.usefixtures("both")
def test_arrival_told_later_is_never_replayed(house: House, take: Take) -> None:
    house.clock.move_to(house.clock.now() + PATIENCE)
    land(house, take(), PushResult.ACCEPTED)
    with transaction(house.engine) as session:
        arrival = session.exec(select(Notice).where(Notice.kind == ARRIVAL)).one()
        said = replay(session, arrival.id, by="operator", now=house.clock.now())
    assert (said, kinds(take())) == (Replay.NOT_DEAD, [])


@pytest.mark.usefixtures("both")
def test_front_of_a_long_queue_is_enough(
    house: House, take: Take, notify: Notify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.delivery.told_later.FRONT", 2)
    whom = to_another_guardian(house)
    later(house, seconds=1)
    notify(ARRIVAL, due_at=house.clock.now() + timedelta(minutes=10), **whom)
    later(house, seconds=1)
    notify(DEPARTURE, **whom)
    later(house, seconds=60)
    for known in (1, 2):
        land(house, take(), PushResult.ACCEPTED)
        assert ends(house) == [TOLD_LATER] * known


def test_child_whose_day_was_uploaded_late_leaves_no_later(
    house: House, take: Take, notify: Notify
) -> None:
    """What is late stands behind what happens now."""
    at = house.clock.now() - timedelta(minutes=10)
    notify(ARRIVAL, at=at, due_at=house.clock.now() + timedelta(minutes=10))
    later(house, seconds=1)
    notify(DEPARTURE, at=at)
    later(house, seconds=60)
    assert kinds(take()) == [DEPARTURE]


def test_whoever_reads_in_a_guardians_stead_waits_no_longer(
    house: House, take: Take, notify: Notify
) -> None:
    whom = to_a_delegate(house)
    notify(ARRIVAL, due_at=house.clock.now() + timedelta(minutes=10), **whom)
    later(house, seconds=1)
    notify(DEPARTURE, **whom)
    later(house, seconds=60)
    assert kinds(take()) == [DEPARTURE]
    assert ends(house) == [TOLD_LATER]


def test_departure_that_went_first_shows_when_the_child_came(
    house: House, walk: Walk, line: FakeLine
) -> None:
    walk("11:28:00", NEIGHBOUR)
    walk("11:31:00", NEIGHBOUR)
    later(house, seconds=60)
    assert send(house, line) == [["小安 11:31 離校"]]
    (push,) = line.accepted.values()
    assert "到校 11:28" in orjson.dumps(push["messages"]).decode()
    assert ends(house) == [TOLD_LATER]


@pytest.mark.parametrize("number", NAMES)
def test_child_of_a_push_that_never_left_may_be_told_later(
    house: House, walk: Walk, line: FakeLine, number: str
) -> None:
    limited = (429, '{"message":"The API rate limit has been exceeded."}')
    out_after_trouble(house, walk, line, limited, number)
    send(house, line)
    assert ends(house) == [TOLD_LATER]
    told = [message["altText"] for push in line.accepted.values() for message in push["messages"]]
    assert len(told) == len(set(told)) == 3


def test_arrival_that_waits_for_company_may_be_told_later(
    house: House, walk: Walk, line: FakeLine
) -> None:
    walk("11:28:00", "11510001")
    walk("11:31:00", "11510001")
    later(house, seconds=60)
    assert send(house, line) == [["小明 11:31 離校"]]
    assert ends(house) == [TOLD_LATER]
