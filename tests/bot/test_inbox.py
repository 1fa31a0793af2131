"""The inbox: order per person, leases, attempts."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlmodel import select

from bot.claims import (
    LEASE,
    MAX_ATTEMPTS,
    Claim,
    Outcome,
    claim_events,
    failed,
    settle_events,
)
from bot.inbox import store_events
from bot.tables import EventState, LineEvent
from core.db import snapshot, transaction
from core.house import House
from tests.bot.happenings import make_text, seconds_ago
from tests.conftest import MONDAY_MORNING
from tests.factories import HUA, MEI

NOW = MONDAY_MORNING


def store(house: House, *events: dict[str, object]) -> None:
    with transaction(house.engine) as session:
        store_events(session, list(events), NOW)


def claim(house: House, now: datetime = NOW) -> Claim | None:
    with transaction(house.engine) as session:
        return next(iter(claim_events(session, now, 1)), None)


def fail(house: House, taken: Claim, now: datetime = NOW) -> EventState:
    outcome = failed(taken, "http_500")
    with transaction(house.engine) as session:
        settle_events(session, [outcome], now)
    return outcome.state


def settle(house: House, taken: Claim, now: datetime = NOW) -> None:
    with transaction(house.engine) as session:
        settle_events(session, [Outcome(taken, EventState.DONE)], now)


def states(house: House) -> dict[str, str]:
    with snapshot(house.engine) as session:
        return {event.webhook_event_id: event.state for event in session.exec(select(LineEvent))}


def test_a_persons_events_wait_for_each_other(house: House) -> None:
    store(
        house,
        make_text("二", event_id="second", at=seconds_ago(1)),
        make_text("一", event_id="first", at=seconds_ago(2)),
    )

    first = claim(house)
    assert first and first.webhook_event_id == "first"
    assert claim(house) is None
    settle(house, first)
    second = claim(house)
    assert second and second.webhook_event_id == "second"


def test_other_people_do_not_wait(house: House) -> None:
    store(house, make_text("一", event_id="mei", user=MEI, at=seconds_ago(2)))
    store(house, make_text("二", event_id="hua", user=HUA))

    taken = [claim(house), claim(house)]

    assert [one.webhook_event_id for one in taken if one] == ["mei", "hua"]


def test_several_are_taken_at_once_but_one_a_person(house: House) -> None:
    store(
        house,
        make_text("一", event_id="mei-1", user=MEI, at=seconds_ago(3)),
        make_text("二", event_id="mei-2", user=MEI, at=seconds_ago(2)),
        make_text("三", event_id="hua-1", user=HUA, at=seconds_ago(1)),
    )

    with transaction(house.engine) as session:
        taken = claim_events(session, NOW, 9)
        settle_events(session, [Outcome(one, EventState.DONE) for one in taken], NOW)
        following = claim_events(session, NOW, 9)

    assert {one.webhook_event_id for one in taken} == {"mei-1", "hua-1"}
    assert [one.webhook_event_id for one in following] == ["mei-2"]


def test_what_became_of_several_is_written_each_by_its_own(house: House) -> None:
    people = [f"U{number:032x}" for number in range(3)]
    store(house, *(make_text("今天", event_id=user[-1], user=user) for user in people))
    with transaction(house.engine) as session:
        done, broken, fine = claim_events(session, NOW, 3)
        outcomes = [Outcome(done, EventState.DONE), Outcome(broken, EventState.DEAD, "http_400")]
        settle_events(session, [*outcomes, failed(fine, "http_500")], NOW)

    with snapshot(house.engine) as session:
        rows = {one.webhook_event_id: one for one in session.exec(select(LineEvent))}
    found = [rows[one.webhook_event_id] for one in (done, broken, fine)]
    assert [one.state for one in found] == ["done", "dead", "pending"]
    assert [one.problem for one in found] == [None, "http_400", "http_500"]
    assert [one.handled_at for one in found] == [NOW, NOW, None]
    assert found[2].lease_until == NOW + timedelta(seconds=1)


def test_an_older_event_that_comes_late_waits_for_the_one_in_hand(house: House) -> None:
    store(house, make_text("二", event_id="newer"))
    newer = claim(house)
    store(house, make_text("一", event_id="older", at=seconds_ago(9)))

    assert claim(house) is None
    assert newer
    settle(house, newer)
    older = claim(house)
    assert older and older.webhook_event_id == "older"


def test_a_lost_worker_frees_its_event_when_the_lease_ends(house: House) -> None:
    store(house, make_text("今天", event_id="one"))
    lost = claim(house)

    assert claim(house, NOW + LEASE - timedelta(seconds=1)) is None
    again = claim(house, NOW + LEASE)
    assert lost and again and again.attempts == 2
    settle(house, lost)
    assert states(house) == {"one": EventState.PENDING}


def test_an_event_that_kills_its_worker_ends_as_dead(house: House) -> None:
    store(house, make_text("毒", event_id="poison"))
    now = NOW
    for _ in range(MAX_ATTEMPTS):
        assert claim(house, now)
        now += LEASE

    assert claim(house, now) is None
    assert states(house) == {"poison": EventState.DEAD}


def test_a_failed_event_comes_back_after_a_pause(house: House) -> None:
    store(house, make_text("今天"))
    taken = claim(house)
    assert taken
    assert fail(house, taken) is EventState.PENDING

    assert claim(house, NOW) is None
    assert claim(house, NOW + timedelta(seconds=1))


def test_five_failures_are_enough(house: House) -> None:
    store(house, make_text("今天", event_id="one"))
    now = NOW
    for attempt in range(1, MAX_ATTEMPTS + 1):
        taken = claim(house, now)
        assert taken and taken.attempts == attempt
        fail(house, taken, now)
        now += timedelta(minutes=1)

    assert claim(house, now) is None
    assert states(house) == {"one": EventState.DEAD}


def test_many_workers_take_each_event_once_and_in_order(house: House) -> None:
    people = [f"U{number:032x}" for number in range(6)]
    events = [
        make_text("今天", user=user, at=seconds_ago(60 - turn), event_id=f"{user}-{turn}")
        for user in people
        for turn in range(5)
    ]
    store(house, *events)
    done: list[str] = []

    def work(_: int) -> None:
        for _ in range(40):
            taken = claim(house)
            if taken:
                done.append(taken.webhook_event_id)
                settle(house, taken)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))

    assert Counter(done) == Counter(str(event["webhookEventId"]) for event in events)
    for user in people:
        assert [one[-1] for one in done if one.startswith(user)] == list("01234")
