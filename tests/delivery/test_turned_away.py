"""A 429 for one person is theirs alone; for several it is our pace."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.delivery.turned_away import FORGET, SEVERAL, WITHIN, TurnedAway
from core.house import House
from core.kinds import NoticeState
from tests.delivery.sending import guardians, notices, sender_at_work, tell, wait_for_a_turn
from tests.fakes import FakeLine
from tests.faults.line import RATE
from tests.waiting import wait_for

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_pause_of_a_person_grows_with_each_burst() -> None:
    away, now, pauses = TurnedAway(), NOW, []
    for _ in range(8):
        pauses.append(away.pause_of("mei", now))
        assert away.pause_of("mei", now) == pauses[-1]
        now += pauses[-1]
    assert [one / SECOND for one in pauses] == [1, 2, 5, 15, 30, 60, 60, 60]


@pytest.mark.parametrize("taken", [True, False])
def test_pause_begins_anew_after_a_push_or_a_long_time(taken: bool) -> None:
    away, later = TurnedAway(), NOW + FORGET + 2 * SECOND
    away.pause_of("mei", NOW)
    away.pause_of("mei", NOW + SECOND)
    if taken:
        away.note_taken("mei", later)
    else:
        away.pause_of("hua", later)
    assert away.pause_of("mei", later) == SECOND


def test_one_person_is_never_our_pace() -> None:
    away = TurnedAway()
    for second in range(100):
        away.pause_of("mei", NOW + second * SECOND)
        assert not away.is_our_pace(NOW + second * SECOND)


def test_several_people_at_once_are_our_pace() -> None:
    away = TurnedAway()
    for number in range(SEVERAL):
        assert not away.is_our_pace(NOW)
        away.pause_of(str(number), NOW)
    assert away.is_our_pace(NOW)
    assert not away.is_our_pace(NOW + WITHIN + SECOND)


def test_where_it_was_our_pace_a_person_begins_anew() -> None:
    away = TurnedAway()
    away.pause_of("mei", NOW)
    away.forgive("mei")
    assert away.pause_of("mei", NOW + SECOND) == SECOND


@pytest.mark.parametrize(("people", "is_ours"), [(19, False), (20, True)])
def test_few_among_many_are_not_our_pace(people: int, is_ours: bool) -> None:
    away = TurnedAway()
    for number in range(2_000):
        away.note_taken(f"well {number}", NOW)
    for number in range(people):
        away.pause_of(str(number), NOW)
    assert away.is_our_pace(NOW) is is_ours


@pytest.fixture
def limited(line: FakeLine) -> Iterator[set[str]]:
    """People to whom LINE takes no more for now."""
    people, plain = set[str](), line.answer

    def answer(key: str, body: dict[str, Any]) -> tuple[int, str]:
        if body["to"] in people:
            line.script = [(429, RATE)]
        return plain(key, body)

    line.answer = answer  # type: ignore[method-assign]
    yield people


def test_person_turned_away_waits_longer_and_longer_and_nobody_else_does(
    house: House, line: FakeLine, limited: set[str]
) -> None:
    people = guardians(house, 5)
    (mei, guardian), *others = people.items()
    limited.add(mei)
    pauses = []
    with sender_at_work(house, line.origin):
        tell(house, {mei: guardian})
        for number, (other, theirs) in enumerate(others, 1):
            wait_for(lambda: _is_turned_away(house, mei), "a 429")
            # No time has passed since it came.
            tell(house, {other: theirs})
            wait_for(lambda sent=number: len(line.accepted) == sent, "the push to another")
            row = notices(house, mei)[0]
            assert row.attempts == 0
            pauses.append((row.due_at - house.clock.now()) / SECOND)
            limited -= {mei} if number == len(others) else set()
            house.clock.move_to(row.due_at)
            house.notices_due.set()
        wait_for(lambda: notices(house, mei)[0].state == NoticeState.ACCEPTED, "the push to Mei")
    assert pauses == [1, 2, 5, 15]


def _is_turned_away(house: House, person: str) -> bool:
    row = notices(house, person)[0]
    waits = row.state == NoticeState.PENDING and row.outcome == "rate"
    return waits and row.due_at > house.clock.now()


def test_limit_that_meets_several_stops_all_for_a_moment(
    house: House, line: FakeLine, limited: set[str]
) -> None:
    people = guardians(house, SEVERAL + 1)
    *unlucky, last = people
    limited.update(unlucky)
    with sender_at_work(house, line.origin):
        tell(house, {one: people[one] for one in unlucky})
        wait_for(lambda: all(_is_turned_away(house, one) for one in unlucky), "the 429s")
        tell(house, {last: people[last]})
        wait_for_a_turn(house)
        assert last not in {request["to"] for request in line.requests}
        limited.clear()
        house.clock.move_to(house.clock.now() + SECOND)
        house.notices_due.set()
        wait_for(lambda: len(line.accepted) == len(people), "all pushes")


def test_person_turned_away_waits_no_longer_than_it_is_news(
    house: House, line: FakeLine, limited: set[str]
) -> None:
    people = guardians(house, 1)
    (mei,) = people
    limited.add(mei)
    tell(house, people)
    end = notices(house)[0].expires_at
    with sender_at_work(house, line.origin):
        house.clock.move_to(end - timedelta(milliseconds=500))
        house.notices_due.set()
        wait_for(lambda: _is_turned_away(house, mei), "a 429")
        assert notices(house)[0].due_at == end
        house.clock.move_to(end)
        wait_for(lambda: notices(house)[0].state == NoticeState.EXPIRED, "the end")
