"""A departure waits a minute for its arrival and no longer: its own text tells both."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import update
from sqlmodel import col, select

from core.binding.tables import Delegate
from core.db import snapshot, transaction
from core.delivery.claims import LEASE, claim, expire
from core.delivery.line import PushAnswer, PushResult
from core.delivery.outcomes import settlement_for
from core.delivery.pushes import Leased
from core.delivery.settle import settle
from core.delivery.told_later import PATIENCE, end_told_later
from core.house import House
from core.kinds import Channel, NoticeKind, NoticeState
from core.notices.tables import Notice
from core.people.tables import Binding, Guardian, Student, Subscription
from core.watch.replay import Replay, replay
from tests.delivery.siblings import NAMES, Walk, later, send
from tests.factories import HUA, make_binding, make_guardian, make_student
from tests.fakes import FakeLine

Notify = Callable[..., int]
Take = Callable[..., list[Leased]]
ARRIVAL, DEPARTURE = NoticeKind.ARRIVAL, NoticeKind.DEPARTURE
TOLD_LATER = (ARRIVAL, NoticeState.EXPIRED, "told_later")
MAYBE_READ = (ARRIVAL, NoticeState.UNKNOWN, "told_later")
NEIGHBOUR = "11540004"
SECOND = timedelta(seconds=1)


@pytest.fixture
def take(house: House, mei: Guardian) -> Take:
    """What a turn of a sender takes in hand."""

    def take_some(*on_demand: NoticeKind) -> list[Leased]:
        now = house.clock.now()
        with transaction(house.engine) as session:
            expire(session, now)
            end_told_later(session, on_demand, now)
            return claim(session, now=now, limit=9, on_demand=on_demand)

    return take_some


def kinds(pushes: list[Leased]) -> list[str]:
    return [one.kind for one in pushes]


def land(house: House, pushes: list[Leased], result: PushResult) -> None:
    """Settle what LINE answered."""
    now = house.clock.now()
    answered = [settlement_for(one, PushAnswer(result, "test"), now) for one in pushes]
    with transaction(house.engine) as session:
        settle(session, answered, now)


def ends(house: House) -> list[tuple[str, str, str | None]]:
    """How what has ended by our word did."""
    with snapshot(house.engine) as session:
        rows = session.scalars(select(Notice).where(col(Notice.outcome) == "told_later")).all()
        return [(row.kind, row.state, row.outcome) for row in rows]


def change(house: House, which: NoticeKind, **facts: Any) -> None:
    with transaction(house.engine) as session:
        session.execute(update(Notice).where(col(Notice.kind) == which).values(**facts))


@pytest.fixture
def both(house: House, notify: Notify) -> None:
    """An arrival that may not be tried for ten minutes, and its departure."""
    notify(ARRIVAL, due_at=house.clock.now() + timedelta(minutes=10))
    later(house, seconds=1)
    notify(DEPARTURE)


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


def test_arrival_in_a_senders_hands_is_waited_for(house: House, take: Take, notify: Notify) -> None:
    notify(ARRIVAL, due_at=house.clock.now() + PATIENCE)
    later(house, seconds=1)
    notify(DEPARTURE)
    house.clock.move_to(house.clock.now() + PATIENCE - SECOND)
    in_hand = take()
    house.clock.move_to(house.clock.now() + LEASE - SECOND)
    assert (kinds(in_hand), kinds(take())) == ([ARRIVAL], [])
    land(house, in_hand, PushResult.ACCEPTED)
    assert kinds(take()) == [DEPARTURE]
    assert ends(house) == []


@pytest.mark.usefixtures("both")
def test_arrival_told_later_is_never_replayed(house: House, take: Take) -> None:
    house.clock.move_to(house.clock.now() + PATIENCE)
    land(house, take(), PushResult.ACCEPTED)
    with transaction(house.engine) as session:
        arrival = session.exec(select(Notice).where(Notice.kind == ARRIVAL)).one()
        said = replay(session, arrival.id, by="operator", now=house.clock.now())
    assert (said, kinds(take())) == (Replay.NOT_DEAD, [])


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": NoticeKind.NO_SHOW},
        {"kind": NoticeKind.CORRECTION},
        {"occurrence": 2},
        {"channel": Channel.EMAIL.value, "line_user_id": None},
        {"channel": Channel.APP.value, "line_user_id": None},
    ],
    ids=["no_show", "correction", "again_in", "email", "app"],
)
@pytest.mark.usefixtures("both")
def test_what_the_departure_does_not_tell_is_waited_for(
    house: House, take: Take, facts: dict[str, Any]
) -> None:
    """Other news, the arrival after a first departure, and other channels' shorter texts."""
    if "channel" in facts:
        change(house, DEPARTURE, **facts)
    change(house, ARRIVAL, **facts)
    house.clock.move_to(house.clock.now() + PATIENCE)
    assert kinds(take()) == []
    assert ends(house) == []


def test_way_out_from_before_the_arrival_does_not_tell_it(
    house: House, take: Take, notify: Notify
) -> None:
    """As when a reader uploads late that the child had gone before it came."""
    now = house.clock.now()
    notify(ARRIVAL, due_at=now + timedelta(minutes=10))
    later(house, seconds=1)
    notify(DEPARTURE, at=now - timedelta(minutes=10))
    later(house, seconds=60)
    assert kinds(take()) == []
    assert ends(house) == []


def _of_another_child(house: House) -> dict[str, Any]:
    with transaction(house.engine) as session:
        child = make_student(session, house, number="11520002")
        make_binding(session, session.exec(select(Guardian)).one(), child)
        return {"student_id": child.id}


def _to_another_guardian(house: House) -> dict[str, Any]:
    with transaction(house.engine) as session:
        hua = make_guardian(session, house, HUA)
        make_binding(session, hua, session.exec(select(Student)).one())
        return {"guardian_id": hua.id, "line_user_id": HUA}


def _to_a_delegate(house: House) -> dict[str, Any]:
    now = house.clock.now()
    with transaction(house.engine) as session:
        one = Delegate(
            binding_id=session.exec(select(Binding.id)).one(),
            label="grandparent",
            until=now.date() + timedelta(days=9),
            invited_at=now,
            code_index=house.vault.index("KQ7M2XPA", "delegate.code"),
            code_expires_at=now,
            line_user_id=HUA,
            accepted_at=now,
        )
        session.add(one)
        session.flush()
        return {"delegate_id": one.id, "line_user_id": HUA}


@pytest.mark.parametrize("other", [_of_another_child, _to_another_guardian, _to_a_delegate])
def test_others_news_is_left_alone(
    house: House, take: Take, notify: Notify, other: Callable[[House], dict[str, Any]]
) -> None:
    notify(ARRIVAL, due_at=house.clock.now() + timedelta(minutes=10))
    later(house, seconds=1)
    notify(DEPARTURE, **other(house))
    house.clock.move_to(house.clock.now() + PATIENCE)
    take()
    assert ends(house) == []


@pytest.mark.usefixtures("both")
def test_arrival_is_kept_where_departures_are_told_on_demand(house: House, take: Take) -> None:
    house.clock.move_to(house.clock.now() + timedelta(minutes=10))
    assert kinds(take(DEPARTURE)) == [ARRIVAL]


@pytest.mark.usefixtures("both")
def test_arrival_is_kept_where_nobody_wants_the_departure(house: House, take: Take) -> None:
    with transaction(house.engine) as session:
        its_box = col(Subscription.kind) == DEPARTURE
        session.execute(update(Subscription).where(its_box).values(is_on=False))
    house.clock.move_to(house.clock.now() + timedelta(minutes=10))
    assert kinds(take()) == [ARRIVAL]


@pytest.mark.usefixtures("both")
def test_front_of_a_long_queue_is_enough(
    house: House, take: Take, notify: Notify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.delivery.told_later.FRONT", 2)
    whom = _to_another_guardian(house)
    notify(ARRIVAL, due_at=house.clock.now() + timedelta(minutes=10), **whom)
    later(house, seconds=1)
    notify(DEPARTURE, **whom)
    later(house, seconds=60)
    for known in (1, 2):
        land(house, take(), PushResult.ACCEPTED)
        assert ends(house) == [TOLD_LATER] * known


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
def test_push_of_several_that_was_tried_stays_whole(
    house: House, walk: Walk, line: FakeLine, number: str
) -> None:
    line.script = [(500, "{}")]
    walk("11:28:00", *NAMES)
    send(house, line)
    walk("11:31:00", number)
    later(house, seconds=60)
    assert [len(one) for one in send(house, line)] == [3]
    assert ends(house) == []
    first, again = (request["messages"] for request in line.requests)
    assert first == again


@pytest.mark.parametrize("number", NAMES)
def test_child_of_a_push_that_never_left_may_be_told_later(
    house: House, walk: Walk, line: FakeLine, number: str
) -> None:
    line.script = [(429, '{"message":"The API rate limit has been exceeded."}')]
    walk("11:28:00", *NAMES)
    send(house, line)
    walk("11:31:00", number)
    later(house, seconds=60)
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
