"""The load's judge sees what it is there for; each part has its figures."""

import json
import time
from datetime import UTC, datetime

import pytest

from bench.gate_client import Batch
from bench.load_client import Sent
from bench.load_parts import PARTS, City, Trouble, plan
from bench.load_stub import Ledger, Line
from bench.town import Town, made_id
from bench.verdict import Verdict, judge, tellings

TOWN = Town(schools=2, children=10, bound_every=1)
CITY = City(scale=0.02, hurry=60)
BY_NAME = {part.name: part for part in PARTS}


def sent(child: int, answered_at: float | None = 1.0) -> Sent:
    """A tap of a child, due at 0.5."""
    batch = Batch(0, child + 1, (TOWN.card_uid(0, child),))
    return Sent(batch, 0.5, datetime.now(UTC), answered_at=answered_at)


def person(child: int) -> str:
    """Who hears of a child."""
    return f"U{made_id('line', child)}"


def ledger(**told: int) -> Ledger:
    """A LINE that told child 0 so often, child 1 so often, at 2.5."""
    people = {person(int(name[1:])): number for name, number in told.items()}
    return Ledger(dict.fromkeys(people, 2.5), people, {})


def test_everybody_told_once_is_green() -> None:
    verdict = judge(TOWN, [sent(0), sent(1)], ledger(c0=1, c1=1), wanted=True)
    assert verdict == Verdict(0, 0, 0, 0)
    assert verdict.is_green


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"c0": 1}, Verdict(unanswered=0, lost=1, doubled=0, phantom=0)),
        ({"c0": 2, "c1": 1}, Verdict(unanswered=0, lost=0, doubled=1, phantom=0)),
        ({"c0": 1, "c1": 1, "c5": 1}, Verdict(unanswered=0, lost=0, doubled=0, phantom=1)),
    ],
)
def test_lost_doubled_and_phantom_are_told_apart(told: dict[str, int], expected: Verdict) -> None:
    verdict = judge(TOWN, [sent(0), sent(1)], ledger(**told), wanted=True)
    assert verdict == expected
    assert not verdict.is_green


def test_tap_without_an_answer_may_be_told_or_not() -> None:
    verdict = judge(TOWN, [sent(0), sent(1, answered_at=None)], ledger(c0=1, c1=1), wanted=True)
    assert verdict == Verdict(unanswered=1, lost=0, doubled=0, phantom=0)


def test_old_news_that_is_told_is_a_phantom() -> None:
    assert judge(TOWN, [sent(0)], ledger(c0=1), wanted=False).phantom == 1


def test_delay_counts_from_the_due_moment() -> None:
    heard = tellings(TOWN, [sent(0), sent(1)], ledger(c0=1))
    assert [one.seconds for one in heard] == [2.0]


@pytest.mark.parametrize("name", BY_NAME)
def test_each_child_taps_once_in_a_part(name: str) -> None:
    planned = plan(CITY, BY_NAME[name])
    uids = [uid for one in (*planned.live, *planned.kept) for uid in one.batch.card_uids]
    assert len(uids) == len(set(uids))


def test_whole_city_has_its_figures() -> None:
    city, morning = City(scale=1, hurry=1), BY_NAME["morning"]
    assert (len(city.town.numbers()), city.town.schools) == (260_100, 300)
    live = plan(city, morning).live
    assert len(live) == 235 * 600
    assert len({(one.batch.school, one.reader) for one in live}) == 900


def test_whole_city_taps_through_ten_minutes_of_outage_and_five_after() -> None:
    city, outage = City(scale=1, hurry=1), BY_NAME["outage"]
    assert (city.seconds(outage), city.outage_seconds(outage)) == (900, 600)
    assert len(plan(city, outage).live) == 235 * 900


@pytest.mark.parametrize("name", BY_NAME)
def test_each_reader_numbers_its_taps_in_order_and_without_gaps(name: str) -> None:
    planned = plan(CITY, BY_NAME[name])
    seqs: dict[tuple[int, int], list[int]] = {}
    for one in (*planned.kept, *planned.live):
        batch = one.batch
        numbers = range(batch.first_seq, batch.first_seq + len(batch.card_uids))
        seqs.setdefault((batch.school, one.reader), []).extend(numbers)
    assert all(found == list(range(1, len(found) + 1)) for found in seqs.values())


def test_everything_kept_is_sent_by_the_reader_that_kept_it() -> None:
    kept = plan(CITY, BY_NAME["flush"]).kept
    assert len(kept) == CITY.town.schools * CITY.town.readers
    assert sum(len(one.batch.card_uids) for one in kept) == len(CITY.town.numbers())


def test_one_school_is_seven_times_as_loud() -> None:
    loud = BY_NAME["loud"]
    assert loud.trouble is Trouble.LOUD
    schools = [one.batch.school for one in plan(City(scale=0.02, hurry=10), loud).live]
    assert schools.count(0) == pytest.approx(7 * schools.count(1), rel=0.2)


def push(number: int, key: str) -> tuple[bytes, bytes]:
    """A push as the stub takes it."""
    head = f"POST /v2/bot/message/push HTTP/1.1\r\nx-line-retry-key: {key}".encode()
    return head, f'{{"to": "{person(number)}"}}'.encode()


def test_stub_takes_a_key_once_and_counts_a_second_one() -> None:
    line = Line()
    first, again = push(0, "aa-1"), push(0, "aa-2")
    assert [line.answer(*one) for one in (first, first, again)] == [200, 409, 200]
    assert line.told == {person(0): 2}


def test_stub_that_is_out_of_order_takes_every_other_push_in() -> None:
    line = Line()
    line.begin(60.0, 0.0)
    assert [line.answer(*push(one, f"bb-{one}")) for one in range(4)] == [500] * 4
    assert set(line.told) == {person(1), person(3)}


def test_stub_says_when_its_outage_ended_and_what_came_each_second() -> None:
    line = Line()
    line.begin(60.0, 0.0)
    for one in range(4):
        line.answer(*push(one, f"dd-{one}"))
    told = Ledger(**json.loads(line.ledger()))
    assert told.ends_at is not None
    assert told.ends_at > time.monotonic()
    assert sum(told.by_second.values()) == 4


def test_stub_with_a_limit_refuses_what_is_too_much() -> None:
    line = Line()
    line.begin(0.0, 2.0)
    statuses = [line.answer(*push(one, f"cc-{one}")) for one in range(50)]
    assert {200, 429} == set(statuses)
